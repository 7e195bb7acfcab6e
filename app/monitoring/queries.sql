-- name: data_health
SELECT (SELECT name FROM edition WHERE state = 'active') AS edition,
       (SELECT count(*) FROM grid) AS grids,
       (SELECT count(*) FROM target WHERE kind = 'unit') AS units,
       (SELECT count(*) FROM target WHERE grid_no = 0) AS without_grid,
       (SELECT count(*) FROM assignment a JOIN person p ON p.no = a.person_no AND p.active
        WHERE a.grid_no IS NOT NULL AND a.valid_from <= current_date
          AND (a.valid_until IS NULL OR a.valid_until > current_date)
          AND NOT EXISTS (SELECT 1 FROM grid_shape s JOIN edition e ON e.no = s.edition_no
                          WHERE e.state = 'active' AND s.grid_no = a.grid_no)
       ) AS assignments_without_grid,
       (SELECT max(recorded_at) FROM inspection) AS last_event,
       (SELECT count(*) FROM queue.job WHERE state IN ('queued', 'running')) AS jobs_waiting,
       (SELECT count(*) FROM queue.job WHERE state = 'failed') AS jobs_failed

-- name: alive
SELECT 1
