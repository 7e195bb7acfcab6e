-- The level scheme, grids and their dated editions; persons and their assignments.

CREATE TABLE level (
    depth   smallint PRIMARY KEY CHECK (depth BETWEEN 1 AND 6),
    key     text NOT NULL UNIQUE CHECK (key ~ '^[a-z][a-z0-9_]{0,31}$'),
    name_zh text NOT NULL CHECK (length(name_zh) BETWEEN 1 AND 40),
    name_en text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 40)
);

CREATE TABLE edition (
    no                integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    name              text NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 80),
    state             text NOT NULL DEFAULT 'draft' CHECK (state IN ('draft', 'active', 'retired')),
    valid_from        date,
    valid_until       date,             -- exclusive: the first day on which it no longer holds
    digest            text,             -- of codes, parents and shapes; versions the tiles
    accepted_warnings integer NOT NULL DEFAULT 0,
    created_at        timestamptz NOT NULL DEFAULT now(),
    published_at      timestamptz,
    published_by      integer,
    CHECK ((state = 'draft') = (valid_from IS NULL)),
    CHECK ((state = 'retired') = (valid_until IS NOT NULL)),
    -- at any instant at most one published edition holds; with the state check: one active
    EXCLUDE USING gist (daterange(valid_from, valid_until) WITH &&) WHERE (state <> 'draft')
);
CREATE UNIQUE INDEX edition_one_active ON edition ((true)) WHERE state = 'active';

CREATE TABLE grid (
    no       integer PRIMARY KEY CHECK (no > 0),
    depth    smallint NOT NULL REFERENCES level,
    code     text COLLATE "C" NOT NULL CHECK (length(code) BETWEEN 1 AND 64),
    kind     text NOT NULL DEFAULT 'area' CHECK (kind IN ('area', 'establishment')),
    span_end integer NOT NULL,          -- [no, span_end) is kept for this grid's descendants
    UNIQUE (depth, code),
    CHECK (span_end > no)
);

CREATE TABLE grid_shape (
    edition_no integer NOT NULL REFERENCES edition,
    grid_no    integer NOT NULL REFERENCES grid,
    parent_no  integer,
    name       text NOT NULL,
    name_en    text,
    geom       geometry(MultiPolygon, 4326),
    area_m2    double precision,        -- geodesic
    label_lon  double precision,
    label_lat  double precision,
    PRIMARY KEY (edition_no, grid_no),
    FOREIGN KEY (edition_no, parent_no) REFERENCES grid_shape DEFERRABLE INITIALLY DEFERRED,
    CHECK (geom IS NULL OR (ST_IsValid(geom) AND NOT ST_IsEmpty(geom)))
);
-- the edition first: each edition lays the same city over itself once more
CREATE INDEX grid_shape_geom ON grid_shape USING gist (edition_no, geom);
CREATE INDEX grid_shape_parent ON grid_shape (edition_no, parent_no);

-- Every grid with each of its ancestors and itself: one join takes a leaf to any level.
CREATE TABLE grid_chain (
    edition_no  integer NOT NULL REFERENCES edition,
    grid_no     integer NOT NULL,
    depth       smallint NOT NULL,
    ancestor_no integer NOT NULL,
    PRIMARY KEY (edition_no, grid_no, depth)
);
CREATE INDEX grid_chain_ancestor ON grid_chain (edition_no, ancestor_no);

-- How a level is drawn in an edition: from which zoom on, and how much there is of it.
CREATE TABLE edition_level (
    edition_no integer NOT NULL REFERENCES edition,
    depth      smallint NOT NULL REFERENCES level,
    grids      integer NOT NULL,
    min_zoom   smallint NOT NULL,
    PRIMARY KEY (edition_no, depth)
);

-- Shapes simplified per zoom as a coverage, in Web Mercator: for drawing only.
CREATE TABLE tile_shape (
    edition_no integer NOT NULL REFERENCES edition,
    depth      smallint NOT NULL,
    zoom       smallint NOT NULL,
    grid_no    integer NOT NULL,
    geom       geometry(Geometry, 3857) NOT NULL,
    PRIMARY KEY (edition_no, depth, zoom, grid_no)
);
CREATE INDEX tile_shape_geom ON tile_shape USING gist (edition_no, depth, zoom, geom);

