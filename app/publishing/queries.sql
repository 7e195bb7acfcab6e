-- name: lock_locating
-- Imports hold this shared, a publication alone: no point is located by an edition that goes.
SELECT pg_advisory_xact_lock(57721566)

-- name: list_known_numbers
SELECT depth, code, no, span_end FROM grid

-- name: insert_grids
INSERT INTO grid (no, depth, code, span_end, kind) VALUES %s

-- name: insert_grid_shapes
INSERT INTO grid_shape (edition_no, grid_no, parent_no, name, name_en, geom, area_m2,
                        label_lon, label_lat)
SELECT d.edition_no, g.no, p.no, d.name, d.name_en, d.geom,
       ST_Area(d.geom::geography), label.lon, label.lat
FROM draft_shape d
JOIN grid g ON g.depth = d.depth AND g.code = d.code
LEFT JOIN grid p ON p.depth = d.depth - 1 AND p.code = d.parent_code
LEFT JOIN unnest(%(depths)s::smallint[], %(codes)s::text[], %(lon)s::float8[], %(lat)s::float8[])
     AS label (depth, code, lon, lat) ON label.depth = d.depth AND label.code = d.code
WHERE d.edition_no = %(edition)s::int

-- name: insert_establishment_shapes
-- Establishments that the edition does not hold yet: beside the grid of their level that their
-- unit's point touches, or below the one a level above. Those whose point touches neither are left
-- out.
INSERT INTO grid_shape (edition_no, grid_no, parent_no, name, label_lon, label_lat)
SELECT %(edition)s::int, g.no, CASE WHEN found.depth = g.depth THEN found.parent_no ELSE found.no END,
       left(u.name, 200), ST_X(lies.point), ST_Y(lies.point)
FROM establishment x
JOIN grid g ON g.no = x.grid_no
JOIN target t ON t.no = x.target_no AND t.merged_into IS NULL
     AND (t.valid_until IS NULL OR t.valid_until > current_date)
JOIN unit u ON u.target_no = t.no
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(t.geom) AS point) lies
CROSS JOIN LATERAL (
    SELECT a.no, a.depth, s.parent_no
    FROM grid_shape s JOIN grid a ON a.no = s.grid_no
    WHERE s.edition_no = %(edition)s::int AND ST_Intersects(s.geom, lies.point)
    ORDER BY a.depth DESC, a.code COLLATE "C" LIMIT 1) found
WHERE found.depth >= g.depth - 1
  AND NOT EXISTS (SELECT 1 FROM grid_shape held
                  WHERE held.edition_no = %(edition)s::int AND held.grid_no = g.no)

-- name: list_nodes
-- Every grid of the edition by level and code, with the code of its parent.
SELECT g.depth, g.code, p.code AS parent_code
FROM grid_shape s
JOIN grid g ON g.no = s.grid_no
LEFT JOIN grid p ON p.no = s.parent_no
WHERE s.edition_no = %(edition)s::int

-- name: list_known_codes
-- Of these codes those that a grid has on the level, with the unit that it is, if it is one. What
-- was an establishment once and is none any more may become one again.
SELECT g.code, u.id AS unit
FROM grid g
LEFT JOIN establishment x ON x.grid_no = g.no
LEFT JOIN unit u ON u.target_no = x.target_no
WHERE g.depth = %(depth)s::smallint AND g.code = ANY (%(codes)s::text[])
  AND (g.kind = 'area' OR u.id IS NOT NULL)

-- name: insert_establishments
INSERT INTO establishment (grid_no, target_no, made_by)
SELECT g.no, u.target_no, person()
FROM unit u JOIN grid g ON g.depth = %(depth)s::smallint AND g.code = u.id
WHERE u.id = ANY (%(codes)s::text[])

-- name: move_into_establishments
UPDATE target t SET grid_no = x.grid_no
FROM establishment x JOIN grid g ON g.no = x.grid_no
WHERE t.no = x.target_no AND t.grid_no <> x.grid_no
  AND g.depth = %(depth)s::smallint AND g.code = ANY (%(codes)s::text[])

-- name: insert_grid_chains
-- Of the grids that have none yet.
INSERT INTO grid_chain (edition_no, grid_no, depth, ancestor_no)
WITH RECURSIVE up AS (
    SELECT s.grid_no, s.grid_no AS ancestor_no, s.parent_no
    FROM grid_shape s WHERE s.edition_no = %(edition)s::int
      AND NOT EXISTS (SELECT 1 FROM grid_chain c
                      WHERE c.edition_no = s.edition_no AND c.grid_no = s.grid_no)
    UNION ALL
    SELECT up.grid_no, s.grid_no, s.parent_no
    FROM up JOIN grid_shape s ON s.edition_no = %(edition)s::int AND s.grid_no = up.parent_no)
SELECT %(edition)s::int, up.grid_no, g.depth, up.ancestor_no
FROM up JOIN grid g ON g.no = up.ancestor_no

-- name: retire_active
UPDATE edition SET state = 'retired', valid_until = %(day)s::date WHERE state = 'active'

-- name: activate
UPDATE edition
SET state = 'active', valid_from = %(day)s::date, digest = %(digest)s::text,
    accepted_warnings = %(warnings)s::int, published_at = now(), published_by = person()
WHERE no = %(edition)s::int

-- name: insert_edition_level
INSERT INTO edition_level (edition_no, depth, grids, min_zoom)
VALUES (%(edition)s::int, %(depth)s::smallint, %(grids)s::int, %(min_zoom)s::smallint)

-- name: insert_tile_shapes
INSERT INTO tile_shape (edition_no, depth, zoom, grid_no, geom) VALUES %s

-- name: delete_territories
DELETE FROM territory

-- name: insert_territories
INSERT INTO territory (grid_no, numbers) VALUES %s

-- name: find_broken_parents
SELECT l.key AS level, d.code, d.parent_code
FROM draft_shape d
JOIN level l ON l.depth = d.depth
LEFT JOIN draft_shape p ON p.edition_no = d.edition_no AND p.depth = d.depth - 1
     AND p.code = d.parent_code
WHERE d.edition_no = %(edition)s::int AND d.depth > 1 AND p.code IS NULL
ORDER BY d.depth, d.code LIMIT 5

-- name: list_parents
SELECT grid_no, parent_no FROM grid_shape WHERE edition_no = %(edition)s::int

-- name: keep_grid_targets
-- Grids are targets of visits too.
SELECT keep_grid_targets()

-- name: place_from
-- From which day on a target lies in the grid that it is given in this transaction.
SELECT set_config('gridward.placed_from', coalesce(%(day)s::date::text, ''), true)
