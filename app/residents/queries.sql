-- name: known_households
SELECT id, target_no, content FROM known_households(%(ids)s::text[])

-- name: sealed_households
SELECT target_no, household FROM sealed_households(%(numbers)s::bigint[])

-- name: households_of_other_keys
SELECT no FROM households_of_other_keys(%(present)s::text, %(most)s::int) AS no

-- name: keys_in_use
SELECT key_id, households FROM household_keys()

-- name: put_households
SELECT put_households(%(rows)s::jsonb)

-- name: remove_households
SELECT remove_households(%(numbers)s::bigint[])

-- name: forget_households
SELECT no FROM forget_households(%(numbers)s::bigint[], %(on)s::date) AS no

-- name: own_numbers
-- Whether there is a place at all where the reader sees persons.
SELECT person_scope() <> '{}'::int4multirange AS any_place

-- name: list_households
-- One page by id. The policy leaves only the households of the own community.
SELECT h.target_no AS no, h.id, h.building, h.class AS class_key, h.persons, h.evacuation,
       h.expires_on, h.grid_no, h.key_id, r.name_sealed, r.phone_sealed, r.position,
       ST_X(t.geom) AS lon, ST_Y(t.geom) AS lat
FROM household h
JOIN target t ON t.no = h.target_no
LEFT JOIN resident r ON r.household_no = h.target_no AND r.position = 1
WHERE (%(class_key)s::text IS NULL OR h.class = %(class_key)s::text)
  AND (%(building)s::text IS NULL
       OR position(lower(%(building)s::text) IN lower(h.building)) > 0)
  AND (%(expired_on)s::date IS NULL OR h.expires_on <= %(expired_on)s::date)
  AND (%(within)s::int IS NULL OR h.grid_no IN (
        SELECT c.grid_no FROM grid_chain c
        JOIN edition e ON e.no = c.edition_no AND e.state = 'active'
        WHERE c.ancestor_no = %(within)s::int))
  AND h.id > %(after)s::text
ORDER BY h.id
LIMIT %(limit)s::int

-- name: count_households
SELECT count(*) AS households, coalesce(sum(h.persons), 0) AS persons
FROM household h
WHERE (%(class_key)s::text IS NULL OR h.class = %(class_key)s::text)
  AND (%(building)s::text IS NULL
       OR position(lower(%(building)s::text) IN lower(h.building)) > 0)
  AND (%(expired_on)s::date IS NULL OR h.expires_on <= %(expired_on)s::date)
  AND (%(within)s::int IS NULL OR h.grid_no IN (
        SELECT c.grid_no FROM grid_chain c
        JOIN edition e ON e.no = c.edition_no AND e.state = 'active'
        WHERE c.ancestor_no = %(within)s::int))

-- name: find_household
SELECT h.target_no AS no, h.id, h.building, h.class AS class_key, h.persons, h.evacuation,
       h.legal_basis, h.purpose, h.expires_on, h.grid_no, h.key_id, h.door_sealed,
       ST_X(t.geom) AS lon, ST_Y(t.geom) AS lat
FROM household h JOIN target t ON t.no = h.target_no
WHERE h.target_no = %(no)s::bigint

-- name: list_residents
SELECT household_no, position, role, name_sealed, phone_sealed
FROM resident WHERE household_no = %(no)s::bigint ORDER BY position

-- name: list_counts
-- Persons by grid and class, in the reader's whole territory.
SELECT grid_no, class AS class_key, sum(persons)::int AS persons
FROM household_count WHERE grid_no > 0 GROUP BY grid_no, class

-- name: list_places
-- Grids of the active edition that hold households or lie above one that does.
SELECT s.grid_no, s.parent_no
FROM grid_shape s
JOIN edition e ON e.no = s.edition_no AND e.state = 'active'
WHERE s.grid_no <@ (SELECT scope()) AND s.grid_no IN (
    SELECT c.ancestor_no FROM grid_chain c
    JOIN edition a ON a.no = c.edition_no AND a.state = 'active'
    WHERE c.grid_no IN (SELECT k.grid_no FROM household_count k))

-- name: list_buildings
-- Persons by class of each building in these grids.
SELECT grid_no, building, tile_key, jsonb_object_agg(class, persons) AS counts
FROM household_count WHERE grid_no = ANY (%(grids)s::int[])
GROUP BY grid_no, building, tile_key
ORDER BY building, tile_key

-- name: list_own_buildings
-- Buildings of the own community in a range of tile keys; the policy leaves no others.
SELECT h.grid_no, h.building, h.tile_key, count(*)::int AS households,
       sum(h.persons)::int AS persons, avg(ST_X(t.geom)) AS lon, avg(ST_Y(t.geom)) AS lat
FROM target t JOIN household h ON h.target_no = t.no
WHERE t.tile_key BETWEEN %(first)s::bigint AND %(last)s::bigint AND t.kind = 'household'
GROUP BY h.grid_no, h.building, h.tile_key

-- name: list_building_places
SELECT grid_no, building, tile_key, lon, lat
FROM building_places(%(first)s::bigint, %(last)s::bigint)

-- name: find_notice
-- What is told now; earlier rows say what was told before.
SELECT purpose, legal_basis, notice, automatic FROM register_notice ORDER BY no DESC LIMIT 1

-- name: insert_notice
INSERT INTO register_notice (purpose, legal_basis, notice, automatic, set_by)
VALUES (%(purpose)s::text, %(legal_basis)s::text, %(notice)s::text, %(automatic)s::bool, person())

-- name: count_due
SELECT households_due(%(on)s::date)

-- name: expire_households
SELECT expire_households(%(on)s::date, %(most)s::int)

-- name: insert_check
INSERT INTO retention_check (checked_on, due) VALUES (%(on)s::date, %(due)s::int)
ON CONFLICT (checked_on) DO NOTHING
RETURNING no

-- name: list_checks
SELECT c.no, c.checked_on, c.due, c.decided_at, p.name AS decided_by,
       coalesce(p.kind = 'service', false) AS by_itself, c.removed
FROM retention_check c LEFT JOIN person p ON p.no = c.decided_by
ORDER BY c.checked_on DESC LIMIT %(limit)s::int

-- name: decide_check
UPDATE retention_check
SET decided_by = person(), decided_at = now(), removed = %(removed)s::int
WHERE no = %(no)s::int AND decided_at IS NULL
