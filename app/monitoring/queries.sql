-- name: data_health
SELECT (SELECT name FROM edition WHERE state = 'active') AS edition,
       (SELECT count(*) FROM grid) AS grids,
       (SELECT count(*) FROM target WHERE kind = 'unit') AS units,
       (SELECT count(*) FROM target WHERE grid_no = 0) AS without_grid,
       (SELECT max(recorded_at) FROM inspection) AS last_event,
       (SELECT count(*) FROM queue.job WHERE state IN ('queued', 'running')) AS jobs_waiting,
       (SELECT count(*) FROM queue.job WHERE state = 'failed') AS jobs_failed

-- name: alive
SELECT 1
