-- Who is away and who stands in, hand-overs with their signatures, looking as somebody else.

ALTER TABLE person ADD COLUMN signed_in_at timestamptz;     -- the last time; NULL: never

-- One person's days away with one deputy; the deputy's assignments of those days refer to it.
CREATE TABLE cover (
    no          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    person_no   integer NOT NULL REFERENCES person,     -- who is away
    deputy_no   integer NOT NULL REFERENCES person,
    valid_from  date NOT NULL,
    valid_until date NOT NULL,                          -- exclusive: the first day back
    keeps_scope boolean NOT NULL DEFAULT true,          -- whether who is away still sees the grids
    note        text CHECK (length(note) <= 300),
    made_by     integer NOT NULL REFERENCES person,
    made_at     timestamptz NOT NULL DEFAULT now(),
    ended_by    integer REFERENCES person,              -- who ended it early
    CHECK (valid_until >= valid_from),                  -- equal: ended before it began
    CHECK (person_no <> deputy_no)
);
CREATE INDEX cover_person ON cover (person_no, valid_until);
CREATE INDEX cover_deputy ON cover (deputy_no, valid_until);

-- A move of assignments from one person to others, on a day, once everybody has signed.
CREATE TABLE handover (
    no         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    giver_no   integer NOT NULL REFERENCES person,
    happens_on date NOT NULL,
    note       text CHECK (length(note) <= 1000),
    state      text NOT NULL DEFAULT 'prepared' CHECK (state IN ('prepared', 'settled', 'undone')),
    moved_on   date,                -- the first day of the takers: never before the last signature
    made_by    integer NOT NULL REFERENCES person,
    made_at    timestamptz NOT NULL DEFAULT now(),
    CHECK (state <> 'settled' OR moved_on IS NOT NULL)
);
CREATE INDEX handover_giver ON handover (giver_no);

ALTER TABLE assignment
    ADD COLUMN kind text NOT NULL DEFAULT 'own' CHECK (kind IN ('own', 'cover')),
    ADD COLUMN covers_no integer REFERENCES assignment,     -- which one is stood in for
    -- of a cover: whose days away; of an own one: it goes on after those days
    ADD COLUMN cover_no integer REFERENCES cover,
    ADD COLUMN handover_no integer REFERENCES handover,     -- by which it came
    ADD CHECK ((kind = 'cover') = (covers_no IS NOT NULL)),
    ADD CHECK (kind = 'own' OR cover_no IS NOT NULL);
CREATE INDEX assignment_cover ON assignment (cover_no) WHERE cover_no IS NOT NULL;
CREATE INDEX assignment_covers ON assignment (covers_no) WHERE covers_no IS NOT NULL;

CREATE TABLE handover_part (
    handover_no   integer NOT NULL REFERENCES handover,
    assignment_no integer NOT NULL REFERENCES assignment,   -- the giver's
    giver_no      integer NOT NULL REFERENCES person,
    taker_no      integer NOT NULL REFERENCES person,
    -- as in the assignment, which the taker may not see yet
    role          text NOT NULL,
    grid_no       integer REFERENCES grid,
    open          jsonb NOT NULL DEFAULT '{}',      -- what was open there when it was prepared
    former_until  date,                             -- the giver's end before the move
    taken_no      integer REFERENCES assignment,    -- the taker's, once moved
    PRIMARY KEY (handover_no, assignment_no),
    CHECK (giver_no <> taker_no)
);
CREATE INDEX handover_part_taker ON handover_part (taker_no);

CREATE TABLE handover_event (
    no          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    handover_no integer NOT NULL REFERENCES handover,
    at          timestamptz NOT NULL DEFAULT now(),
    action      text NOT NULL CHECK (action IN ('prepared', 'signed', 'confirmed', 'settled',
                                                'undone')),
    person_no   integer NOT NULL REFERENCES person,     -- who did it
    whose_no    integer REFERENCES person,              -- whose signature it is or stands for
    reason      text CHECK (length(reason) <= 300),
    CHECK ((action IN ('signed', 'confirmed')) = (whose_no IS NOT NULL)),
    CHECK (action <> 'signed' OR whose_no = person_no),
    CHECK (action <> 'confirmed' OR length(btrim(reason)) > 0)
);
CREATE UNIQUE INDEX handover_event_once ON handover_event (handover_no, whose_no)
    WHERE whose_no IS NOT NULL;

-- An administrator looks at the pages as somebody else sees them: for minutes, and only looks.
CREATE TABLE viewing (
    no         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    viewer_no  integer NOT NULL REFERENCES person,
    person_no  integer NOT NULL REFERENCES person,
    reason     text NOT NULL CHECK (length(reason) BETWEEN 1 AND 40),
    started_at timestamptz NOT NULL DEFAULT now(),
    until      timestamptz NOT NULL,
    ended_at   timestamptz,
    looked     integer NOT NULL DEFAULT 0,              -- pages and answers that were shown
    CHECK (viewer_no <> person_no)
);
CREATE INDEX viewing_viewer ON viewing (viewer_no) WHERE ended_at IS NULL;
