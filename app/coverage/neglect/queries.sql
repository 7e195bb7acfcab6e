-- name: neglect_by_grid
-- Of each grid of a level with any: the targets of a kind, by the days since the last completed
-- visit that no later one corrects.
WITH seen AS MATERIALIZED (
    SELECT t.grid_no, %(on)s::date - (
               SELECT max(i.happened_on) FROM inspection i
               WHERE i.target_no = ANY (CASE WHEN t.has_merged THEN ARRAY(
                         SELECT t.no UNION ALL SELECT m.no FROM target m
                         WHERE m.merged_into = t.no AND m.valid_until <= %(on)s::date)
                     ELSE ARRAY[t.no] END)
                 AND i.outcome = 'done' AND i.happened_on <= %(on)s::date
                 AND (%(programme)s::text IS NULL OR i.programmes = '{}'
                      OR %(programme)s::text = ANY (i.programmes))
                 AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
           ) AS days
    FROM target t
    WHERE t.kind = %(kind)s::text AND t.grid_no > 0 AND t.valid_from <= %(on)s::date
      AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date) AND NOT t.closed @> %(on)s::date
      AND (%(class_key)s::text IS NULL OR %(class_key)s::text = (
              SELECT c.class FROM target_class c WHERE c.target_no = t.no))
      AND (t.kind <> 'household' OR EXISTS (
              SELECT 1 FROM household h
              WHERE h.target_no = t.no AND h.expires_on > %(on)s::date)))
SELECT up.ancestor_no AS grid_no, count(*)::int AS targets,
       count(*) FILTER (WHERE days <= 30)::int AS days_30,
       count(*) FILTER (WHERE days BETWEEN 31 AND 90)::int AS days_90,
       count(*) FILTER (WHERE days BETWEEN 91 AND 180)::int AS days_180,
       count(*) FILTER (WHERE days BETWEEN 181 AND 365)::int AS days_365,
       count(*) FILTER (WHERE days > 365)::int AS older,
       count(*) FILTER (WHERE days IS NULL)::int AS never,
       nullif(percentile_disc(0.5) WITHIN GROUP (ORDER BY coalesce(days, 2147483647)),
              2147483647) AS median,
       max(days) AS longest
FROM seen
JOIN edition e ON e.state = 'active'
JOIN grid_chain up ON up.edition_no = e.no AND up.grid_no = seen.grid_no
     AND up.depth = %(depth)s::smallint
WHERE up.ancestor_no <@ (SELECT scope())
GROUP BY up.ancestor_no

-- name: list_neglected
-- The targets behind a figure: those never visited first, then the longest ago.
SELECT s.no AS target_no, t.kind, t.id, t.name, t.name_en, s.last_on, s.days,
       l.key AS grid_level, g.code AS grid_code, gs.name AS grid_name, gs.name_en AS grid_name_en
FROM (
    SELECT seen.no, seen.grid_no, seen.last_on, %(on)s::date - seen.last_on AS days
    FROM (SELECT t.no, t.grid_no, (
               SELECT max(i.happened_on) FROM inspection i
               WHERE i.target_no = ANY (CASE WHEN t.has_merged THEN ARRAY(
                         SELECT t.no UNION ALL SELECT m.no FROM target m
                         WHERE m.merged_into = t.no AND m.valid_until <= %(on)s::date)
                     ELSE ARRAY[t.no] END)
                 AND i.outcome = 'done' AND i.happened_on <= %(on)s::date
                 AND (%(programme)s::text IS NULL OR i.programmes = '{}'
                      OR %(programme)s::text = ANY (i.programmes))
                 AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
           ) AS last_on
          FROM target t
          WHERE t.kind = %(kind)s::text AND t.grid_no > 0 AND t.valid_from <= %(on)s::date
            AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date)
            AND NOT t.closed @> %(on)s::date
            AND (%(class_key)s::text IS NULL OR %(class_key)s::text = (
                    SELECT c.class FROM target_class c WHERE c.target_no = t.no))
            AND (t.kind <> 'household' OR EXISTS (
                    SELECT 1 FROM household h
                    WHERE h.target_no = t.no AND h.expires_on > %(on)s::date))
            AND t.grid_no IN (
                    SELECT here.grid_no FROM grid_chain here
                    JOIN edition e ON e.no = here.edition_no AND e.state = 'active'
                    JOIN grid_chain inside ON inside.edition_no = e.no
                         AND inside.grid_no = here.grid_no
                    WHERE here.depth = %(depth)s::smallint
                      AND inside.ancestor_no = coalesce(%(within)s::int, here.ancestor_no))
         ) seen
    WHERE (%(never)s::boolean AND seen.last_on IS NULL)
       OR %(on)s::date - seen.last_on BETWEEN %(least)s::int AND %(most)s::int
    ORDER BY seen.last_on NULLS FIRST, seen.no LIMIT %(limit)s::int OFFSET %(offset)s::int) s
JOIN target_words t ON t.no = s.no
JOIN edition e ON e.state = 'active'
JOIN grid g ON g.no = s.grid_no
JOIN level l ON l.depth = g.depth
JOIN grid_shape gs ON gs.edition_no = e.no AND gs.grid_no = g.no
ORDER BY s.last_on NULLS FIRST, s.no
