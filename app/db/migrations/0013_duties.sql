-- Programmes and their dated rules, the calendar, what a visit records, exclusions, and the counts
-- that coverage is read from.

CREATE TABLE programme (
    key         text PRIMARY KEY CHECK (key ~ '^[a-z][a-z0-9_]{0,31}$'),
    name_zh     text NOT NULL CHECK (length(name_zh) BETWEEN 1 AND 80),
    name_en     text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 80),
    purpose_zh  text NOT NULL CHECK (length(purpose_zh) <= 500),
    purpose_en  text NOT NULL CHECK (length(purpose_en) <= 500),
    legal_basis text NOT NULL CHECK (length(legal_basis) <= 500),
    source      text NOT NULL,                  -- the file as it was given
    set_by      integer NOT NULL REFERENCES person,
    set_at      timestamptz NOT NULL DEFAULT now()
);

-- Checklists are never changed: other items are another version.
CREATE TABLE checklist (
    no            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_key text NOT NULL REFERENCES programme,
    key           text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,31}$'),
    version       smallint NOT NULL CHECK (version > 0),
    name_zh       text NOT NULL CHECK (length(name_zh) BETWEEN 1 AND 80),
    name_en       text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 80),
    -- [{key, kind: yes_no|number|choice|text|photo, zh, en, help_zh, help_en, article, unit, least,
    --   most, choices: [{key, zh, en, normal}], picture}], in their order
    items         jsonb NOT NULL CHECK (jsonb_typeof(items) = 'array'),
    valid_from    date NOT NULL,
    withdrawn_on  date CHECK (withdrawn_on >= valid_from),     -- exclusive
    UNIQUE (programme_key, key, version)
);

-- Who must look at what, how often. A changed rule is a new row from a day on; the old one ends.
CREATE TABLE duty_rule (
    no            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_key text NOT NULL REFERENCES programme,
    key           text NOT NULL CHECK (key ~ '^[a-z][a-z0-9_]{0,31}$'),
    name_zh       text NOT NULL CHECK (length(name_zh) BETWEEN 1 AND 120),
    name_en       text NOT NULL CHECK (length(name_en) BETWEEN 1 AND 120),
    depth         smallint NOT NULL REFERENCES level,      -- whose duty it is: that level's
    role          text NOT NULL CHECK (role IN ('grid_chief', 'grid_worker', 'area_manager',
                                                'authority')),
    target_kind   text NOT NULL CHECK (target_kind IN ('unit', 'household', 'facility', 'building',
                                                       'place', 'road', 'grid')),
    classes       text[] NOT NULL DEFAULT '{}', -- of the register, or level keys; none: all
    importances   text[] NOT NULL DEFAULT '{}', -- of units: key, high_risk, ordinary; none: all
    period        text NOT NULL CHECK (period IN ('day', 'week', 'month', 'quarter', 'half', 'year')),
    working_days  boolean NOT NULL DEFAULT false,          -- a daily duty rests on days off
    season_from   text CHECK (season_from ~ '^\d\d-\d\d$'),    -- month-day; both or none
    season_until  text CHECK (season_until ~ '^\d\d-\d\d$'),   -- and on that day
    grace_days    smallint NOT NULL DEFAULT 0 CHECK (grace_days BETWEEN 0 AND 90),
    -- a quota: so many of each hundred, drawn from the list as it stood when the period began
    percent       numeric(5, 2) CHECK (percent > 0 AND percent <= 100),
    seed          integer,
    checklist_key text,
    minutes       smallint NOT NULL DEFAULT 10 CHECK (minutes BETWEEN 1 AND 480),   -- one visit
    source        text NOT NULL CHECK (length(source) <= 300),
    valid_from    date NOT NULL,
    valid_until   date,                         -- exclusive; a due date on it is no longer due
    CHECK (valid_until >= valid_from),
    CHECK ((season_from IS NULL) = (season_until IS NULL)),
    CHECK ((percent IS NULL) = (seed IS NULL)),
    EXCLUDE USING gist (programme_key WITH =, key WITH =, daterange(valid_from, valid_until) WITH &&)
);

-- The list of a quota as it was frozen; rank is its place in the draw.
CREATE TABLE quota_list (
    rule_no   integer NOT NULL REFERENCES duty_rule,
    due_on    date NOT NULL,
    target_no bigint NOT NULL REFERENCES target ON DELETE CASCADE,
    rank      integer NOT NULL,
    drawn     boolean NOT NULL,
    PRIMARY KEY (rule_no, due_on, target_no)
);
CREATE INDEX quota_list_target ON quota_list (target_no);

-- Days that are not as their weekday says. A year without a row in calendar_year is not known.
CREATE TABLE calendar_day (
    day     date PRIMARY KEY,
    working boolean NOT NULL,                   -- true: a make-up working day
    name_zh text NOT NULL CHECK (length(name_zh) <= 40),
    name_en text NOT NULL CHECK (length(name_en) <= 40)
);
CREATE TABLE calendar_year (
    year   smallint PRIMARY KEY CHECK (year BETWEEN 1990 AND 2200),
    source text NOT NULL CHECK (length(source) BETWEEN 1 AND 300)
);

