-- name: list_holders
-- How many people hold a role at each grid of a level on a day, as far as the reader may see.
SELECT a.grid_no, a.role, count(DISTINCT a.person_no)::int AS people
FROM assignment a
JOIN person p ON p.no = a.person_no AND p.active
JOIN grid g ON g.no = a.grid_no AND g.depth = %(depth)s::smallint
WHERE a.valid_from <= %(on)s::date AND (a.valid_until IS NULL OR a.valid_until > %(on)s::date)
GROUP BY a.grid_no, a.role

-- name: count_targets_by_grid
-- Targets of a rule's classes and importance on a day, by the grid of the level that they lie in.
SELECT up.ancestor_no AS grid_no, count(*)::int AS targets
FROM target t
JOIN edition e ON e.state = 'active'
JOIN grid_chain up ON up.edition_no = e.no AND up.grid_no = t.grid_no
     AND up.depth = %(depth)s::smallint
WHERE t.kind = %(kind)s::text AND t.valid_from <= %(on)s::date
  AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date) AND NOT t.closed @> %(on)s::date
  AND (cardinality(%(classes)s::text[]) = 0 OR (
        SELECT c.class FROM target_class c WHERE c.target_no = t.no) = ANY (%(classes)s::text[]))
  AND (cardinality(%(importances)s::text[]) = 0 OR coalesce((
        SELECT c.class FROM unit_class c
        WHERE c.target_no = t.no AND c.scheme = 'importance' AND c.valid_from <= %(on)s::date
          AND (c.valid_until IS NULL OR c.valid_until > %(on)s::date)
        LIMIT 1), 'ordinary') = ANY (%(importances)s::text[]))
GROUP BY up.ancestor_no

-- name: list_grids
-- Of a level in the active edition, inside the reader's territory.
SELECT g.no, g.code, s.name, s.name_en
FROM edition e
JOIN grid_shape s ON s.edition_no = e.no
JOIN grid g ON g.no = s.grid_no AND g.depth = %(depth)s::smallint
WHERE e.state = 'active' AND g.no <@ (SELECT scope())
ORDER BY g.code
