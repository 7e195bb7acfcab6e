-- Why a register of persons is kept, what its people are told, and how it forgets them.

-- What is said of the register. Never changed: a later row takes the place of an earlier one, so
-- that it can be shown what was told at which time.
CREATE TABLE register_notice (
    no          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    purpose     text NOT NULL CHECK (length(purpose) BETWEEN 1 AND 1000),
    legal_basis text NOT NULL CHECK (length(legal_basis) BETWEEN 1 AND 1000),
    notice      text NOT NULL CHECK (length(notice) <= 4000),
    automatic   boolean NOT NULL,   -- whether what is due goes without anybody's decision
    set_by      integer NOT NULL REFERENCES person,
    set_at      timestamptz NOT NULL DEFAULT now()
);

-- What the worker found each night, and what was decided. Numbers only: nobody is named.
CREATE TABLE retention_check (
    no         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    checked_on date NOT NULL UNIQUE,
    due        integer NOT NULL CHECK (due > 0),
    decided_by integer REFERENCES person,
    decided_at timestamptz,
    removed    integer CHECK (removed >= 0),
    CHECK ((decided_at IS NULL) = (decided_by IS NULL) AND (decided_at IS NULL) = (removed IS NULL))
);
