-- name: grid_tile
-- Shapes of one level, simplified for the zoom, and one label point each. The same for everybody.
-- The best zoom is a smallint as its column is: the index on shapes compares it with nothing else.
WITH tile AS (SELECT ST_TileEnvelope(%(z)s::int, %(x)s::int, %(y)s::int) AS box),
zooms AS (
    SELECT coalesce((SELECT min(zoom) FROM tile_shape
                     WHERE edition_no = %(edition)s::int AND depth = %(depth)s::smallint
                       AND zoom >= %(z)s::int), (-1)::smallint) AS best),
shapes AS (
    SELECT t.grid_no, t.geom FROM tile_shape t, zooms, tile
    WHERE t.edition_no = %(edition)s::int AND t.depth = %(depth)s::smallint
      AND t.zoom = zooms.best AND t.geom && tile.box
    UNION ALL
    SELECT s.grid_no, ST_Transform(s.geom, 3857) FROM grid_shape s, zooms, tile, grid g
    WHERE zooms.best = -1 AND s.edition_no = %(edition)s::int AND g.no = s.grid_no
      AND g.depth = %(depth)s::smallint AND s.geom && ST_Transform(tile.box, 4326)),
grids AS (
    SELECT ST_AsMVTGeom(shapes.geom, tile.box, 4096, 64, true) AS geom, shapes.grid_no,
           g.code, s.name, s.name_en, s.parent_no AS parent
    FROM shapes CROSS JOIN tile
    JOIN grid g ON g.no = shapes.grid_no
    JOIN grid_shape s ON s.edition_no = %(edition)s::int AND s.grid_no = shapes.grid_no),
labels AS (
    SELECT ST_AsMVTGeom(ST_Transform(ST_SetSRID(ST_MakePoint(s.label_lon, s.label_lat), 4326), 3857),
                        tile.box, 4096, 0, true) AS geom, g.no AS grid_no,
           g.code, s.name, s.name_en, s.parent_no AS parent, round(s.area_m2)::bigint AS area
    FROM grids drawn CROSS JOIN tile
    JOIN grid g ON g.no = drawn.grid_no
    JOIN grid_shape s ON s.edition_no = %(edition)s::int AND s.grid_no = g.no
    WHERE s.label_lon IS NOT NULL
      AND ST_SetSRID(ST_MakePoint(s.label_lon, s.label_lat), 4326)
          && ST_Transform(tile.box, 4326))
SELECT coalesce((SELECT ST_AsMVT(grids, 'grids', 4096, 'geom', 'grid_no') FROM grids
                 WHERE geom IS NOT NULL), ''::bytea)
    || coalesce((SELECT ST_AsMVT(labels, 'labels', 4096, 'geom', 'grid_no') FROM labels
                 WHERE geom IS NOT NULL), ''::bytea)

-- name: backdrop_tile
WITH tile AS (SELECT ST_TileEnvelope(%(z)s::int, %(x)s::int, %(y)s::int) AS box,
                     40075016.68 / (512 * 2 ^ %(z)s::int) AS pixel),
water AS (
    SELECT ST_AsMVTGeom(ST_SimplifyPreserveTopology(b.geom, tile.pixel / 2), tile.box, 4096, 64,
                        true) AS geom, b.no, b.name, b.name_en
    FROM backdrop b, tile WHERE b.kind = 'water' AND b.geom && tile.box),
road AS (
    SELECT ST_AsMVTGeom(ST_Simplify(b.geom, tile.pixel / 2, true), tile.box, 4096, 64, true) AS geom,
           b.no, b.rank, b.name, b.name_en
    FROM backdrop b, tile
    WHERE b.kind = 'road' AND b.geom && tile.box AND b.rank <= greatest(1, %(z)s::int - 10))
SELECT coalesce((SELECT ST_AsMVT(water, 'water', 4096, 'geom', 'no') FROM water
                 WHERE geom IS NOT NULL), ''::bytea)
    || coalesce((SELECT ST_AsMVT(road, 'road', 4096, 'geom', 'no') FROM road
                 WHERE geom IS NOT NULL), ''::bytea)

-- name: unit_points_tile
-- Single units near by. The range of tile keys, not the shape, reaches an index under a policy.
WITH tile AS (SELECT ST_TileEnvelope(%(z)s::int, %(x)s::int, %(y)s::int) AS box),
units AS (
    SELECT ST_AsMVTGeom(ST_Transform(t.geom, 3857), tile.box, 4096, 64, true) AS geom,
           t.no, u.name, u.class,
           (EXISTS (SELECT 1 FROM inspection i
                    WHERE i.target_no = ANY (CASE WHEN t.has_merged THEN ARRAY(
                    SELECT t.no UNION ALL SELECT m.no FROM target m
                    WHERE m.merged_into = t.no AND m.valid_until <= %(on)s::date)
                ELSE ARRAY[t.no] END) AND i.outcome = 'done'
                      AND i.happened_on <= %(on)s::date
                      AND i.happened_on > %(on)s::date - %(days)s::int
                      AND NOT EXISTS (SELECT 1 FROM inspection l WHERE l.supersedes = i.id)
           ))::int AS inspected
    FROM tile, target t JOIN unit u ON u.target_no = t.no
    WHERE t.tile_key BETWEEN %(first)s::bigint AND %(last)s::bigint AND t.kind = 'unit'
      AND t.valid_from <= %(on)s::date
      AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date) AND NOT t.closed @> %(on)s::date)
SELECT coalesce(ST_AsMVT(units, 'units', 4096, 'geom', 'no'), ''::bytea) FROM units
WHERE geom IS NOT NULL

