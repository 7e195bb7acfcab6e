-- Households and the persons in them. Names, phones and doors are sealed with a key outside the
-- database; what is counted of them stands in a table of its own.

CREATE TABLE household (
    target_no   bigint PRIMARY KEY,
    grid_no     integer NOT NULL,
    imported_by integer NOT NULL,
    tile_key    bigint,                         -- the target's: counts are kept by it
    id          text COLLATE "C" NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 100),
    building    text NOT NULL CHECK (length(building) BETWEEN 1 AND 300),
    class       text NOT NULL CHECK (length(class) <= 40),      -- what help is needed
    persons     integer NOT NULL CHECK (persons BETWEEN 1 AND 99),
    evacuation  text NOT NULL CHECK (evacuation IN ('self', 'needs_help', 'bedridden', 'unknown')),
    legal_basis text NOT NULL CHECK (legal_basis IN ('statutory_duty', 'consent', 'emergency')),
    purpose     text NOT NULL CHECK (purpose IN ('fire_help', 'evacuation')),
    expires_on  date NOT NULL,
    door_sealed bytea,
    key_id      text NOT NULL CHECK (key_id ~ '^[0-9a-f]{12}$'),
    content     text NOT NULL,                  -- keyed digest of the imported row
    UNIQUE (target_no, grid_no),
    FOREIGN KEY (target_no, grid_no) REFERENCES target (no, grid_no) ON UPDATE CASCADE
);
CREATE INDEX household_grid ON household (grid_no, id);
CREATE INDEX household_key ON household (key_id);

CREATE TABLE resident (
    household_no bigint NOT NULL,
    grid_no      integer NOT NULL,
    position     smallint NOT NULL CHECK (position BETWEEN 1 AND 9),
    role         text NOT NULL CHECK (role IN ('resident', 'guardian', 'contact')),
    name_sealed  bytea,
    phone_sealed bytea,
    PRIMARY KEY (household_no, position),
    FOREIGN KEY (household_no, grid_no) REFERENCES household (target_no, grid_no)
        ON UPDATE CASCADE ON DELETE CASCADE
);
CREATE INDEX resident_grid ON resident (grid_no);

-- Kept by triggers; equal to counting the households anew.
CREATE TABLE household_count (
    grid_no    integer NOT NULL,
    building   text NOT NULL,
    tile_key   bigint,
    class      text NOT NULL,
    households integer NOT NULL,
    persons    integer NOT NULL,
    UNIQUE NULLS NOT DISTINCT (grid_no, building, tile_key, class)
);
CREATE INDEX household_count_tile ON household_count (tile_key, grid_no);
