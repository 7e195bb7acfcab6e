-- name: lock_locating_shared
-- Held until the import ends, so that no publication changes the grids meanwhile.
SELECT pg_advisory_xact_lock_shared(57721566)

-- name: refresh_statistics
SELECT refresh_statistics()

-- name: insert_batch
INSERT INTO import_batch (kind, file_name, file_sha256, source_crs, imported_by, counts)
VALUES (%(kind)s::text, %(file_name)s::text, %(file_sha256)s::text, %(source_crs)s::text,
        person(), %(counts)s::jsonb)
RETURNING no

-- name: list_known_units
-- How these ids are stored, to tell new, changed and unchanged rows apart.
SELECT id, target_no, content FROM unit WHERE id = ANY (%(ids)s::text[])

-- name: insert_targets
INSERT INTO target (kind, grid_no, tile_key, geom, source_x, source_y, imported_by, batch_no)
VALUES %s RETURNING no

-- name: insert_units
INSERT INTO unit (target_no, grid_no, imported_by, id, name, class, address, content, details)
VALUES %s

-- name: update_targets
UPDATE target t
SET grid_no = v.grid_no, tile_key = v.tile_key,
    geom = coalesce(ST_GeomFromWKB(v.shape, 4326),
                    ST_SetSRID(ST_MakePoint(v.lon, v.lat), 4326)),
    source_x = v.x, source_y = v.y, batch_no = v.batch
FROM (VALUES %s) AS v (no, grid_no, tile_key, shape, lon, lat, x, y, batch) WHERE t.no = v.no

-- name: update_units
UPDATE unit u
SET name = v.name, class = v.class, address = v.address, content = v.content, details = v.details
FROM (VALUES %s) AS v (no, name, class, address, content, details) WHERE u.target_no = v.no

-- name: list_former_units
SELECT to_jsonb(u) AS former FROM unit u WHERE u.target_no = ANY (%(numbers)s::bigint[])

-- name: restore_units
UPDATE unit u
SET name = f.name, class = f.class, address = f.address, content = f.content,
    details = f.details, credit_code = f.credit_code, responsible = f.responsible,
    manager = f.manager, phone = f.phone, hours = f.hours, hours_text = f.hours_text,
    parent_no = f.parent_no
FROM jsonb_populate_recordset(NULL::unit, %(rows)s::jsonb) f
WHERE u.target_no = f.target_no

-- name: delete_units
DELETE FROM unit WHERE target_no = ANY (%(numbers)s::bigint[])

-- name: list_former_targets
-- The shape as bytes: as text or GeoJSON it would lose its last digits.
SELECT t.no, jsonb_build_object(
           'grid_no', t.grid_no, 'tile_key', t.tile_key, 'geom', encode(ST_AsEWKB(t.geom), 'hex'),
           'lon', ST_X(p.point), 'lat', ST_Y(p.point), 'source_x', t.source_x,
           'source_y', t.source_y, 'valid_from', t.valid_from, 'valid_until', t.valid_until,
           'batch_no', t.batch_no) AS former
FROM target t LEFT JOIN LATERAL (SELECT ST_PointOnSurface(t.geom) AS point) p ON true
WHERE t.no = ANY (%(numbers)s::bigint[])

-- name: insert_formers
INSERT INTO batch_former (batch_no, target_no, former) VALUES %s

-- name: list_formers
SELECT target_no, former FROM batch_former WHERE batch_no = %(batch)s::int ORDER BY target_no

-- name: find_batch
SELECT no, kind, file_name, imported_at, undone_at FROM import_batch WHERE no = %(batch)s::int

-- name: mark_undone
UPDATE import_batch SET undone_at = now(), undone_by = person()
WHERE no = %(batch)s::int AND undone_at IS NULL

-- name: find_later_batch
-- A batch that changed rows of this one after it, and how many.
SELECT b.no, b.file_name, b.imported_at, count(*) AS rows
FROM batch_former f
JOIN target t ON t.no = f.target_no
JOIN import_batch b ON b.no = t.batch_no
WHERE f.batch_no = %(batch)s::int AND t.batch_no <> %(batch)s::int
GROUP BY b.no
ORDER BY b.no DESC LIMIT 1

-- name: list_events_of_targets
-- Targets that events refer to: how many events stand, and the batch of one of those.
SELECT i.target_no, count(*) FILTER (WHERE stands.yes) AS standing,
       min(i.batch_no) FILTER (WHERE stands.yes) AS batch_no
