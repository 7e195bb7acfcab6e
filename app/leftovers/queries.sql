-- name: list_queued
-- What waits or was decided, in the order in which it came in, with the nearest of the grids that
-- have none below them. Degrees choose three, metres the nearest of these.
SELECT w.no, w.kind, q.id, q.name, q.address, w.state, w.batch_no, w.grid_no,
       ST_X(p.point) AS lon, ST_Y(p.point) AS lat, d.name AS decided_by, w.decided_at, w.reason,
       near.grid_no AS nearest_no, near.metres AS distance_m
FROM (
    SELECT no, kind, state, batch_no, grid_no, geom, decided_by, decided_at, reason
    FROM queued_target
    WHERE no > %(after)s::bigint AND state = ANY (%(states)s::text[])
      AND (%(kind)s::text IS NULL OR kind = %(kind)s::text)
      AND (%(batch)s::int IS NULL OR batch_no = %(batch)s::int)
      AND (%(numbers)s::bigint[] IS NULL OR no = ANY (%(numbers)s::bigint[]))
    ORDER BY no
    LIMIT %(limit)s::int) w
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(w.geom) AS point) p
JOIN queued_name q ON q.target_no = w.no
LEFT JOIN person d ON d.no = w.decided_by
LEFT JOIN LATERAL (
    SELECT c.grid_no, ST_Distance(c.geom::geography, p.point::geography) AS metres
    FROM (SELECT s.grid_no, s.geom FROM grid_shape s
          WHERE s.edition_no = %(edition)s::int AND NOT EXISTS (
              SELECT 1 FROM grid_shape b
              WHERE b.edition_no = s.edition_no AND b.parent_no = s.grid_no)
          ORDER BY s.geom <-> p.point
          LIMIT 3) c
    JOIN grid g ON g.no = c.grid_no
    ORDER BY round(ST_Distance(c.geom::geography, p.point::geography)::numeric, 1),
             g.code COLLATE "C"
    LIMIT 1) near ON w.geom IS NOT NULL
ORDER BY w.no

-- name: count_queued
SELECT count(*) FILTER (WHERE state = 'leftover') AS leftover,
       count(*) FILTER (WHERE state = 'unlocated') AS unlocated,
       count(*) FILTER (WHERE state = 'outside') AS outside,
       count(*) FILTER (WHERE state = 'placed') AS placed
FROM queued_target
WHERE (%(kind)s::text IS NULL OR kind = %(kind)s::text)
  AND (%(batch)s::int IS NULL OR batch_no = %(batch)s::int)

-- name: count_located
SELECT count(*) FROM target
WHERE grid_no > 0 AND kind IN ('unit', 'building', 'facility', 'hazard', 'place', 'road')
  AND merged_into IS NULL AND (valid_until IS NULL OR valid_until > current_date)

-- name: count_own_households
-- Of the reader's own imports; how many, never which.
SELECT count(*) FROM target
WHERE kind = 'household' AND grid_no = 0 AND imported_by = person()
  AND (valid_until IS NULL OR valid_until > current_date)

-- name: list_points
SELECT state, ST_X(p.point) AS lon, ST_Y(p.point) AS lat FROM queued_target
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(geom) AS point) p
WHERE geom IS NOT NULL AND state = ANY (%(states)s::text[])
  AND (%(kind)s::text IS NULL OR kind = %(kind)s::text)
  AND (%(batch)s::int IS NULL OR batch_no = %(batch)s::int)
LIMIT %(limit)s::int

-- name: list_batches
-- Whose rows are in the queue, the latest first.
SELECT b.no, b.file_name FROM import_batch b
WHERE b.no IN (SELECT batch_no FROM queued_target)
ORDER BY b.no DESC LIMIT 100

-- name: put_placements
INSERT INTO placement (target_no, grid_no, geom, decided_by, reason)
SELECT t.no, v.grid_no, t.geom, person(), v.reason
FROM (VALUES %s) AS v (no, grid_no, reason) JOIN target t ON t.no = v.no
ON CONFLICT (target_no) DO UPDATE
SET grid_no = excluded.grid_no, geom = excluded.geom, decided_by = excluded.decided_by,
    decided_at = now(), reason = excluded.reason

