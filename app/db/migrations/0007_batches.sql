-- Every register through one import; a batch can be taken back.

ALTER TABLE target DROP CONSTRAINT target_kind_check;
ALTER TABLE target ADD CONSTRAINT target_kind_check CHECK (
    kind IN ('unit', 'household', 'facility', 'hazard', 'place', 'building', 'road', 'grid'));

-- further columns of the file that somebody asked to keep: label → text
ALTER TABLE unit ADD COLUMN details jsonb NOT NULL DEFAULT '{}';

ALTER TABLE import_batch ADD COLUMN undone_at timestamptz;
ALTER TABLE import_batch ADD COLUMN undone_by integer REFERENCES person;
ALTER TABLE import_batch ADD CHECK ((undone_at IS NULL) = (undone_by IS NULL));

-- What a batch of a register wrote over. It outlives the target, so it refers to none.
CREATE TABLE batch_former (
    batch_no  integer NOT NULL REFERENCES import_batch,
    target_no bigint NOT NULL,
    former    jsonb,                    -- NULL: the batch created this target
    PRIMARY KEY (batch_no, target_no)
);
CREATE INDEX batch_former_target ON batch_former (target_no);

-- A batch of visits is taken back by one `voided` event for each, which supersedes it.
ALTER TABLE inspection DROP CONSTRAINT inspection_outcome_check;
ALTER TABLE inspection ADD CONSTRAINT inspection_outcome_check CHECK (
    outcome IN ('done', 'locked', 'refused', 'moved', 'closed', 'not_found', 'duplicate',
                'voided'));
ALTER TABLE inspection ADD CHECK (outcome <> 'voided' OR supersedes IS NOT NULL);
CREATE INDEX inspection_batch ON inspection (batch_no) WHERE batch_no IS NOT NULL;
