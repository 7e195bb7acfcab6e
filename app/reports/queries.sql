-- name: list_rows
-- One page of a list of a register, by id.
SELECT t.no, r.id, r.name, r.class AS class_key, r.address, r.state, r.floors, r.test_due,
       r.found_on, r.details, t.grid_no, ST_X(p.point) AS lon, ST_Y(p.point) AS lat,
       m.length_m, m.area_m2
FROM register_row r
JOIN target t ON t.no = r.target_no
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(t.geom) AS point) p
CROSS JOIN LATERAL (                -- on the ground, never on the web map
    SELECT CASE ST_Dimension(t.geom) WHEN 1 THEN ST_Length(t.geom::geography) END AS length_m,
           CASE ST_Dimension(t.geom) WHEN 2 THEN ST_Area(t.geom::geography) END AS area_m2) m
WHERE r.kind = %(kind)s::text AND t.valid_from <= %(on)s::date
  AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date)
  AND (r.found_on IS NULL OR r.found_on <= %(on)s::date)
  AND (%(within)s::int IS NULL OR t.grid_no IN (
        SELECT c.grid_no FROM grid_chain c
        JOIN edition e ON e.no = c.edition_no AND e.state = 'active'
        WHERE c.ancestor_no = %(within)s::int))
  AND (%(class_key)s::text IS NULL OR r.class = %(class_key)s::text)
  AND CASE %(state)s::text
        WHEN 'all' THEN true
        WHEN 'overdue' THEN r.test_due < %(on)s::date
        WHEN 'unsettled' THEN r.state IN ('reported', 'open', 'corrected')
        ELSE r.state = %(state)s::text END
  AND (%(text)s::text IS NULL OR position(lower(%(text)s::text)
        IN lower(r.name || ' ' || r.id || ' ' || coalesce(r.address, ''))) > 0)
  AND r.id > %(after)s::text
ORDER BY r.id
LIMIT %(limit)s::int

-- name: count_rows
SELECT count(*)::int AS rows,
       count(*) FILTER (WHERE r.test_due < %(on)s::date)::int AS overdue,
       count(*) FILTER (WHERE r.state IN ('faulty', 'out_of_service'))::int AS faulty,
       count(*) FILTER (WHERE r.state IN ('reported', 'open', 'corrected'))::int AS unsettled,
       coalesce(sum(ST_Length(t.geom::geography)) FILTER (WHERE r.kind = 'road'), 0) AS length_m
FROM register_row r
JOIN target t ON t.no = r.target_no
WHERE r.kind = %(kind)s::text AND t.valid_from <= %(on)s::date
  AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date)
  AND (r.found_on IS NULL OR r.found_on <= %(on)s::date)
  AND (%(within)s::int IS NULL OR t.grid_no IN (
        SELECT c.grid_no FROM grid_chain c
        JOIN edition e ON e.no = c.edition_no AND e.state = 'active'
        WHERE c.ancestor_no = %(within)s::int))
  AND (%(class_key)s::text IS NULL OR r.class = %(class_key)s::text)
  AND CASE %(state)s::text
        WHEN 'all' THEN true
        WHEN 'overdue' THEN r.test_due < %(on)s::date
        WHEN 'unsettled' THEN r.state IN ('reported', 'open', 'corrected')
        ELSE r.state = %(state)s::text END
  AND (%(text)s::text IS NULL OR position(lower(%(text)s::text)
        IN lower(r.name || ' ' || r.id || ' ' || coalesce(r.address, ''))) > 0)

-- name: list_other_classes
-- Classes that are no choice of the register, as files wrote them.
SELECT DISTINCT r.class AS class_key FROM register_row r
WHERE r.kind = %(kind)s::text AND r.class <> ALL (%(known)s::text[])
ORDER BY 1 LIMIT 100

-- name: find_row
SELECT t.no, r.id, r.name, r.class AS class_key, r.address, r.state, r.floors, r.test_due,
       r.found_on, r.details, t.grid_no, ST_X(p.point) AS lon, ST_Y(p.point) AS lat,
       m.length_m, m.area_m2, t.valid_from, t.valid_until, t.source_x, t.source_y, b.source_crs, b.no AS batch_no,
       b.file_name, b.imported_at
FROM register_row r
JOIN target t ON t.no = r.target_no
LEFT JOIN import_batch b ON b.no = t.batch_no
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(t.geom) AS point) p
CROSS JOIN LATERAL (                -- on the ground, never on the web map
    SELECT CASE ST_Dimension(t.geom) WHEN 1 THEN ST_Length(t.geom::geography) END AS length_m,
           CASE ST_Dimension(t.geom) WHEN 2 THEN ST_Area(t.geom::geography) END AS area_m2) m
WHERE r.kind = %(kind)s::text AND t.no = %(no)s::bigint

-- name: list_shapes
-- Whole, not a point on them.
SELECT t.no, ST_AsBinary(t.geom) AS shape FROM target t
WHERE t.no = ANY (%(numbers)s::bigint[]) AND t.geom IS NOT NULL

-- name: list_batches_of_target
SELECT b.no, b.file_name, b.imported_at, b.undone_at, f.former
FROM batch_former f JOIN import_batch b ON b.no = f.batch_no
WHERE f.target_no = %(no)s::bigint ORDER BY b.no
