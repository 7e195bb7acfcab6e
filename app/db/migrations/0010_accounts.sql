-- How people prove who they are: passwords with an age, sessions, second factors; a chained log.

ALTER TABLE person
    -- own: chosen by the person; one_time: given by somebody, to be changed at the first sign-in;
    -- shown: printed for everybody, as in the demo city: neither aged nor followed by a duty
    ADD COLUMN password_kind text NOT NULL DEFAULT 'own'
        CHECK (password_kind IN ('own', 'one_time', 'shown')),
    ADD COLUMN password_set_at timestamptz NOT NULL DEFAULT now();

-- One row for each sign-in that still holds; the signed cookie carries its number.
CREATE TABLE session (
    id         uuid PRIMARY KEY DEFAULT gen_random_uuid(),
    person_no  integer NOT NULL REFERENCES person,
    started_at timestamptz NOT NULL DEFAULT now(),
    seen_at    timestamptz NOT NULL DEFAULT now(),      -- noted once a minute at most
    address    text NOT NULL CHECK (length(address) <= 60),
    agent      text NOT NULL CHECK (length(agent) <= 300)
);
CREATE INDEX session_person ON session (person_no);

CREATE TABLE second_factor (
    person_no    integer PRIMARY KEY REFERENCES person,
    secret       bytea NOT NULL,        -- sealed with a key that the database does not hold
    made_at      timestamptz NOT NULL DEFAULT now(),
    confirmed_at timestamptz,           -- NULL: shown, but no code was given yet
    last_step    bigint NOT NULL DEFAULT 0      -- of the newest code taken: each counts once
);

CREATE TABLE recovery_code (
    person_no integer NOT NULL REFERENCES person,
    digest    text NOT NULL,            -- SHA-256 of 80 random bits
    used_at   timestamptz,
    PRIMARY KEY (person_no, digest)
);

ALTER TABLE api_token
    ADD COLUMN expires_at timestamptz,                  -- NULL: until it is revoked
    ADD COLUMN last_used_at timestamptz;                -- noted once a minute at most
CREATE INDEX api_token_person ON api_token (person_no);

-- Each event of the log in the order of their commits, with a hash over the event and the hash
-- before it: what is changed or taken out later no longer fits.
CREATE TABLE audit_chain (
    position bigint PRIMARY KEY CHECK (position > 0),
    event_no bigint NOT NULL UNIQUE,
    hash     bytea NOT NULL
);
CREATE INDEX audit_event_action ON audit_event (action, no);
CREATE INDEX audit_event_person ON audit_event (person_no, no);

-- an administrator's release counts as a good sign-in does
DROP INDEX audit_event_sign_in;
CREATE INDEX audit_event_sign_in ON audit_event (lower(subject), at)
    WHERE action IN ('sign_in', 'sign_in_failed', 'sign_in_released');
