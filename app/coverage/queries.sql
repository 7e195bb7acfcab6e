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

-- name: coverage_kept
-- Of each grid of a level, inside a grid or anywhere: the counts kept of these due dates and what
-- they lack at this moment. Overdue is what is neither done nor within its grace any more.
WITH rule AS (
    SELECT DISTINCT a.no, a.own FROM unnest(%(rules)s::int[], %(owns)s::boolean[]) AS a (no, own)),
part AS MATERIALIZED (
    SELECT p.part_no, p.edition_no, p.grace_until, rule.own
    FROM asked_parts(%(rules)s::int[], %(sinces)s::date[], %(dues)s::date[], %(graces)s::date[],
                     %(as_of)s::date) p
    JOIN rule ON rule.no = p.rule_no),
inside AS MATERIALIZED (                -- numbers of what lies in a grid are near each other
    SELECT up.edition_no, up.grid_no FROM edition e
    JOIN grid_chain up ON up.edition_no = e.no AND up.ancestor_no = %(within)s::int),
counted AS (
    SELECT c.grid_no, part.own, part.grace_until, c.due, c.on_time, c.late, c.excluded
    FROM part
    JOIN coverage_count c ON c.part_no = part.part_no AND c.depth = %(depth)s::smallint
    WHERE %(within)s::int IS NULL
       OR (c.grid_no BETWEEN (SELECT min(grid_no) FROM inside) AND (SELECT max(grid_no) FROM inside)
           AND (part.edition_no, c.grid_no) IN (SELECT edition_no, grid_no FROM inside))
    UNION ALL
    SELECT up.ancestor_no, rule.own, l.grace_until, l.due, l.on_time, l.late, l.excluded
    FROM coverage_tail(%(rules)s::int[], %(sinces)s::date[], %(dues)s::date[], %(graces)s::date[],
                       %(as_of)s::date) l
    JOIN rule ON rule.no = l.rule_no
    JOIN grid_chain up ON up.edition_no = l.edition_no AND up.grid_no = l.grid_no
         AND up.depth = %(depth)s::smallint
    WHERE up.ancestor_no <@ (SELECT scope())
      AND (%(within)s::int IS NULL
           OR (up.edition_no, up.grid_no) IN (SELECT edition_no, grid_no FROM inside)))
SELECT counted.grid_no, counted.own, sum(counted.due)::int AS due,
       sum(counted.on_time)::int AS on_time, sum(counted.late)::int AS late,
       sum(CASE WHEN counted.grace_until < %(as_of)s::date
                THEN counted.due - counted.on_time - counted.late ELSE 0 END)::int AS overdue,
       sum(CASE WHEN counted.grace_until < %(as_of)s::date
                THEN 0 ELSE counted.due - counted.on_time - counted.late END)::int AS open,
       sum(counted.excluded)::int AS excluded
FROM counted
GROUP BY counted.grid_no, counted.own

-- name: coverage_live
-- The same counted anew from the visits: as of an instant, on the grids of then or of today.
WITH counted AS MATERIALIZED (          -- once a due date, not once a grid
    SELECT a.own, a.grace, n.grid_no, n.due, n.on_time, n.late, n.excluded,
           edition_on(CASE WHEN %(today)s::boolean THEN current_date ELSE a.due END) AS edition_no
    FROM unnest(%(rules)s::int[], %(sinces)s::date[], %(dues)s::date[], %(graces)s::date[],
                %(owns)s::boolean[]) AS a (no, since, due, grace, own)
    CROSS JOIN LATERAL duty_counts(a.no, a.since, a.due, a.grace, %(as_of)s::date,
                                   %(today)s::boolean) n)
SELECT up.ancestor_no AS grid_no, n.own, sum(n.due)::int AS due, sum(n.on_time)::int AS on_time,
       sum(n.late)::int AS late,
       sum(CASE WHEN n.grace < %(as_of)s::date
                THEN n.due - n.on_time - n.late ELSE 0 END)::int AS overdue,
       sum(CASE WHEN n.grace < %(as_of)s::date
                THEN 0 ELSE n.due - n.on_time - n.late END)::int AS open,
       sum(n.excluded)::int AS excluded
FROM counted n
JOIN grid_chain up ON up.edition_no = n.edition_no AND up.grid_no = n.grid_no
     AND up.depth = %(depth)s::smallint
WHERE up.ancestor_no <@ (SELECT scope())
GROUP BY up.ancestor_no, n.own

-- name: never_visited
-- Of each grid of a level: the targets due by these rules' last due dates that have never been
-- visited. A target of two rules counts once.
WITH never AS MATERIALIZED (
    SELECT a.own, n.target_no, n.grid_no,
           edition_on(CASE WHEN %(today)s::boolean THEN current_date ELSE a.due END) AS edition_no
    FROM unnest(%(rules)s::int[], %(sinces)s::date[], %(dues)s::date[], %(owns)s::boolean[])
         AS a (no, since, due, own)
    CROSS JOIN LATERAL never_visited(a.no, a.since, a.due, %(as_of)s::date, %(today)s::boolean) n)
