-- name: inspected_by_grid
-- For each grid of a level in the reader's territory: its units, and those with a completed
-- inspection in the days up to the date. A unit counts once, wherever below it lies.
WITH counted AS MATERIALIZED (     -- once, not once per grid
    SELECT t.grid_no, count(*) AS units,
           count(*) FILTER (WHERE EXISTS (
               SELECT 1 FROM inspection i
               WHERE i.target_no = ANY (CASE WHEN t.has_merged THEN ARRAY(
                         SELECT t.no UNION ALL SELECT m.no FROM target m
                         WHERE m.merged_into = t.no AND m.valid_until <= %(on)s::date)
                     ELSE ARRAY[t.no] END) AND i.outcome = 'done'
                 AND i.happened_on <= %(on)s::date
                 AND i.happened_on > %(on)s::date - %(days)s::int
                 AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
           )) AS inspected
    FROM target t
    WHERE t.kind = 'unit' AND t.grid_no > 0 AND t.valid_from <= %(on)s::date
      AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date) AND NOT t.closed @> %(on)s::date
    GROUP BY t.grid_no),
summed AS (
    -- added up before it meets the grids, those without units as zeros: a join of the two would
    -- be guessed far too small, and then loop
    SELECT part.no, sum(part.units)::int AS units, sum(part.inspected)::int AS inspected
    FROM (SELECT c.ancestor_no AS no, counted.units, counted.inspected
          FROM counted
          JOIN edition e ON e.state = 'active'
          JOIN grid_chain c ON c.edition_no = e.no AND c.grid_no = counted.grid_no
               AND c.depth = %(depth)s::smallint
          UNION ALL
          SELECT g.no, 0, 0
          FROM edition e
          JOIN grid_shape s ON s.edition_no = e.no
          JOIN grid g ON g.no = s.grid_no AND g.depth = %(depth)s::smallint
          WHERE e.state = 'active') part
    WHERE part.no <@ (SELECT scope())
    GROUP BY part.no)
SELECT g.no, g.code, s.name, s.name_en, summed.units, summed.inspected
FROM summed
JOIN edition e ON e.state = 'active'
JOIN grid g ON g.no = summed.no
JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = g.no
WHERE %(within)s::int IS NULL OR EXISTS (
        SELECT 1 FROM grid_chain up WHERE up.edition_no = e.no AND up.grid_no = g.no
        AND up.ancestor_no = %(within)s::int)
ORDER BY g.code

-- name: inspected_within
SELECT count(*)::int AS units,
       count(*) FILTER (WHERE EXISTS (
           SELECT 1 FROM inspection i
           WHERE i.target_no = ANY (CASE WHEN t.has_merged THEN ARRAY(
                         SELECT t.no UNION ALL SELECT m.no FROM target m
                         WHERE m.merged_into = t.no AND m.valid_until <= %(on)s::date)
                     ELSE ARRAY[t.no] END) AND i.outcome = 'done'
             AND i.happened_on <= %(on)s::date AND i.happened_on > %(on)s::date - %(days)s::int
             AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
       ))::int AS inspected
FROM target t
WHERE t.kind = 'unit' AND t.grid_no > 0 AND t.valid_from <= %(on)s::date
  AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date) AND NOT t.closed @> %(on)s::date
  AND (%(within)s::int IS NULL OR t.grid_no IN (
        SELECT c.grid_no FROM grid_chain c
        JOIN edition e ON e.no = c.edition_no AND e.state = 'active'
        WHERE c.ancestor_no = %(within)s::int))

-- name: units_directly_in
-- Units that lie in a grid but in none below it.
SELECT count(*)::int FROM target t
WHERE t.kind = 'unit' AND t.grid_no = %(grid)s::int AND t.valid_from <= %(on)s::date
  AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date) AND NOT t.closed @> %(on)s::date

-- name: grids_in_territory
SELECT no FROM unnest(%(grids)s::int[]) AS asked (no) WHERE no <@ (SELECT scope())
