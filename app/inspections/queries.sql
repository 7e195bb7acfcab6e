-- name: list_known_inspections
SELECT i.id, i.content, EXISTS (
           SELECT 1 FROM inspection v WHERE v.supersedes = i.id AND v.outcome = 'voided') AS voided
FROM inspection i WHERE i.id = ANY (%(ids)s::uuid[])

-- name: insert_inspections
INSERT INTO inspection (id, target_no, outcome, result, happened_at, happened_on, recorded_by,
                        grid_no, edition_no, before_first_edition, target_name, target_class,
                        external_id, content, batch_no, programmes) VALUES %s

-- name: void_batch
-- At the moment and place of the visit itself: it is taken out of the same figures.
INSERT INTO inspection (id, target_no, outcome, happened_at, happened_on, recorded_by, grid_no,
                        edition_no, before_first_edition, target_name, target_class, supersedes,
                        content, batch_no)
SELECT gen_random_uuid(), i.target_no, 'voided', i.happened_at, i.happened_on, person(), i.grid_no,
       i.edition_no, i.before_first_edition, i.target_name, i.target_class, i.id, '', i.batch_no
FROM inspection i
WHERE i.batch_no = %(batch)s::int AND i.outcome <> 'voided'

-- name: list_inspections_of_target
-- With those of what was merged into it.
SELECT i.id, i.target_no, u.id AS unit_id, i.happened_on, i.outcome, i.result, i.note,
       i.checklists, i.answers, i.supersedes IS NOT NULL AS correction, p.name AS recorded_by,
       may_correct(i.recorded_by, t.grid_no) AS correctable
FROM target t
JOIN inspection i ON i.target_no = t.no
LEFT JOIN unit u ON u.target_no = t.no
LEFT JOIN person p ON p.no = i.recorded_by
WHERE (t.no = %(target)s::bigint OR t.merged_into = %(target)s::bigint) AND i.outcome <> 'voided'
  AND (i.happened_on, i.id::text) < (%(before)s::date, %(before_id)s::text)
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

-- name: find_day_of_inspection
SELECT happened_on FROM inspection WHERE id = %(id)s::uuid

-- name: list_inspections
-- Visits to units, by day and id: from the targets on, which carry the territory.
SELECT i.id, i.happened_at, i.happened_on, i.outcome, i.result, u.id AS unit,
       i.target_name AS name, i.external_id
FROM target t
JOIN unit u ON u.target_no = t.no
JOIN inspection i ON i.target_no = t.no
WHERE (%(unit)s::text IS NULL OR u.id = %(unit)s::text)
  AND (%(within)s::int IS NULL OR t.grid_no IN (
        SELECT c.grid_no FROM grid_chain c
        JOIN edition e ON e.no = c.edition_no AND e.state = 'active'
        WHERE c.ancestor_no = %(within)s::int))
  AND (%(since)s::date IS NULL OR i.happened_on >= %(since)s::date)
  AND (%(until)s::date IS NULL OR i.happened_on <= %(until)s::date)
  AND (%(outcome)s::text IS NULL OR i.outcome = %(outcome)s::text)
  AND (%(after_day)s::date IS NULL
       OR (i.happened_on, i.id) > (%(after_day)s::date, %(after)s::uuid))
  AND i.outcome <> 'voided'
  AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
ORDER BY i.happened_on, i.id LIMIT %(limit)s::int
