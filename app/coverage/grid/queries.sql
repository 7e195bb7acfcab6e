-- name: list_last_visits
-- The newest visit that no later one corrects of each target in a grid, the newest first.
WITH newest AS (
    SELECT t.no, seen.happened_on, seen.outcome, seen.recorded_by
    FROM target t
    CROSS JOIN LATERAL (
        SELECT i.happened_on, i.outcome, i.recorded_by
        FROM inspection i
        WHERE i.target_no = t.no AND i.outcome <> 'voided' AND i.happened_on <= %(on)s::date
          AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
        ORDER BY i.happened_on DESC LIMIT 1) seen
    WHERE t.grid_no IN (SELECT c.grid_no FROM grid_chain c
                        JOIN edition e ON e.no = c.edition_no AND e.state = 'active'
                        WHERE c.ancestor_no = %(grid)s::int)
      AND (t.kind <> 'household'
           OR EXISTS (SELECT 1 FROM household h WHERE h.target_no = t.no))
    ORDER BY seen.happened_on DESC, t.no LIMIT %(limit)s::int)
SELECT t.no AS target_no, t.kind, t.id, t.name, t.name_en, newest.happened_on, newest.outcome,
       p.name AS recorded_by
FROM newest
JOIN target_words t ON t.no = newest.no
LEFT JOIN person p ON p.no = newest.recorded_by
ORDER BY newest.happened_on DESC, t.no
