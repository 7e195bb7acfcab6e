-- How an uploaded file is to be read, step by step, until it is written or given up. What the
-- file holds stays beside the file itself and is never kept here.

CREATE TABLE import_plan (
    no          integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    register    text NOT NULL CHECK (length(register) BETWEEN 1 AND 40),
    path        text NOT NULL,                  -- of the upload, until it is written
    file_name   text NOT NULL CHECK (length(file_name) BETWEEN 1 AND 200),
    file_sha256 text NOT NULL,
    reading     jsonb NOT NULL DEFAULT '{}',    -- encoding, sheet, header
    columns     jsonb NOT NULL DEFAULT '{}',    -- which column holds what
    crs         text CHECK (length(crs) <= 2000),
    step        text NOT NULL DEFAULT 'reading' CHECK (step IN (
                    'reading', 'columns', 'place', 'check', 'written', 'discarded')),
    job_no      integer,                        -- the work that was asked for last
    job_step    text,                           -- and what it is to bring
    batch_no    integer REFERENCES import_batch,
    corrects    integer REFERENCES import_plan, -- whose failed rows this file brings again
    created_by  integer NOT NULL REFERENCES person,
    created_at  timestamptz NOT NULL DEFAULT now()
);
CREATE INDEX import_plan_created ON import_plan (created_by, no);
CREATE INDEX import_plan_batch ON import_plan (batch_no) WHERE batch_no IS NOT NULL;

-- What a person chose for files with just these columns, so that nothing is chosen twice.
CREATE TABLE import_mapping (
    register      text NOT NULL,
    header_digest text NOT NULL,
    columns       jsonb NOT NULL,
    crs           text,
    chosen_by     integer NOT NULL REFERENCES person,
    chosen_at     timestamptz NOT NULL DEFAULT now(),
    PRIMARY KEY (register, header_digest)
);
