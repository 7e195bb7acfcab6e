-- name: list_known_hazards
SELECT id, target_no, content FROM hazard WHERE id = ANY (%(ids)s::text[])

-- name: insert_hazards
INSERT INTO hazard (target_no, grid_no, imported_by, id, name, class, address, content, details, state, found_on)
VALUES %s

-- name: update_hazards
UPDATE hazard r
SET name = v.name, class = v.class, address = v.address, content = v.content,
    details = v.details, state = v.state, found_on = v.found_on
FROM (VALUES %s) AS v (no, name, class, address, content, details, state, found_on)
WHERE r.target_no = v.no

-- name: list_former_hazards
SELECT to_jsonb(r) AS former FROM hazard r WHERE r.target_no = ANY (%(numbers)s::bigint[])

-- name: restore_hazards
UPDATE hazard r
SET name = f.name, class = f.class, address = f.address, content = f.content,
    details = f.details, state = f.state, found_on = f.found_on
FROM jsonb_populate_recordset(NULL::hazard, %(rows)s::jsonb) f
WHERE r.target_no = f.target_no

-- name: delete_hazards
DELETE FROM hazard WHERE target_no = ANY (%(numbers)s::bigint[])
