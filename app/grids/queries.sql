-- name: find_city_name
SELECT value FROM setting WHERE key = 'city_name_' || %(language)s::text

-- name: set_city_name
INSERT INTO setting (key, value) VALUES ('city_name_' || %(language)s::text, %(name)s::text)
ON CONFLICT (key) DO UPDATE SET value = excluded.value

-- name: list_levels
SELECT depth, key, name_zh, name_en FROM level ORDER BY depth

-- name: count_grids
SELECT (SELECT count(*) FROM grid) + (SELECT count(*) FROM draft_shape)

-- name: delete_levels
DELETE FROM level

-- name: insert_level
INSERT INTO level (depth, key, name_zh, name_en)
VALUES (%(depth)s::smallint, %(key)s::text, %(name_zh)s::text, %(name_en)s::text)

-- name: rename_level
UPDATE level SET name_zh = %(name_zh)s::text, name_en = %(name_en)s::text
WHERE key = %(key)s::text

-- name: list_editions
SELECT no, name, state, valid_from, valid_until, digest, accepted_warnings
FROM edition ORDER BY valid_from NULLS LAST, no

-- name: find_edition
SELECT no, name, state, valid_from, valid_until, digest, accepted_warnings
FROM edition WHERE name = %(name)s::text

-- name: find_edition_on
-- A day before the first edition takes the first; one that held for no day is never taken.
SELECT no, name, state, valid_from, valid_until, digest, accepted_warnings
FROM edition
WHERE state <> 'draft'
  AND (valid_until IS NULL OR valid_until > greatest(%(on)s::date, valid_from))
ORDER BY valid_from LIMIT 1

-- name: lock_edition
-- Held by an import into a draft and by its publication: one waits for the other.
SELECT no, name, state, valid_from, valid_until, digest, accepted_warnings
FROM edition WHERE name = %(name)s::text FOR UPDATE

-- name: insert_draft
INSERT INTO edition (name) VALUES (%(name)s::text)
ON CONFLICT (name) DO NOTHING
RETURNING no, name, state, valid_from, valid_until, digest, accepted_warnings

-- name: copy_active_into_draft
INSERT INTO draft_shape (edition_no, depth, code, parent_code, name, name_en, geom)
SELECT %(draft)s::int, g.depth, g.code, p.code, s.name, s.name_en, s.geom
FROM grid_shape s
JOIN edition e ON e.no = s.edition_no AND e.state = 'active'
JOIN grid g ON g.no = s.grid_no AND g.kind = 'area'    -- establishments come by themselves
LEFT JOIN grid p ON p.no = s.parent_no

-- name: copy_active_faults_into_draft
INSERT INTO edition_fault
    (edition_no, depth, kind, severity, code, area_m2, lon, lat, detail, said)
SELECT %(draft)s::int, f.depth, f.kind, f.severity, f.code, f.area_m2, f.lon, f.lat, f.detail,
       f.said
FROM edition_fault f JOIN edition e ON e.no = f.edition_no AND e.state = 'active'

-- name: delete_draft_level
DELETE FROM draft_shape WHERE edition_no = %(edition)s::int AND depth = %(depth)s::smallint

-- name: insert_draft_shapes
INSERT INTO draft_shape (edition_no, depth, code, parent_code, name, name_en, geom) VALUES %s

-- name: list_draft_shapes
SELECT depth, code, parent_code, name, name_en, ST_AsBinary(geom) AS wkb
FROM draft_shape
WHERE edition_no = %(edition)s::int AND (%(depth)s::smallint IS NULL OR depth = %(depth)s::smallint)
ORDER BY depth, code

-- name: count_draft_shapes
SELECT depth, count(*) AS shapes FROM draft_shape
WHERE edition_no = %(edition)s::int GROUP BY depth ORDER BY depth

-- name: delete_draft_shapes
DELETE FROM draft_shape WHERE edition_no = %(edition)s::int

-- name: delete_faults
DELETE FROM edition_fault
WHERE edition_no = %(edition)s::int AND depth = %(depth)s::smallint
  AND (%(kinds)s::text[] IS NULL OR kind = ANY (%(kinds)s::text[]))

-- name: insert_faults
INSERT INTO edition_fault
    (edition_no, depth, kind, severity, code, area_m2, lon, lat, detail, said)
VALUES %s

-- name: list_faults
SELECT depth, kind, severity, code, area_m2, lon, lat, detail, said
FROM edition_fault WHERE edition_no = %(edition)s::int
ORDER BY severity, depth, area_m2 DESC NULLS LAST, no LIMIT %(limit)s::int

-- name: count_faults
SELECT kind, severity, count(*) AS faults, sum(area_m2) AS area_m2
FROM edition_fault WHERE edition_no = %(edition)s::int GROUP BY kind, severity ORDER BY severity, kind

-- name: list_shapes
-- Everything that locating needs of an edition, or of one level of it.
SELECT g.no, g.depth, g.code, ST_AsBinary(s.geom) AS wkb
FROM grid_shape s JOIN grid g ON g.no = s.grid_no
WHERE s.edition_no = %(edition)s::int AND s.geom IS NOT NULL
  AND (%(depth)s::smallint IS NULL OR g.depth = %(depth)s::smallint)
ORDER BY g.no