-- Where each target lay, by date: coverage of a past period stays where it was. Without a first
-- row before it, the first one holds for all time before.
CREATE TABLE target_place (
    target_no   bigint NOT NULL REFERENCES target ON DELETE CASCADE,
    grid_no     integer NOT NULL,
    valid_from  date NOT NULL,
    valid_until date,                           -- exclusive
    PRIMARY KEY (target_no, valid_from),
    CHECK (valid_until > valid_from)
);
CREATE INDEX target_place_grid ON target_place (grid_no, target_no);

-- A grid as a target of visits is one target; it has no point of its own and is never located.
CREATE UNIQUE INDEX target_of_grid ON target (grid_no) WHERE kind = 'grid';

ALTER TABLE inspection
    ADD COLUMN programmes  text[] NOT NULL DEFAULT '{}',   -- none: counts for every programme
    ADD COLUMN checklists  jsonb NOT NULL DEFAULT '[]',    -- [{programme, key, version}] it answered
    ADD COLUMN answers     jsonb NOT NULL DEFAULT '{}',    -- "programme/list/item" → value
    ADD COLUMN note        text CHECK (length(note) <= 1000),
    ADD COLUMN lon         double precision CHECK (lon BETWEEN -180 AND 180),
    ADD COLUMN lat         double precision CHECK (lat BETWEEN -90 AND 90),
    ADD COLUMN accuracy_m  real CHECK (accuracy_m >= 0),
    ADD COLUMN chief_no    integer REFERENCES person,      -- who answered for the grid then
    ADD CHECK ((lon IS NULL) = (lat IS NULL));

-- A target that is not counted for a while. It needs a second person and ends by itself.
CREATE TABLE exclusion (
    no            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_no     bigint NOT NULL REFERENCES target,
    programme_key text REFERENCES programme,    -- NULL: of every programme
    reason        text NOT NULL CHECK (reason IN ('locked', 'refused', 'moved', 'closed',
                                                  'not_found', 'duplicate', 'other')),
    note          text CHECK (length(note) <= 500),
    inspection_id uuid REFERENCES inspection,
    valid_from    date NOT NULL,
    valid_until   date NOT NULL,                -- exclusive
    asked_by      integer NOT NULL REFERENCES person,
    asked_at      timestamptz NOT NULL DEFAULT now(),
    decision      text CHECK (decision IN ('accepted', 'declined')),
    decided_by    integer REFERENCES person,
    decided_at    timestamptz,
    decided_note  text CHECK (length(decided_note) <= 500),
    CHECK (valid_until > valid_from AND valid_until <= valid_from + 366),
    CHECK ((decision IS NULL) = (decided_by IS NULL)),
    CHECK ((decision IS NULL) = (decided_at IS NULL)),
    CHECK (decided_by <> asked_by)
);
CREATE INDEX exclusion_target ON exclusion (target_no);
CREATE INDEX exclusion_open ON exclusion (asked_at) WHERE decision IS NULL;

-- What may have changed since it was counted: a target's duties that touch these days. The worker
-- deletes the rows that it counts in, so none is ever skipped.
CREATE TABLE coverage_log (
    no        bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_no bigint NOT NULL,
    grid_no   integer,                          -- the grid that it left
    day_from  date NOT NULL,
    day_until date                              -- and on that day; NULL: all later ones
);

-- Counts of a rule's duties with one due date. Depth 0: of the targets that lie directly in the
-- grid; else of all in and below it, the grid being of that depth in the edition of the due date.
CREATE TABLE coverage_count (
    rule_no  integer NOT NULL REFERENCES duty_rule ON DELETE CASCADE,
    due_on   date NOT NULL,
    depth    smallint NOT NULL,
    grid_no  integer NOT NULL,
    due      integer NOT NULL,
    on_time  integer NOT NULL,
    late     integer NOT NULL,
    excluded integer NOT NULL,
    PRIMARY KEY (rule_no, depth, due_on, grid_no)
);
CREATE INDEX coverage_count_grid ON coverage_count (grid_no);

-- Which duty periods the counts hold; the others are counted when they are asked for.
CREATE TABLE coverage_period (
    rule_no     integer NOT NULL REFERENCES duty_rule ON DELETE CASCADE,
    due_on      date NOT NULL,
    since       date NOT NULL,
    grace_until date NOT NULL,
    folded_at   timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (rule_no, due_on)
);

-- who migrates passes by row security, which binds the owner
RESET ROLE;
INSERT INTO target (kind, grid_no, imported_by)
SELECT 'grid', s.grid_no, p.no
FROM edition e
JOIN grid_shape s ON s.edition_no = e.no
JOIN person p ON p.sign_in = 'service'
WHERE e.state = 'active';
INSERT INTO target_place (target_no, grid_no, valid_from)
SELECT no, grid_no, '1900-01-01' FROM target;