-- name: delete_placements
DELETE FROM placement WHERE target_no = ANY (%(numbers)s::bigint[])

-- name: insert_placement_events
INSERT INTO placement_event (target_no, kind, grid_no, recorded_by, reason) VALUES %s

-- name: move_targets
-- What was merged into a target lies where that lies.
UPDATE target t SET grid_no = v.grid_no
FROM (SELECT part.no, given.grid_no
      FROM (VALUES %s) AS given (no, grid_no)
      CROSS JOIN LATERAL (SELECT given.no UNION ALL
                          SELECT m.no FROM target m WHERE m.merged_into = given.no) part) v
WHERE t.no = v.no AND t.grid_no <> v.grid_no

-- name: list_claims
-- Grids that files named; settled ones are those whose located grid somebody kept.
SELECT t.no, t.kind, q.id, q.name, c.claimed, t.grid_no, ST_X(at.point) AS lon,
       ST_Y(at.point) AS lat, p.name AS settled_by, c.settled_at
FROM placement_claim c
JOIN target t ON t.no = c.target_no
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(t.geom) AS point) at
JOIN queued_name q ON q.target_no = t.no
LEFT JOIN person p ON p.no = c.settled_by
WHERE (c.settled_grid IS NOT DISTINCT FROM t.grid_no) = %(settled)s::boolean
  AND t.grid_no > 0 AND (t.valid_until IS NULL OR t.valid_until > current_date)
ORDER BY t.no

-- name: settle_claims
UPDATE placement_claim c
SET settled_grid = t.grid_no, settled_by = person(), settled_at = now()
FROM target t WHERE t.no = c.target_no AND c.target_no = ANY (%(numbers)s::bigint[])

-- name: reopen_claims
UPDATE placement_claim SET settled_grid = NULL, settled_by = NULL, settled_at = NULL
WHERE target_no = ANY (%(numbers)s::bigint[]) AND settled_at IS NOT NULL

-- name: count_above_deepest
-- For each grid that is not of the deepest level: what lies in it and in none below it.
SELECT t.grid_no, count(*) FILTER (WHERE t.kind = 'unit') AS units,
       count(*) FILTER (WHERE t.kind = 'building') AS buildings,
       count(*) FILTER (WHERE t.kind = 'facility') AS facilities,
       count(*) FILTER (WHERE t.kind = 'hazard') AS hazards,
       count(*) FILTER (WHERE t.kind = 'place') AS places,
       count(*) FILTER (WHERE t.kind = 'road') AS roads
FROM target t
JOIN grid g ON g.no = t.grid_no AND g.kind = 'area'
WHERE t.kind IN ('unit', 'building', 'facility', 'hazard', 'place', 'road') AND t.merged_into IS NULL
  AND (t.valid_until IS NULL OR t.valid_until > current_date)
  AND g.depth < (SELECT max(l.depth) FROM edition_level l WHERE l.edition_no = %(edition)s::int)
GROUP BY t.grid_no, g.depth, g.code
ORDER BY g.depth, g.code COLLATE "C"

-- name: list_above_deepest
SELECT t.kind, q.id, q.name, q.address, ST_X(p.point) AS lon, ST_Y(p.point) AS lat, t.grid_no
FROM target t
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(t.geom) AS point) p
JOIN grid g ON g.no = t.grid_no AND g.kind = 'area'
JOIN queued_name q ON q.target_no = t.no
WHERE t.merged_into IS NULL AND (t.valid_until IS NULL OR t.valid_until > current_date)
  AND g.depth < (SELECT max(l.depth) FROM edition_level l WHERE l.edition_no = %(edition)s::int)
  AND (%(grid)s::int IS NULL OR t.grid_no = %(grid)s::int)
ORDER BY t.grid_no, t.no