SELECT up.ancestor_no AS grid_no, n.own, count(DISTINCT n.target_no)::int AS never
FROM never n
JOIN grid_chain up ON up.edition_no = n.edition_no AND up.grid_no = n.grid_no
     AND up.depth = %(depth)s::smallint
WHERE up.ancestor_no <@ (SELECT scope())
GROUP BY up.ancestor_no, n.own

-- name: list_grids_of_level
-- The grids of a level in the reader's territory, inside a grid or anywhere, as they were called on
-- the day.
SELECT g.no, g.code, s.name, s.name_en
FROM grid_shape s
JOIN grid g ON g.no = s.grid_no AND g.depth = %(depth)s::smallint
WHERE s.edition_no = edition_on(coalesce(%(on)s::date, current_date)) AND g.no <@ (SELECT scope())
  AND (%(within)s::int IS NULL OR EXISTS (
        SELECT 1 FROM grid_chain up WHERE up.edition_no = s.edition_no AND up.grid_no = g.no
        AND up.ancestor_no = %(within)s::int))
ORDER BY g.code

-- name: list_duties
-- The duties behind a figure, inside the reader's territory, by due date.
SELECT s.target_no, s.no AS rule_no, s.since, s.due AS due_on, s.grace AS grace_until, s.done_on,
       s.state,
       t.kind, t.id, t.name, t.name_en, here.code AS grid_code, place.name AS grid_name,
       place.name_en AS grid_name_en, there.key AS grid_level
FROM (SELECT a.no, a.since, a.due, a.grace, d.target_no, d.grid_no, d.done_on,
             edition_on(CASE WHEN %(today)s::boolean THEN current_date ELSE a.due END)
                 AS edition_no,
             CASE WHEN d.excluded THEN 'excluded'
                  WHEN d.done_on <= a.due THEN 'on_time'
                  WHEN d.done_on IS NOT NULL THEN 'late'
                  WHEN a.grace < %(as_of)s::date THEN 'overdue'
                  ELSE 'open' END AS state
      FROM unnest(%(rules)s::int[], %(sinces)s::date[], %(dues)s::date[], %(graces)s::date[])
           AS a (no, since, due, grace)
      CROSS JOIN LATERAL duty_states(
          a.no, a.since, a.due, a.grace, %(as_of)s::date, %(today)s::boolean) d) s
JOIN target_words t ON t.no = s.target_no
LEFT JOIN grid here ON here.no = s.grid_no
LEFT JOIN level there ON there.depth = here.depth
LEFT JOIN grid_shape place ON place.grid_no = s.grid_no AND place.edition_no = s.edition_no
WHERE EXISTS (                          -- else it is in no row of the level
        SELECT 1 FROM grid_chain up WHERE up.grid_no = s.grid_no AND up.edition_no = s.edition_no
        AND up.depth = %(depth)s::smallint)
  AND (%(within)s::int IS NULL OR EXISTS (
        SELECT 1 FROM grid_chain up WHERE up.grid_no = s.grid_no AND up.edition_no = s.edition_no
        AND up.ancestor_no = %(within)s::int))
  AND (%(state)s::text IS NULL OR s.state = %(state)s::text
       OR (%(state)s::text = 'due' AND s.state <> 'excluded')
       OR (%(state)s::text = 'done' AND s.state IN ('on_time', 'late')))
ORDER BY s.due, s.target_no, s.no
LIMIT %(limit)s::int OFFSET %(offset)s::int

-- name: list_never
-- The targets of these rules' last due dates that have never been visited; each once.
SELECT s.target_no, s.no AS rule_no, s.since, s.due AS due_on, s.grace AS grace_until,
       NULL::date AS done_on, 'never' AS state,
       t.kind, t.id, t.name, t.name_en, here.code AS grid_code, place.name AS grid_name,
       place.name_en AS grid_name_en, there.key AS grid_level
FROM (SELECT DISTINCT ON (n.target_no) a.no, a.since, a.due, a.grace, n.target_no, n.grid_no,
             edition_on(CASE WHEN %(today)s::boolean THEN current_date ELSE a.due END)
                 AS edition_no
      FROM unnest(%(rules)s::int[], %(sinces)s::date[], %(dues)s::date[], %(graces)s::date[])
           AS a (no, since, due, grace)
      CROSS JOIN LATERAL never_visited(
          a.no, a.since, a.due, %(as_of)s::date, %(today)s::boolean) n
      ORDER BY n.target_no, a.no) s