-- name: locate
-- The locating rule: the deepest grid that touches the point, then the lowest code.
SELECT g.no
FROM grid_shape s JOIN grid g ON g.no = s.grid_no
WHERE s.edition_no = %(edition)s::int
  AND ST_Intersects(s.geom, ST_SetSRID(ST_MakePoint(%(lon)s::float8, %(lat)s::float8), 4326))
ORDER BY g.depth DESC, g.code COLLATE "C" LIMIT 1

-- name: nearest_grid
SELECT g.no, l.key AS level, g.code, s.name, s.name_en,
       ST_Distance(s.geom::geography,
           ST_SetSRID(ST_MakePoint(%(lon)s::float8, %(lat)s::float8), 4326)::geography) AS distance_m
FROM grid_shape s JOIN grid g ON g.no = s.grid_no JOIN level l ON l.depth = g.depth
WHERE s.edition_no = %(edition)s::int AND g.depth = 1
ORDER BY distance_m, g.code COLLATE "C" LIMIT 1

-- name: list_chains
-- The grids above each of these, itself included, from the top down.
SELECT c.grid_no AS leaf_no, g.no, g.depth, l.key AS level, g.code, s.name, s.name_en, s.parent_no
FROM grid_chain c
JOIN grid g ON g.no = c.ancestor_no
JOIN level l ON l.depth = g.depth
JOIN grid_shape s ON s.edition_no = c.edition_no AND s.grid_no = c.ancestor_no
WHERE c.edition_no = %(edition)s::int AND c.grid_no = ANY (%(grids)s::int[])
ORDER BY c.grid_no, c.depth

-- name: find_grids_by_code
SELECT g.no, g.depth, l.key AS level, g.code, s.name, s.name_en, s.parent_no
FROM grid g
JOIN level l ON l.depth = g.depth
JOIN grid_shape s ON s.grid_no = g.no AND s.edition_no = %(edition)s::int
WHERE g.code = %(code)s::text AND (%(level)s::text IS NULL OR l.key = %(level)s::text)
ORDER BY g.depth LIMIT 2

-- name: list_grids
SELECT g.no, g.depth, l.key AS level, g.code, s.name, s.name_en, s.parent_no,
       s.area_m2, ST_AsGeoJSON(s.geom, 7) AS geometry
FROM grid_shape s
JOIN grid g ON g.no = s.grid_no
JOIN level l ON l.depth = g.depth
WHERE s.edition_no = %(edition)s::int
  AND (%(level)s::text IS NULL OR l.key = %(level)s::text)
  AND (%(within)s::int IS NULL OR EXISTS (
        SELECT 1 FROM grid_chain c WHERE c.edition_no = s.edition_no
        AND c.grid_no = s.grid_no AND c.ancestor_no = %(within)s::int))
  AND g.no > %(after)s::int
ORDER BY g.no LIMIT %(limit)s::int

-- name: find_grid_shape
SELECT s.area_m2, ST_AsGeoJSON(s.geom, 7) AS geometry,
       ST_XMin(seen.box) AS west, ST_YMin(seen.box) AS south, ST_XMax(seen.box) AS east,
       ST_YMax(seen.box) AS north,
       (SELECT count(*) FROM grid_shape k
        WHERE k.edition_no = s.edition_no AND k.parent_no = s.grid_no) AS children
FROM grid_shape s
CROSS JOIN LATERAL (        -- an establishment has no shape: some fifty metres around its place
    SELECT coalesce(s.geom, ST_Expand(ST_Point(s.label_lon, s.label_lat, 4326), 0.0005)) AS box) seen
WHERE s.edition_no = %(edition)s::int AND s.grid_no = %(grid)s::int

-- name: list_children
SELECT g.no, g.depth, l.key AS level, g.code, s.name, s.name_en, s.parent_no
FROM grid_shape s JOIN grid g ON g.no = s.grid_no JOIN level l ON l.depth = g.depth
WHERE s.edition_no = %(edition)s::int AND s.parent_no IS NOT DISTINCT FROM %(parent)s::int
ORDER BY g.code COLLATE "C"

-- name: bounds_of_grids
SELECT ST_XMin(box) AS west, ST_YMin(box) AS south, ST_XMax(box) AS east, ST_YMax(box) AS north
FROM (SELECT ST_Extent(coalesce(
             s.geom, ST_Expand(ST_Point(s.label_lon, s.label_lat, 4326), 0.0005))) AS box FROM grid_shape s JOIN grid g ON g.no = s.grid_no
      WHERE s.edition_no = %(edition)s::int
        AND CASE WHEN %(grids)s::int[] IS NULL THEN g.depth = 1
                 ELSE s.grid_no = ANY (%(grids)s::int[]) END) extent

-- name: list_edition_levels
SELECT l.depth, l.key, l.name_zh, l.name_en, e.grids, e.min_zoom
FROM edition_level e JOIN level l ON l.depth = e.depth
WHERE e.edition_no = %(edition)s::int ORDER BY l.depth

-- name: count_grids_without_anybody
SELECT l.key AS level, count(*) AS grids,
       count(*) FILTER (WHERE NOT EXISTS (
           SELECT 1 FROM assignment a WHERE a.grid_no = g.no AND a.valid_from <= current_date
           AND (a.valid_until IS NULL OR a.valid_until > current_date))) AS without_anybody
FROM edition e
JOIN grid_shape s ON s.edition_no = e.no
JOIN grid g ON g.no = s.grid_no
JOIN level l ON l.depth = g.depth
WHERE e.state = 'active' GROUP BY l.depth, l.key ORDER BY l.depth
