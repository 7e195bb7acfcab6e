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
-- Run once by a starting worker: what was running then is running no longer. What ended its
-- worker twice is not tried a third time.
UPDATE queue.job
SET state = CASE WHEN attempts < 2 THEN 'queued' ELSE 'failed' END, done = 0,
    message = CASE WHEN attempts < 2 THEN '' ELSE %(message)s::text END
WHERE state = 'running'

-- name: wait_to_be_the_only_worker
-- Held by the session until it ends: a second worker waits here.
SELECT pg_advisory_lock(31415926)

-- name: claim_job
UPDATE queue.job SET state = 'running', attempts = attempts + 1 WHERE no = %(no)s::int AND state = 'queued'

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
