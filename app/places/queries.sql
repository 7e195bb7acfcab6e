-- name: list_known_places
SELECT id, target_no, content FROM place WHERE kind = %(kind)s::text AND id = ANY (%(ids)s::text[])

-- name: insert_places
INSERT INTO place (target_no, grid_no, imported_by, kind, id, name, class, address, content, details,
                   source_shape)
VALUES %s

-- name: update_places
UPDATE place r
SET name = v.name, class = v.class, address = v.address, content = v.content,
    details = v.details, source_shape = v.source_shape
FROM (VALUES %s) AS v (no, name, class, address, content, details, source_shape)
WHERE r.target_no = v.no

-- name: list_former_places
SELECT to_jsonb(r) AS former FROM place r WHERE r.target_no = ANY (%(numbers)s::bigint[])

-- name: restore_places
UPDATE place r
SET name = f.name, class = f.class, address = f.address, content = f.content,
    details = f.details, source_shape = f.source_shape
FROM jsonb_populate_recordset(NULL::place, %(rows)s::jsonb) f
WHERE r.target_no = f.target_no

-- name: delete_places
DELETE FROM place WHERE target_no = ANY (%(numbers)s::bigint[])
