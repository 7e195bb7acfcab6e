-- name: insert_plan
INSERT INTO import_plan (register, path, file_name, file_sha256, reading, columns, crs, step,
                         corrects, created_by)
VALUES (%(register)s::text, %(path)s::text, %(file_name)s::text, %(file_sha256)s::text,
        %(reading)s::jsonb, %(columns)s::jsonb, %(crs)s::text, %(step)s::text,
        %(corrects)s::int, person())
RETURNING no

-- name: find_plan
SELECT no, register, path, file_name, file_sha256, reading, columns, crs, step, job_no, job_step,
       batch_no, corrects, created_by, created_at
FROM import_plan WHERE no = %(no)s::int

-- name: list_open_plans
-- What was begun and neither written nor given up, the latest first.
SELECT no, register, path, file_name, file_sha256, reading, columns, crs, step, job_no, job_step,
       batch_no, corrects, created_by, created_at
FROM import_plan WHERE step NOT IN ('written', 'discarded') AND created_by = person()
ORDER BY no DESC LIMIT 20

-- name: list_plans_with_files
-- Of which something is left among the uploads.
SELECT no, register, path, created_at FROM import_plan WHERE path <> ''

-- name: update_plan
UPDATE import_plan
SET path = %(path)s::text, reading = %(reading)s::jsonb, columns = %(columns)s::jsonb,
    crs = %(crs)s::text, step = %(step)s::text, job_no = %(job_no)s::int,
    job_step = %(job_step)s::text, batch_no = %(batch_no)s::int
WHERE no = %(no)s::int

-- name: find_plan_of_batch
SELECT no, register, path, file_name, file_sha256, reading, columns, crs, step, job_no, job_step,
       batch_no, corrects, created_by, created_at
FROM import_plan WHERE batch_no = %(batch)s::int

-- name: remember_mapping
INSERT INTO import_mapping (register, header_digest, columns, crs, chosen_by)
VALUES (%(register)s::text, %(digest)s::text, %(columns)s::jsonb, %(crs)s::text, person())
ON CONFLICT (register, header_digest) DO UPDATE
SET columns = excluded.columns, crs = excluded.crs, chosen_by = excluded.chosen_by,
    chosen_at = now()

-- name: find_mapping
SELECT columns, crs FROM import_mapping
WHERE register = %(register)s::text AND header_digest = %(digest)s::text

-- name: list_batches_of_file
-- Batches that hold a file's very bytes and still stand.
SELECT b.no, b.imported_at, p.name AS imported_by
FROM import_batch b LEFT JOIN person p ON p.no = b.imported_by
WHERE b.file_sha256 = %(sha256)s::text AND b.kind = %(kind)s::text AND b.undone_at IS NULL
ORDER BY b.no DESC LIMIT 5

-- name: list_batches
SELECT b.no, b.kind, b.file_name, b.file_sha256, b.source_crs, b.imported_at, b.counts,
       p.name AS imported_by, b.undone_at, u.name AS undone_by
FROM import_batch b
LEFT JOIN person p ON p.no = b.imported_by
LEFT JOIN person u ON u.no = b.undone_by
WHERE b.no < %(before)s::int
ORDER BY b.no DESC LIMIT %(limit)s::int

-- name: find_batch
SELECT b.no, b.kind, b.file_name, b.file_sha256, b.source_crs, b.imported_at, b.counts,
       p.name AS imported_by, b.undone_at, u.name AS undone_by
FROM import_batch b
LEFT JOIN person p ON p.no = b.imported_by
LEFT JOIN person u ON u.no = b.undone_by
WHERE b.no = %(no)s::int

-- name: count_rows_of_batch
-- What stands of a batch today: rows that no later one wrote over, and its visits.
SELECT (SELECT count(*) FROM target WHERE batch_no = %(no)s::int) AS targets,
       (SELECT count(*) FROM inspection i WHERE i.batch_no = %(no)s::int
          AND NOT EXISTS (SELECT 1 FROM inspection l
                          WHERE l.supersedes = i.id AND l.outcome = 'voided')) AS visits

-- name: find_batch_of_this_transaction
-- The batch that was just written: nothing else of this person began at this very moment.
SELECT max(no) FROM import_batch WHERE imported_by = person() AND imported_at = now()

-- name: delete_other_claims
-- Rows of a file that now agree with their point, or name no grid.
DELETE FROM placement_claim
WHERE target_no = ANY (%(numbers)s::bigint[]) AND target_no <> ALL (%(claiming)s::bigint[])

-- name: put_claims
-- The same claim once more stays as it was settled.
INSERT INTO placement_claim (target_no, claimed, batch_no)
SELECT v.no, v.claimed, (SELECT max(b.no) FROM import_batch b
                         WHERE b.imported_by = person() AND b.imported_at = now())
FROM (VALUES %s) AS v (no, claimed)
ON CONFLICT (target_no) DO UPDATE
SET claimed = excluded.claimed, batch_no = excluded.batch_no, settled_grid = NULL,
    settled_by = NULL, settled_at = NULL
WHERE placement_claim.claimed <> excluded.claimed

-- name: delete_claims_of_batch
DELETE FROM placement_claim WHERE batch_no = %(batch)s::int