FROM inspection i
CROSS JOIN LATERAL (
    SELECT i.outcome <> 'voided' AND NOT EXISTS (
        SELECT 1 FROM inspection v WHERE v.supersedes = i.id AND v.outcome = 'voided') AS yes) stands
WHERE i.target_no = ANY (%(numbers)s::bigint[])
GROUP BY i.target_no

-- name: restore_targets
UPDATE target t
SET grid_no = v.grid_no, tile_key = v.tile_key, geom = ST_GeomFromEWKB(decode(v.geom, 'hex')),
    source_x = v.x, source_y = v.y, valid_from = v.valid_from, valid_until = v.valid_until,
    batch_no = v.batch
FROM (VALUES %s) AS v (no, grid_no, tile_key, geom, x, y, valid_from, valid_until, batch)
WHERE t.no = v.no

-- name: delete_targets
DELETE FROM target WHERE no = ANY (%(numbers)s::bigint[])

-- name: withdraw_targets
-- Voided events keep their target; without place and days it counts nowhere.
UPDATE target SET valid_until = valid_from, geom = NULL, tile_key = NULL
WHERE no = ANY (%(numbers)s::bigint[])

-- name: stream_points
SELECT t.no, t.grid_no, ST_X(p.point) AS lon, ST_Y(p.point) AS lat
FROM target t CROSS JOIN LATERAL (SELECT ST_PointOnSurface(t.geom) AS point) p
WHERE t.geom IS NOT NULL
ORDER BY t.tile_key

-- name: update_grids_of_targets
-- Whether each moved: a decision may have kept it where it was.
UPDATE target t SET grid_no = v.grid_no FROM (VALUES %s) AS v (no, grid_no) WHERE t.no = v.no
RETURNING t.grid_no = v.grid_no AS moved

-- name: list_units
-- One page of a list of units, by id. The last visits are looked up for the page alone, and for
-- every unit only where the state asks for them.
SELECT page.no, page.id, page.name, page.class_key, page.address, page.grid_no,
       ST_X(page.geom) AS lon, ST_Y(page.geom) AS lat, seen.last_done,
       coalesce(seen.last_done > %(on)s::date - %(days)s::int, false) AS inspected
FROM (
    SELECT t.no, u.id, u.name, u.class AS class_key, u.address, t.grid_no, t.geom, t.has_merged
    FROM target t
    JOIN unit u ON u.target_no = t.no
    CROSS JOIN LATERAL (
        SELECT %(state)s::text IN ('inspected', 'not_inspected') AND EXISTS (
            SELECT 1 FROM inspection i
            WHERE i.target_no = ANY (CASE WHEN t.has_merged THEN ARRAY(
                    SELECT t.no UNION ALL SELECT m.no FROM target m
                    WHERE m.merged_into = t.no AND m.valid_until <= %(on)s::date)
                ELSE ARRAY[t.no] END) AND i.outcome = 'done' AND i.happened_on <= %(on)s::date
              AND i.happened_on > %(on)s::date - %(days)s::int
              AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
            ) AS lately
        ) sought
    WHERE t.kind = 'unit' AND t.valid_from <= %(on)s::date
      AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date) AND NOT t.closed @> %(on)s::date
      AND (%(within)s::int IS NULL OR t.grid_no IN (
            SELECT c.grid_no FROM grid_chain c
            JOIN edition e ON e.no = c.edition_no AND e.state = 'active'
            WHERE c.ancestor_no = %(within)s::int))
      AND CASE %(state)s::text
            WHEN 'all' THEN true
            WHEN 'located' THEN t.grid_no > 0
            WHEN 'leftover' THEN t.grid_no = 0 AND t.geom IS NOT NULL
            WHEN 'unlocated' THEN t.geom IS NULL
            WHEN 'inspected' THEN t.grid_no > 0 AND sought.lately
            ELSE t.grid_no > 0 AND NOT sought.lately END
      AND (%(text)s::text IS NULL OR position(lower(%(text)s::text)
            IN lower(u.name || ' ' || u.id || ' ' || coalesce(u.address, ''))) > 0)
      AND u.id > %(after)s::text
    ORDER BY u.id
    LIMIT %(limit)s::int) page
