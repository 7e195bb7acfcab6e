-- name: list_known_buildings
SELECT id, target_no, content FROM building WHERE id = ANY (%(ids)s::text[])

-- name: insert_buildings
INSERT INTO building (target_no, grid_no, imported_by, id, name, class, address, content, details, floors)
VALUES %s

-- name: update_buildings
UPDATE building r
SET name = v.name, class = v.class, address = v.address, content = v.content,
    details = v.details, floors = v.floors
FROM (VALUES %s) AS v (no, name, class, address, content, details, floors)
WHERE r.target_no = v.no

-- name: list_former_buildings
SELECT to_jsonb(r) AS former FROM building r WHERE r.target_no = ANY (%(numbers)s::bigint[])

-- name: restore_buildings
UPDATE building r
SET name = f.name, class = f.class, address = f.address, content = f.content,
    details = f.details, floors = f.floors
FROM jsonb_populate_recordset(NULL::building, %(rows)s::jsonb) f
WHERE r.target_no = f.target_no

-- name: delete_buildings
DELETE FROM building WHERE target_no = ANY (%(numbers)s::bigint[])

-- name: list_known_facilities
SELECT id, target_no, content FROM facility WHERE id = ANY (%(ids)s::text[])

-- name: insert_facilities
INSERT INTO facility (target_no, grid_no, imported_by, id, name, class, address, content, details, state, test_due)
VALUES %s

-- name: update_facilities
UPDATE facility r
SET name = v.name, class = v.class, address = v.address, content = v.content,
    details = v.details, state = v.state, test_due = v.test_due
FROM (VALUES %s) AS v (no, name, class, address, content, details, state, test_due)
WHERE r.target_no = v.no

-- name: list_former_facilities
SELECT to_jsonb(r) AS former FROM facility r WHERE r.target_no = ANY (%(numbers)s::bigint[])

-- name: restore_facilities
UPDATE facility r
SET name = f.name, class = f.class, address = f.address, content = f.content,
    details = f.details, state = f.state, test_due = f.test_due
FROM jsonb_populate_recordset(NULL::facility, %(rows)s::jsonb) f
WHERE r.target_no = f.target_no

-- name: delete_facilities
DELETE FROM facility WHERE target_no = ANY (%(numbers)s::bigint[])
