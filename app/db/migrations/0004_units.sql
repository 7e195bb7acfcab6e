-- Units fully: who answers in them, their classes and their life by date, their tree, and pairs
-- that may be one and the same.

ALTER TABLE target
    -- the days between a closing and the next opening: nothing was due then
    ADD COLUMN closed      datemultirange NOT NULL DEFAULT '{}',
    -- what it turned out to be the same as; from valid_until on its visits count as that one's
    ADD COLUMN merged_into bigint REFERENCES target CHECK (merged_into <> no),
    ADD COLUMN has_merged  boolean NOT NULL DEFAULT false;
CREATE INDEX target_merged ON target (merged_into) WHERE merged_into IS NOT NULL;

ALTER TABLE unit
    ADD COLUMN credit_code text COLLATE "C" CHECK (credit_code ~ '^[0-9A-HJ-NP-RTUW-Y]{18}$'),
    ADD COLUMN responsible text CHECK (length(responsible) BETWEEN 1 AND 80),
    ADD COLUMN manager     text CHECK (length(manager) BETWEEN 1 AND 80),
    ADD COLUMN phone       text CHECK (length(phone) BETWEEN 1 AND 40),
    ADD COLUMN hours_text  text CHECK (length(hours_text) BETWEEN 1 AND 300),
    ADD COLUMN hours       jsonb,               -- [[weekday 1-7, minute since, minute until], …]
    ADD COLUMN parent_no   bigint REFERENCES unit CHECK (parent_no <> target_no),
    ADD COLUMN version     integer NOT NULL DEFAULT 1,     -- raised by every change
    ADD CHECK ((hours IS NULL) = (hours_text IS NULL));
CREATE INDEX unit_parent ON unit (parent_no) WHERE parent_no IS NOT NULL;
CREATE INDEX unit_credit_code ON unit (credit_code) WHERE credit_code IS NOT NULL;

-- Classes by date. Without a row a unit is ordinary, and its kind was always unit.class.
CREATE TABLE unit_class (
    no          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_no   bigint NOT NULL REFERENCES unit ON DELETE CASCADE,
    scheme      text NOT NULL CHECK (scheme IN ('importance', 'kind')),
    class       text NOT NULL CHECK (length(class) <= 100),
    valid_from  date NOT NULL,
    valid_until date,                           -- exclusive
    basis       text CHECK (length(basis) <= 300),
    set_by      integer NOT NULL REFERENCES person,
    CHECK (valid_until > valid_from),
    CHECK (scheme <> 'importance' OR class IN ('key', 'high_risk', 'ordinary')),
    EXCLUDE USING gist (target_no WITH =, scheme WITH =, daterange(valid_from, valid_until) WITH &&)
);

-- What happened to a unit; append-only. `former` is its whole state before, for taking back.
CREATE TABLE unit_event (
    no          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_no   bigint NOT NULL REFERENCES target,
    kind        text NOT NULL CHECK (kind IN ('edited', 'renamed', 'moved', 'closed',
                                              'reopened', 'class_changed', 'parent_changed',
                                              'merged', 'unmerged', 'taken_back')),
    happened_on date NOT NULL,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    recorded_by integer NOT NULL REFERENCES person,
    reason      text CHECK (length(reason) <= 300),
    changes     jsonb NOT NULL,                 -- [[field, before, after], …] for people to read
    former      jsonb NOT NULL,
    version     integer NOT NULL,               -- of the unit after it
    other_no    bigint REFERENCES target,       -- of a merger: the other one
    takes_back  bigint UNIQUE REFERENCES unit_event
);
CREATE INDEX unit_event_target ON unit_event (target_no, happened_on);
CREATE INDEX unit_event_other ON unit_event (other_no) WHERE other_no IS NOT NULL;

-- Two units that may be one, as found last; what somebody decided stays.
CREATE TABLE unit_pair (
    first_no   bigint NOT NULL REFERENCES unit ON DELETE CASCADE,
    second_no  bigint NOT NULL REFERENCES unit ON DELETE CASCADE,
    score      real NOT NULL CHECK (score BETWEEN 0 AND 1),
    reasons    text[] NOT NULL,
    distance_m real,
    state      text NOT NULL DEFAULT 'open' CHECK (state IN ('open', 'different')),
    found_at   timestamptz NOT NULL DEFAULT now(),
    decided_by integer REFERENCES person,
    decided_at timestamptz,
    note       text CHECK (length(note) <= 300),
    PRIMARY KEY (first_no, second_no),
    CHECK (first_no < second_no),
    CHECK ((state = 'open') = (decided_by IS NULL))
);
CREATE INDEX unit_pair_second ON unit_pair (second_no);
