-- name: find_stage
SELECT value FROM setting WHERE key = 'demo_stage'

-- name: set_stage
INSERT INTO setting (key, value) VALUES ('demo_stage', %(value)s::text)
ON CONFLICT (key) DO UPDATE SET value = excluded.value

-- name: has_data
SELECT EXISTS (SELECT 1 FROM level) OR EXISTS (SELECT 1 FROM person WHERE kind = 'person')

-- name: delete_backdrop
DELETE FROM backdrop

-- name: insert_backdrop
INSERT INTO backdrop (kind, rank, name, name_en, geom) VALUES %s

-- name: list_near_units
-- The first units by their number where the reader is chief.
SELECT t.no FROM target t JOIN unit u ON u.target_no = t.no
WHERE t.kind = 'unit' AND t.valid_until IS NULL AND isempty(t.closed)
ORDER BY t.no LIMIT %(limit)s::int

-- name: insert_rounds
-- Completed rounds of what has these classes: of each period of so many days one, on a day and with
-- a chance that hang on the thing and its block alone, so that the same city comes out each time.
-- Better blocks keep nearly all.
WITH looked_at AS (
    SELECT t.no, t.grid_no, g.code, g.code AS id, s.name, 'block' AS class
    FROM target t
    JOIN grid g ON g.no = t.grid_no AND g.depth = (SELECT max(depth) FROM level)
    JOIN edition e ON e.state = 'active'
    JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = g.no
    WHERE t.kind = 'grid'
    UNION ALL
    SELECT p.target_no, p.grid_no, g.code, p.kind || p.id, p.name, p.class
    FROM place p JOIN grid g ON g.no = p.grid_no),
round AS (
    SELECT l.no, l.grid_no, l.name, l.class, begins::date AS begins,
           md5(l.id || begins::date || %(programme)s::text) AS dice, md5(l.code) AS care
    FROM looked_at l
    CROSS JOIN generate_series(%(first)s::date, %(last)s::date, make_interval(days => %(days)s::int))
               AS begins
    WHERE l.class = ANY (%(classes)s::text[])),
kept AS (
    SELECT *, begins + mod(('x' || substr(dice, 1, 4))::bit(16)::int, %(days)s::int) AS day
    FROM round
    WHERE ('x' || substr(dice, 5, 4))::bit(16)::int / 65536.0
          < 0.5 + 0.48 * sqrt(('x' || substr(care, 1, 4))::bit(16)::int / 65536.0))
INSERT INTO inspection (id, target_no, outcome, happened_at, happened_on, recorded_by, grid_no,
                        edition_no, target_name, target_class, content, programmes)
SELECT dice::uuid, no, 'done',
       (day + make_interval(hours => 9, mins => ('x' || substr(dice, 9, 2))::bit(8)::int))
           AT TIME ZONE current_setting('TimeZone'),
       day, person(), grid_no, edition_on(day), name, class, '', ARRAY[%(programme)s::text]
FROM kept WHERE day <= %(last)s::date