LEFT JOIN LATERAL (
    SELECT i.happened_on AS last_done FROM inspection i
    WHERE i.target_no = ANY (CASE WHEN page.has_merged THEN ARRAY(
                    SELECT page.no UNION ALL SELECT m.no FROM target m
                    WHERE m.merged_into = page.no AND m.valid_until <= %(on)s::date)
                ELSE ARRAY[page.no] END) AND i.outcome = 'done' AND i.happened_on <= %(on)s::date
      AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
    ORDER BY i.happened_on DESC LIMIT 1) seen ON true
ORDER BY page.id

-- name: count_units
SELECT count(*)
FROM target t
JOIN unit u ON u.target_no = t.no
CROSS JOIN LATERAL (
    SELECT %(state)s::text IN ('inspected', 'not_inspected') AND EXISTS (
        SELECT 1 FROM inspection i
        WHERE i.target_no = ANY (CASE WHEN t.has_merged THEN ARRAY(
                    SELECT t.no UNION ALL SELECT m.no FROM target m
                    WHERE m.merged_into = t.no AND m.valid_until <= %(on)s::date)
                ELSE ARRAY[t.no] END) AND i.outcome = 'done' AND i.happened_on <= %(on)s::date
          AND i.happened_on > %(on)s::date - %(days)s::int
          AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
        ) AS lately
    ) sought
WHERE t.kind = 'unit' AND t.valid_from <= %(on)s::date
  AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date) AND NOT t.closed @> %(on)s::date
  AND (%(within)s::int IS NULL OR t.grid_no IN (
        SELECT c.grid_no FROM grid_chain c
        JOIN edition e ON e.no = c.edition_no AND e.state = 'active'
        WHERE c.ancestor_no = %(within)s::int))
  AND CASE %(state)s::text
        WHEN 'all' THEN true
        WHEN 'located' THEN t.grid_no > 0
        WHEN 'leftover' THEN t.grid_no = 0 AND t.geom IS NOT NULL
        WHEN 'unlocated' THEN t.geom IS NULL
        WHEN 'inspected' THEN t.grid_no > 0 AND sought.lately
        ELSE t.grid_no > 0 AND NOT sought.lately END
  AND (%(text)s::text IS NULL OR position(lower(%(text)s::text)
        IN lower(u.name || ' ' || u.id || ' ' || coalesce(u.address, ''))) > 0)

-- name: find_unit
SELECT t.no, u.id, u.name, u.class AS class_key, u.address, t.grid_no, ST_X(t.geom) AS lon, ST_Y(t.geom) AS lat,
       t.valid_from, t.valid_until, t.source_x, t.source_y, b.source_crs
FROM target t
JOIN unit u ON u.target_no = t.no
LEFT JOIN import_batch b ON b.no = t.batch_no
WHERE t.no = %(no)s::bigint

-- name: count_points
SELECT count(*) FROM target WHERE geom IS NOT NULL

-- name: list_targets_of_register
SELECT d.id, t.no, t.grid_no, d.name, d.class_key, ST_X(p.point) AS lon, ST_Y(p.point) AS lat
FROM (SELECT id, target_no, name, class AS class_key FROM unit
      WHERE %(kind)s::text = 'unit' AND id = ANY (%(ids)s::text[])
      UNION ALL
      SELECT id, target_no, name, class FROM register_row
      WHERE kind = %(kind)s::text AND id = ANY (%(ids)s::text[])) d
JOIN target t ON t.no = d.target_no
LEFT JOIN LATERAL (SELECT ST_PointOnSurface(t.geom) AS point) p ON true

-- name: list_targets_of_grids
-- A code that two levels have names neither.
SELECT asked.id, min(t.no) AS no, min(t.grid_no) AS grid_no, min(s.name) AS name,
       min(l.key) AS class_key, NULL::float8 AS lon, NULL::float8 AS lat
FROM unnest(%(codes)s::text[]) AS asked (id)
JOIN grid g ON g.code = CASE WHEN position(':' IN asked.id) > 0
                             THEN substr(asked.id, position(':' IN asked.id) + 1)
                             ELSE asked.id END
JOIN level l ON l.depth = g.depth
     AND (position(':' IN asked.id) = 0 OR l.key = split_part(asked.id, ':', 1))
JOIN target t ON t.kind = 'grid' AND t.grid_no = g.no
JOIN edition e ON e.state = 'active'
JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = g.no
GROUP BY asked.id
HAVING count(*) = 1