-- name: register_points_tile
-- Single rows of another register near by.
WITH tile AS (SELECT ST_TileEnvelope(%(z)s::int, %(x)s::int, %(y)s::int) AS box),
points AS (
    SELECT ST_AsMVTGeom(ST_Transform(ST_PointOnSurface(t.geom), 3857), tile.box, 4096, 64, true) AS geom,
           t.no, r.name, r.class, r.state, r.floors, (r.test_due < %(on)s::date)::int AS overdue
    FROM tile, target t JOIN register_row r ON r.target_no = t.no AND r.kind = %(kind)s::text
    WHERE t.tile_key BETWEEN %(first)s::bigint AND %(last)s::bigint AND t.kind = %(kind)s::text
      AND t.valid_from <= %(on)s::date
      AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date)
      AND (r.found_on IS NULL OR r.found_on <= %(on)s::date))
SELECT coalesce(ST_AsMVT(points, 'points', 4096, 'geom', 'no'), ''::bytea) FROM points
WHERE geom IS NOT NULL

-- name: register_shapes_tile
-- Lines and areas near by, in every tile that they cross.
WITH tile AS (SELECT box, ST_Transform(box, 4326) AS part
              FROM ST_TileEnvelope(%(z)s::int, %(x)s::int, %(y)s::int) AS box),
shapes AS (
    SELECT ST_AsMVTGeom(ST_Transform(t.geom, 3857), tile.box, 4096, 64, true) AS geom,
           t.no, r.name, r.class
    FROM tile, target t JOIN register_row r ON r.target_no = t.no AND r.kind = %(kind)s::text
    WHERE t.kind = %(kind)s::text AND ST_Dimension(t.geom) > 0 AND t.geom && tile.part
      AND t.valid_from <= %(on)s::date AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date))
SELECT coalesce(ST_AsMVT(shapes, 'shapes', 4096, 'geom', 'no'), ''::bytea) FROM shapes
WHERE geom IS NOT NULL

-- name: register_clusters_tile
-- From afar: counts per cell, and how many of them ask for somebody.
WITH tile AS (SELECT ST_TileEnvelope(%(z)s::int, %(x)s::int, %(y)s::int) AS box),
cells AS (
    SELECT t.tile_key >> %(shift)s::int AS cell, count(*)::int AS count,
           count(*) FILTER (WHERE r.test_due < %(on)s::date
               OR r.state IN ('faulty', 'out_of_service', 'reported', 'open', 'corrected')
           )::int AS marked,
           avg(ST_X(p.point)) AS lon, avg(ST_Y(p.point)) AS lat, min(t.no) AS no
    FROM target t JOIN register_row r ON r.target_no = t.no AND r.kind = %(kind)s::text
    CROSS JOIN LATERAL (SELECT ST_PointOnSurface(t.geom) AS point) p
    WHERE t.tile_key BETWEEN %(first)s::bigint AND %(last)s::bigint AND t.kind = %(kind)s::text
      AND t.valid_from <= %(on)s::date
      AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date)
      AND (r.found_on IS NULL OR r.found_on <= %(on)s::date)
    GROUP BY 1),
points AS (
    SELECT ST_AsMVTGeom(ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 3857), tile.box,
                        4096, 64, true) AS geom, no, count, marked
    FROM cells, tile)
SELECT coalesce(ST_AsMVT(points, 'points', 4096, 'geom', 'no'), ''::bytea) FROM points
WHERE geom IS NOT NULL

-- name: unit_clusters_tile
-- From afar: counts per cell of the tile key, at the mean place of what they count.
WITH tile AS (SELECT ST_TileEnvelope(%(z)s::int, %(x)s::int, %(y)s::int) AS box),
cells AS (
    SELECT t.tile_key >> %(shift)s::int AS cell, count(*)::int AS count,
           avg(ST_X(t.geom)) AS lon, avg(ST_Y(t.geom)) AS lat, min(t.no) AS no
    FROM target t
    WHERE t.tile_key BETWEEN %(first)s::bigint AND %(last)s::bigint AND t.kind = 'unit'
      AND t.valid_from <= %(on)s::date
      AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date) AND NOT t.closed @> %(on)s::date
    GROUP BY 1),
units AS (
    SELECT ST_AsMVTGeom(ST_Transform(ST_SetSRID(ST_MakePoint(lon, lat), 4326), 3857), tile.box,
                        4096, 64, true) AS geom, no, count, true AS cluster
    FROM cells, tile)
SELECT coalesce(ST_AsMVT(units, 'units', 4096, 'geom', 'no'), ''::bytea) FROM units
WHERE geom IS NOT NULL

-- name: resident_tile
-- Persons per building, in the words that may be told.
WITH tile AS (SELECT ST_TileEnvelope(%(z)s::int, %(x)s::int, %(y)s::int) AS box),
points AS (
    SELECT ST_AsMVTGeom(ST_Transform(ST_SetSRID(ST_MakePoint(b.lon, b.lat), 4326), 3857), tile.box,
                        4096, 64, true) AS geom,
           b.name, b.told, b.persons, b.households, b.grid, b.grid_name, b.grid_name_en
    FROM tile CROSS JOIN jsonb_to_recordset(%(buildings)s::jsonb) AS b (
        lon float8, lat float8, name text, told text, persons int, households int, grid text,
        grid_name text, grid_name_en text))
SELECT coalesce(ST_AsMVT(points, 'points', 4096, 'geom'), ''::bytea) FROM points
WHERE geom IS NOT NULL
