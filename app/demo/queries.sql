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

-- name: insert_rounds
-- Completed rounds of blocks: of each period of so many days one, on a day and with a chance that
-- hang on the block alone, so that the same city comes out each time. Better blocks keep nearly all.
WITH round AS (
    SELECT t.no, t.grid_no, g.code, s.name, begins::date AS begins,
           md5(g.code || begins::date || %(programme)s::text) AS dice, md5(g.code) AS care
    FROM target t
    JOIN grid g ON g.no = t.grid_no AND g.depth = (SELECT max(depth) FROM level)
    JOIN edition e ON e.state = 'active'
    JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = g.no
    CROSS JOIN generate_series(%(first)s::date, %(last)s::date, make_interval(days => %(days)s::int))
               AS begins
    WHERE t.kind = 'grid'),
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
       day, person(), grid_no, edition_on(day), name, 'block', '', ARRAY[%(programme)s::text]
FROM kept WHERE day <= %(last)s::date
