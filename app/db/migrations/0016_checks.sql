-- Samples of claimed visits, drawn at random and looked at again by another person.

-- How much the worker draws of each month by itself. The latest row of a programme holds; without
-- one the default of the rules does.
CREATE TABLE check_rule (
    no            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_key text NOT NULL REFERENCES programme,
    percent       numeric(5, 2) CHECK (percent > 0 AND percent <= 100),
    visits        smallint CHECK (visits BETWEEN 0 AND 500),   -- 0: none
    days          smallint NOT NULL CHECK (days BETWEEN 1 AND 90),     -- to check them in
    set_by        integer NOT NULL REFERENCES person,
    set_at        timestamptz NOT NULL DEFAULT now(),
    CHECK ((percent IS NULL) <> (visits IS NULL))
);
CREATE INDEX check_rule_programme ON check_rule (programme_key, no);

CREATE TABLE check_sample (
    no            integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    programme_key text NOT NULL REFERENCES programme,
    period        text NOT NULL CHECK (length(period) <= 10),  -- as it was written
    first_day     date NOT NULL,
    last_day      date NOT NULL,
    grid_no       integer REFERENCES grid,      -- NULL: the whole city
    seed          bigint NOT NULL CHECK (seed >= 0),
    size          integer NOT NULL CHECK (size >= 0),
    automatic     boolean NOT NULL,             -- the worker's, each month
    drawn_on      date NOT NULL,
    expires_on    date NOT NULL,                -- the last day on which a result is taken
    drawn_by      integer NOT NULL REFERENCES person,
    drawn_at      timestamptz NOT NULL DEFAULT now(),
    CHECK (last_day >= first_day AND expires_on >= drawn_on),
    CHECK (size > 0 OR automatic)
);
CREATE UNIQUE INDEX check_sample_automatic ON check_sample (programme_key, period) WHERE automatic;

-- The list as it was frozen, in the order of the draw.
CREATE TABLE check_claim (
    sample_no     integer NOT NULL REFERENCES check_sample,
    inspection_id uuid NOT NULL,
    target_no     bigint NOT NULL,
    grid_no       integer NOT NULL,             -- the stratum: where the target lay at the draw
    recorder_no   integer NOT NULL REFERENCES person,
    rank          integer NOT NULL,
    drawn         boolean NOT NULL,
    PRIMARY KEY (sample_no, inspection_id),
    UNIQUE (sample_no, inspection_id, target_no, recorder_no),
    FOREIGN KEY (inspection_id, target_no) REFERENCES inspection (id, target_no)
);
CREATE INDEX check_claim_target ON check_claim (target_no) WHERE drawn;
CREATE UNIQUE INDEX check_claim_once ON check_claim (inspection_id) WHERE drawn;

-- Who is to look, and what was found. A correction is a further event.
CREATE TABLE check_event (
    no            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id            uuid NOT NULL UNIQUE,         -- made by the sender
    sample_no     integer NOT NULL,
    inspection_id uuid NOT NULL,
    target_no     bigint NOT NULL,
    recorder_no   integer NOT NULL,
    kind          text NOT NULL CHECK (kind IN ('assigned', 'confirmed', 'not_confirmed', 'unable')),
    checker_no    integer NOT NULL REFERENCES person,
    how           text CHECK (how IN ('site', 'phone')),
    note          text CHECK (length(note) BETWEEN 1 AND 500),
    happened_on   date NOT NULL,
    recorded_by   integer NOT NULL REFERENCES person,
    recorded_at   timestamptz NOT NULL DEFAULT now(),
    supersedes    bigint UNIQUE REFERENCES check_event,
    FOREIGN KEY (sample_no, inspection_id, target_no, recorder_no)
        REFERENCES check_claim (sample_no, inspection_id, target_no, recorder_no),
    CHECK (checker_no <> recorder_no),          -- a second person, always
    CHECK (kind = 'assigned' OR recorded_by = checker_no),
    CHECK ((kind = 'assigned') = (how IS NULL)),
    CHECK (kind NOT IN ('not_confirmed', 'unable') OR note IS NOT NULL),
    CHECK (kind <> 'assigned' OR supersedes IS NULL)
);
CREATE INDEX check_event_claim ON check_event (sample_no, inspection_id, no);
CREATE INDEX check_event_checker ON check_event (checker_no);
CREATE UNIQUE INDEX check_event_first ON check_event (sample_no, inspection_id)
    WHERE kind <> 'assigned' AND supersedes IS NULL;
