-- Questions about records that look unlikely: to who recorded them and to the area manager alike.

CREATE TABLE question (
    no        integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule      text NOT NULL CHECK (rule IN ('speed', 'burst', 'same_photo', 'all_normal')),
    key       text NOT NULL UNIQUE CHECK (length(key) <= 200),     -- the same is asked once
    person_no integer NOT NULL REFERENCES person,
    grid_no   integer NOT NULL,                 -- where it was, for the manager
    facts     jsonb NOT NULL CHECK (jsonb_typeof(facts) = 'object'),    -- numbers and visits
    raised_on date NOT NULL,
    UNIQUE (no, person_no)
);
CREATE INDEX question_person ON question (person_no);
CREATE INDEX question_grid ON question (grid_no);

-- Answers are of who is asked; closing is of somebody else.
CREATE TABLE question_event (
    no          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    id          uuid NOT NULL UNIQUE,           -- made by the sender
    question_no integer NOT NULL,
    person_no   integer NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('answer', 'close')),
    words       text NOT NULL CHECK (length(words) BETWEEN 1 AND 1000),
    recorded_by integer NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    FOREIGN KEY (question_no, person_no) REFERENCES question (no, person_no),
    CHECK ((kind = 'answer') = (recorded_by = person_no))
);
CREATE INDEX question_event_question ON question_event (question_no, no);
CREATE UNIQUE INDEX question_closed_once ON question_event (question_no) WHERE kind = 'close';

-- On which days the worker looked.
CREATE TABLE question_look (
    day       date PRIMARY KEY,
    looked_at timestamptz NOT NULL DEFAULT now()
);
