-- Progress and result of long work. The queue's own tables stand beside it in schema queue,
-- made by the queue library; neither holds data about persons or territory.

CREATE TABLE queue.job (
    no               integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    kind             text NOT NULL,
    arguments        jsonb NOT NULL,
    asked_by         integer NOT NULL,
    state            text NOT NULL DEFAULT 'queued'
                     CHECK (state IN ('queued', 'running', 'done', 'refused', 'failed', 'cancelled')),
    done             integer NOT NULL DEFAULT 0,
    total            integer NOT NULL DEFAULT 0,
    message          text NOT NULL DEFAULT '',
    result           jsonb,
    cancel_requested boolean NOT NULL DEFAULT false,
    attempts         smallint NOT NULL DEFAULT 0,   -- how often a worker began it
    created_at       timestamptz NOT NULL DEFAULT now(),
    finished_at      timestamptz
);
