-- Buildings, facilities and hazards: detail tables of targets, in the form of `unit`.

CREATE TABLE building (
    target_no   bigint PRIMARY KEY,
    grid_no     integer NOT NULL,
    imported_by integer NOT NULL,
    id          text COLLATE "C" NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 100),
    name        text NOT NULL CHECK (length(name) <= 300),
    class       text NOT NULL DEFAULT 'other' CHECK (length(class) <= 100),     -- its use
    address     text CHECK (length(address) <= 500),
    content     text NOT NULL,
    details     jsonb NOT NULL DEFAULT '{}',
    floors      smallint CHECK (floors BETWEEN 0 AND 200),
    FOREIGN KEY (target_no, grid_no) REFERENCES target (no, grid_no) ON UPDATE CASCADE
);
CREATE INDEX building_grid ON building (grid_no, id);

CREATE TABLE facility (
    target_no   bigint PRIMARY KEY,
    grid_no     integer NOT NULL,
    imported_by integer NOT NULL,
    id          text COLLATE "C" NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 100),
    name        text NOT NULL CHECK (length(name) <= 300),
    class       text NOT NULL DEFAULT 'other' CHECK (length(class) <= 100),
    address     text CHECK (length(address) <= 500),
    content     text NOT NULL,
    details     jsonb NOT NULL DEFAULT '{}',
    state       text NOT NULL DEFAULT 'unknown'
                CHECK (state IN ('working', 'faulty', 'out_of_service', 'unknown')),
    test_due    date,                           -- from the day after it is overdue
    FOREIGN KEY (target_no, grid_no) REFERENCES target (no, grid_no) ON UPDATE CASCADE
);
CREATE INDEX facility_grid ON facility (grid_no, id);

-- A place where something was found; its case will hang on it.
CREATE TABLE hazard (
    target_no   bigint PRIMARY KEY,
    grid_no     integer NOT NULL,
    imported_by integer NOT NULL,
    id          text COLLATE "C" NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 100),
    name        text NOT NULL CHECK (length(name) <= 300),
    class       text NOT NULL DEFAULT 'other' CHECK (length(class) <= 100),
    address     text CHECK (length(address) <= 500),
    content     text NOT NULL,
    details     jsonb NOT NULL DEFAULT '{}',
    state       text NOT NULL DEFAULT 'reported'
                CHECK (state IN ('reported', 'open', 'corrected', 'closed', 'dismissed')),
    found_on    date NOT NULL,
    FOREIGN KEY (target_no, grid_no) REFERENCES target (no, grid_no) ON UPDATE CASCADE
);
CREATE INDEX hazard_grid ON hazard (grid_no, id);
