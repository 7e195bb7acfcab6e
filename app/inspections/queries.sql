-- name: list_known_inspections
SELECT id, content FROM inspection WHERE id = ANY (%(ids)s::uuid[])

-- name: insert_inspections
INSERT INTO inspection (id, target_no, outcome, result, happened_at, happened_on, recorded_by,
                        grid_no, edition_no, before_first_edition, target_name, target_class,
                        external_id, content, batch_no) VALUES %s

-- name: list_inspections_of_target
SELECT i.id, i.happened_on, i.outcome, i.result, p.name AS recorded_by
FROM target t
JOIN inspection i ON i.target_no = t.no
LEFT JOIN person p ON p.no = i.recorded_by
WHERE t.no = %(target)s::bigint AND (i.happened_on, i.id::text) < (%(before)s::date, %(before_id)s::text)
  AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
ORDER BY i.happened_on DESC, i.id::text DESC LIMIT %(limit)s::int

-- name: last_inspection_within
-- The newest completed visit of each target, by its index, and the newest of those.
SELECT max(seen.happened_on)
FROM target t
CROSS JOIN LATERAL (
    SELECT i.happened_on FROM inspection i
    WHERE i.target_no = t.no AND i.outcome = 'done' AND i.happened_on <= %(on)s::date
      AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
    ORDER BY i.happened_on DESC LIMIT 1) seen
WHERE t.grid_no IN (SELECT c.grid_no FROM grid_chain c
                    JOIN edition e ON e.no = c.edition_no AND e.state = 'active'
                    WHERE c.ancestor_no = %(grid)s::int)
