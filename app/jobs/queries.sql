-- name: insert_job
INSERT INTO queue.job (kind, arguments, asked_by)
VALUES (%(kind)s::text, %(arguments)s::jsonb, %(asked_by)s::int)
RETURNING no

-- name: find_job
SELECT no, kind, arguments, asked_by, state, done, total, message, result, cancel_requested
FROM queue.job WHERE no = %(no)s::int

-- name: list_unfinished_jobs
SELECT no FROM queue.job WHERE state IN ('queued', 'running') ORDER BY no

-- name: list_recent_jobs
SELECT no, kind, arguments, asked_by, state, done, total, message, result, cancel_requested
FROM queue.job WHERE asked_by = %(person)s::int OR %(everyone)s::bool
ORDER BY no DESC LIMIT 20

-- name: latest_job_of_kind
SELECT no, kind, arguments, asked_by, state, done, total, message, result, cancel_requested
FROM queue.job WHERE kind = %(kind)s::text ORDER BY no DESC LIMIT 1

-- name: requeue_interrupted_jobs
-- Run once by a starting worker: what was running then is running no longer.
UPDATE queue.job SET state = 'queued', done = 0, message = '' WHERE state = 'running'

-- name: claim_job
UPDATE queue.job SET state = 'running' WHERE no = %(no)s::int AND state = 'queued'

-- name: update_progress
UPDATE queue.job
SET done = %(done)s::int, total = %(total)s::int, message = %(message)s::text
WHERE no = %(no)s::int
RETURNING cancel_requested

-- name: finish_job
UPDATE queue.job
SET state = %(state)s::text, message = %(message)s::text, result = %(result)s::jsonb,
    finished_at = now(), done = CASE WHEN %(state)s::text = 'done' THEN total ELSE done END
WHERE no = %(no)s::int

-- name: request_cancel
UPDATE queue.job SET cancel_requested = true,
    state = CASE WHEN state = 'queued' THEN 'cancelled' ELSE state END
WHERE no = %(no)s::int AND state IN ('queued', 'running')