CREATE TABLE draft_shape (
    edition_no  integer NOT NULL REFERENCES edition ON DELETE CASCADE,
    depth       smallint NOT NULL REFERENCES level,
    code        text COLLATE "C" NOT NULL CHECK (length(code) BETWEEN 1 AND 64),
    parent_code text COLLATE "C",
    name        text NOT NULL CHECK (length(name) <= 200),
    name_en     text CHECK (length(name_en) <= 200),
    geom        geometry(MultiPolygon, 4326),
    PRIMARY KEY (edition_no, depth, code)
);

CREATE TABLE edition_fault (
    no         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    edition_no integer NOT NULL REFERENCES edition ON DELETE CASCADE,
    depth      smallint NOT NULL,
    kind       text NOT NULL,
    severity   text NOT NULL CHECK (severity IN ('error', 'warning')),
    code       text,
    area_m2    double precision,
    lon        double precision,
    lat        double precision,
    detail     text NOT NULL
);
CREATE INDEX edition_fault_edition ON edition_fault (edition_no, depth);

-- The numbers of a grid and of all below it in the active edition, free gap numbers absorbed.
CREATE TABLE territory (
    grid_no integer PRIMARY KEY REFERENCES grid,
    numbers int4multirange NOT NULL
);

CREATE TABLE person (
    no            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    sign_in       text NOT NULL UNIQUE CHECK (sign_in = lower(sign_in) AND length(sign_in) BETWEEN 1 AND 60),
    name          text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    kind          text NOT NULL DEFAULT 'person' CHECK (kind IN ('person', 'service')),
    organisation  text CHECK (length(organisation) <= 80),
    language      text CHECK (language IN ('zh_Hans', 'en')),
    password_hash text,                 -- NULL cannot sign in
    session_epoch integer NOT NULL DEFAULT 1,   -- raised to end every session of the person
    active        boolean NOT NULL DEFAULT true,
    created_at    timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE assignment (
    no          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_no   integer NOT NULL REFERENCES person,
    grid_no     integer REFERENCES grid,        -- NULL is the whole city
    role        text NOT NULL CHECK (role IN ('grid_chief', 'grid_worker', 'area_manager',
                                              'authority', 'leader', 'admin', 'auditor')),
    valid_from  date NOT NULL,
    valid_until date,                           -- exclusive
    CHECK (valid_until IS NULL OR valid_until >= valid_from),     -- equal: ended before it began
    -- the admin answers for the deployment, not for a part of the city
    CHECK (role <> 'admin' OR grid_no IS NULL)
);
CREATE INDEX assignment_person ON assignment (person_no);
CREATE INDEX assignment_grid ON assignment (grid_no);

CREATE TABLE api_token (
    no         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_no  integer NOT NULL REFERENCES person,
    name       text NOT NULL CHECK (length(name) BETWEEN 1 AND 80),
    digest     text NOT NULL UNIQUE,            -- SHA-256 of the token, which is shown once
    created_at timestamptz NOT NULL DEFAULT now(),
    revoked_at timestamptz
);

CREATE TABLE audit_event (
    no        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at        timestamptz NOT NULL DEFAULT now(),
    person_no integer,
    os_user   text,                             -- of the command line and the worker
    action    text NOT NULL,
    subject   text,
    detail    jsonb NOT NULL DEFAULT '{}'
);
CREATE INDEX audit_event_at ON audit_event (at);
-- what the brake on guessing passwords counts, before every sign-in
CREATE INDEX audit_event_sign_in ON audit_event (lower(subject), at)
    WHERE action IN ('sign_in', 'sign_in_failed');
CREATE INDEX audit_event_sign_in_address ON audit_event ((detail ->> 'address'), at)
    WHERE action = 'sign_in_failed';

CREATE TABLE setting (
    key   text PRIMARY KEY,
    value text NOT NULL
);

-- The command line and the worker act as this person; it cannot sign in.
INSERT INTO person (sign_in, name, kind) VALUES ('service', 'Gridward', 'service');
INSERT INTO assignment (person_no, role, valid_from) SELECT no, 'admin', '1900-01-01' FROM person;
