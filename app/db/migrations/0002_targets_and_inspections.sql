-- What lies on the map and who looked at it. Every table here is scoped by territory.

CREATE TABLE import_batch (
    no          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL,
    file_name   text NOT NULL,
    file_sha256 text NOT NULL,
    source_crs  text,
    imported_by integer NOT NULL REFERENCES person,
    imported_at timestamptz NOT NULL DEFAULT now(),
    counts      jsonb NOT NULL DEFAULT '{}'
);

-- Also the `place` of events: an event is visible where its target lies today.
CREATE TABLE target (
    no          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind        text NOT NULL CHECK (kind IN ('unit', 'household', 'facility', 'place',
                                              'building', 'road', 'grid')),
    grid_no     integer NOT NULL DEFAULT 0,     -- 0: no grid (a leftover, or without coordinates)
    tile_key    bigint,
    geom        geometry(Geometry, 4326),
    source_x    double precision,               -- as in the file, in the batch's source_crs
    source_y    double precision,
    valid_from  date NOT NULL DEFAULT '1900-01-01',
    valid_until date,                           -- exclusive
    imported_by integer NOT NULL REFERENCES person,
    batch_no    integer REFERENCES import_batch,
    UNIQUE (no, grid_no),
    CHECK ((geom IS NULL) = (tile_key IS NULL))
);
CREATE INDEX target_grid ON target (grid_no, kind);
CREATE INDEX target_tile ON target (tile_key, grid_no) WHERE tile_key IS NOT NULL;

CREATE TABLE unit (
    target_no   bigint PRIMARY KEY,
    grid_no     integer NOT NULL,               -- the target's, kept equal by the foreign key
    imported_by integer NOT NULL,
    id          text COLLATE "C" NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 100),
    name        text NOT NULL CHECK (length(name) <= 300),
    class       text NOT NULL DEFAULT 'other' CHECK (length(class) <= 100),
    address     text CHECK (length(address) <= 500),
    content     text NOT NULL,                  -- digest of the imported row: unchanged or not
    FOREIGN KEY (target_no, grid_no) REFERENCES target (no, grid_no) ON UPDATE CASCADE
);
CREATE INDEX unit_grid ON unit (grid_no, id);

CREATE TABLE inspection (
    id            uuid PRIMARY KEY,             -- made by the client; for imports from the file's id
    target_no     bigint NOT NULL REFERENCES target,
    outcome       text NOT NULL CHECK (outcome IN ('done', 'locked', 'refused', 'moved',
                                                   'closed', 'not_found', 'duplicate')),
    result        text CHECK (length(result) <= 200),
    happened_at   timestamptz NOT NULL,         -- the device's clock, or the file's
    happened_on   date NOT NULL,                -- its day in the deployment's time zone
    uploaded_at   timestamptz NOT NULL DEFAULT now(),
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    recorded_by   integer NOT NULL REFERENCES person,
    grid_no       integer NOT NULL,             -- of its moment, for ever
    edition_no    integer REFERENCES edition,
    before_first_edition boolean NOT NULL DEFAULT false,
    target_name   text NOT NULL,                -- of its moment
    target_class  text NOT NULL,
    supersedes    uuid,                         -- an event of the same target
    external_id   text COLLATE "C",
    content       text NOT NULL,
    batch_no      integer REFERENCES import_batch,
    UNIQUE (id, target_no),
    FOREIGN KEY (supersedes, target_no) REFERENCES inspection (id, target_no)
);
CREATE INDEX inspection_target ON inspection (target_no, happened_on) INCLUDE (outcome);
CREATE INDEX inspection_supersedes ON inspection (supersedes) WHERE supersedes IS NOT NULL;
CREATE INDEX inspection_recorded ON inspection (recorded_at);

-- Water and streets behind the grids: for orientation only, the same for everyone.
CREATE TABLE backdrop (
    no      integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind    text NOT NULL CHECK (kind IN ('water', 'road')),
    rank    smallint NOT NULL DEFAULT 1,
    name    text,
    name_en text,
    geom    geometry(Geometry, 3857) NOT NULL
);
CREATE INDEX backdrop_geom ON backdrop USING gist (geom);