JOIN target_words t ON t.no = s.target_no
LEFT JOIN grid here ON here.no = s.grid_no
LEFT JOIN level there ON there.depth = here.depth
LEFT JOIN grid_shape place ON place.grid_no = s.grid_no AND place.edition_no = s.edition_no
WHERE EXISTS (                          -- else it is in no row of the level
        SELECT 1 FROM grid_chain up WHERE up.grid_no = s.grid_no AND up.edition_no = s.edition_no
        AND up.depth = %(depth)s::smallint)
  AND (%(within)s::int IS NULL OR EXISTS (
        SELECT 1 FROM grid_chain up WHERE up.grid_no = s.grid_no AND up.edition_no = s.edition_no
        AND up.ancestor_no = %(within)s::int))
  AND (t.kind <> 'household' OR t.id IS NOT NULL)
ORDER BY s.due, s.target_no
LIMIT %(limit)s::int OFFSET %(offset)s::int

-- name: count_checked
SELECT grid_no, own, confirmed, not_confirmed, unable
FROM checked_counts(%(rules)s::int[], %(sinces)s::date[], %(dues)s::date[], %(graces)s::date[],
                    %(owns)s::boolean[], %(depth)s::smallint, %(as_of)s::date, %(today)s::boolean,
                    %(within)s::int)

-- name: list_checked
-- Visits that a second person looked at again, the latest finding of each as of a day.
SELECT v.inspection_id, v.sample_no, t.kind, t.no AS target_no, i.happened_on,
       coalesce(u.name, r.name, h.building, s.name) AS name,
       CASE WHEN t.kind = 'grid' THEN s.name_en END AS name_en, here.name AS grid_name,
       here.name_en AS grid_name_en, found.kind AS result, found.how, found.note,
       found.happened_on AS checked_on, found.supersedes
FROM checked_visits(%(rules)s::int[], %(sinces)s::date[], %(dues)s::date[], %(graces)s::date[],
                    %(owns)s::boolean[], %(depth)s::smallint, %(as_of)s::date, %(today)s::boolean,
                    %(within)s::int) v
JOIN inspection i ON i.id = v.inspection_id
JOIN target t ON t.no = i.target_no
LEFT JOIN unit u ON u.target_no = t.no
LEFT JOIN register_row r ON r.target_no = t.no
LEFT JOIN household h ON h.target_no = t.no
LEFT JOIN edition e ON e.state = 'active'
LEFT JOIN grid_shape s ON t.kind = 'grid' AND s.edition_no = e.no AND s.grid_no = t.grid_no
LEFT JOIN grid_shape here ON here.edition_no = e.no AND here.grid_no = t.grid_no
CROSS JOIN LATERAL (
    SELECT f.kind, f.how, f.note, f.happened_on, f.supersedes FROM check_event f
    WHERE f.sample_no = v.sample_no AND f.inspection_id = v.inspection_id AND f.kind <> 'assigned'
      AND f.happened_on <= %(as_of)s::date
    ORDER BY f.no DESC LIMIT 1) found
ORDER BY i.happened_on DESC, v.inspection_id
LIMIT %(limit)s::int OFFSET %(offset)s::int

-- name: list_grids_of_others
-- Grids of a level in the reader's territory that hold a place where the reader does not answer for
-- persons.
SELECT g.no
FROM edition e
JOIN grid_shape s ON s.edition_no = e.no
JOIN grid g ON g.no = s.grid_no AND g.depth = %(depth)s::smallint
JOIN territory t ON t.grid_no = g.no
WHERE e.state = 'active' AND g.no <@ (SELECT scope()) AND NOT t.numbers <@ (SELECT person_scope())

-- name: fold_coverage
SELECT fold_coverage(%(rules)s::int[], %(sinces)s::date[], %(dues)s::date[], %(graces)s::date[],
                     %(months)s::date[], %(most)s::bigint) AS remaining

-- name: list_outlines
-- Shapes to draw of these grids, as paths in metres of the map's projection, north up.
WITH drawn AS (
    SELECT t.grid_no, t.geom
    FROM tile_shape t
    WHERE t.edition_no = edition_on(coalesce(%(on)s::date, current_date))
      AND t.depth = %(depth)s::smallint AND t.grid_no = ANY (%(grids)s::int[])
      AND t.zoom = (SELECT max(o.zoom) FROM tile_shape o          -- fine enough for a page
                    WHERE o.edition_no = t.edition_no AND o.depth = t.depth
                      AND o.zoom <= (SELECT min(c.zoom) + 3 FROM tile_shape c
                                     WHERE c.edition_no = t.edition_no AND c.depth = t.depth)))
SELECT grid_no, ST_AsSVG(geom, 0, 0) AS path, ST_XMin(geom) AS west, -ST_YMax(geom) AS north,
       ST_XMax(geom) AS east, -ST_YMin(geom) AS south
FROM drawn
