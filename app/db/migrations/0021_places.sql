-- Squares, yards, waste points … and roads: targets with a shape, in the form of `unit`.

CREATE TABLE place (
    target_no    bigint PRIMARY KEY,
    grid_no      integer NOT NULL,
    imported_by  integer NOT NULL,
    kind         text NOT NULL CHECK (kind IN ('place', 'road')),      -- the target's
    id           text COLLATE "C" NOT NULL CHECK (length(id) BETWEEN 1 AND 100),
    name         text NOT NULL CHECK (length(name) <= 300),
    class        text NOT NULL DEFAULT 'other' CHECK (length(class) <= 100),
    address      text CHECK (length(address) <= 500),
    content      text NOT NULL,
    details      jsonb NOT NULL DEFAULT '{}',
    source_shape bytea,     -- a line or area as in the file (WKB), in the batch's source_crs
    UNIQUE (kind, id),
    FOREIGN KEY (target_no, grid_no) REFERENCES target (no, grid_no) ON UPDATE CASCADE
);
CREATE INDEX place_grid ON place (grid_no, kind, id);
-- What has a shape is drawn in every tile that it crosses, not in that of its key alone.
CREATE INDEX target_shape ON target (kind, grid_no) WHERE kind IN ('place', 'road');
