-- name: lock_unit
-- Everything that a change must know of a unit, which is held until the transaction ends.
SELECT t.no, u.id, u.name, u.class AS class_key, u.version, u.parent_no, t.grid_no,
       ST_X(t.geom) AS lon, ST_Y(t.geom) AS lat, t.valid_from, t.valid_until, t.merged_into,
       t.has_merged, upper(t.closed) AS open_since
FROM target t JOIN unit u ON u.target_no = t.no
WHERE t.no = %(no)s::bigint FOR UPDATE

-- name: find_unit
SELECT t.no, u.id, u.name, u.class AS class_key, u.address, u.credit_code, u.responsible,
       u.manager, u.phone, u.hours, u.hours_text, u.details, u.version, t.grid_no,
       ST_X(t.geom) AS lon, ST_Y(t.geom) AS lat, t.source_x, t.source_y, t.valid_from,
       t.valid_until, t.merged_into, m.id AS merged_id, m.name AS merged_name, t.has_merged,
       u.parent_no, p.id AS parent_id, p.name AS parent_name, b.source_crs,
       b.file_name AS batch_file, b.imported_at AS batch_at,
       coalesce((SELECT c.class FROM unit_class c
                 WHERE c.target_no = t.no AND c.scheme = 'importance'
                   AND c.valid_from <= %(on)s::date
                   AND (c.valid_until IS NULL OR c.valid_until > %(on)s::date)),
                'ordinary') AS importance
FROM target t
JOIN unit u ON u.target_no = t.no
LEFT JOIN unit p ON p.target_no = u.parent_no
LEFT JOIN unit m ON m.target_no = t.merged_into
LEFT JOIN import_batch b ON b.no = t.batch_no
WHERE t.no = %(no)s::bigint

-- name: list_states
-- Everything of these units that a change may touch, so that it can be put back exactly.
SELECT t.no, jsonb_build_object(
    'geom', encode(ST_AsEWKB(t.geom), 'hex'), 'tile_key', t.tile_key,
    'lon', ST_X(t.geom), 'lat', ST_Y(t.geom), 'source_x', t.source_x, 'source_y', t.source_y,
    'valid_from', t.valid_from, 'valid_until', t.valid_until, 'closed', t.closed::text,
    'name', u.name, 'class', u.class, 'address', u.address, 'credit_code', u.credit_code,
    'responsible', u.responsible, 'manager', u.manager, 'phone', u.phone,
    'hours', u.hours, 'hours_text', u.hours_text, 'parent_no', u.parent_no,
    'parent', p.id || ' ' || p.name,
    'classes', coalesce((
        SELECT jsonb_agg(jsonb_build_object(
                   'scheme', c.scheme, 'class', c.class, 'valid_from', c.valid_from,
                   'valid_until', c.valid_until, 'basis', c.basis, 'set_by', c.set_by)
               ORDER BY c.scheme, c.valid_from)
        FROM unit_class c WHERE c.target_no = t.no), '[]'::jsonb)) AS state
FROM target t
JOIN unit u ON u.target_no = t.no
LEFT JOIN unit p ON p.target_no = u.parent_no
WHERE t.no = ANY (%(units)s::bigint[])
ORDER BY t.no

-- name: restore_targets
-- The grid is that of today's edition: it was found anew for the place that is put back.
UPDATE target t
SET geom = (v.state ->> 'geom')::geometry, tile_key = (v.state ->> 'tile_key')::bigint,
    grid_no = v.grid, source_x = (v.state ->> 'source_x')::float8,
    source_y = (v.state ->> 'source_y')::float8, valid_from = (v.state ->> 'valid_from')::date,
    valid_until = (v.state ->> 'valid_until')::date,
    closed = (v.state ->> 'closed')::datemultirange
FROM (VALUES %s) AS v (no, grid, state) WHERE t.no = v.no

-- name: move_merged_along
UPDATE target m
SET geom = t.geom, tile_key = t.tile_key, grid_no = t.grid_no
FROM target t
WHERE m.merged_into = t.no AND t.no = ANY (%(units)s::bigint[])

-- name: restore_units
UPDATE unit u
SET name = v.state ->> 'name', class = v.state ->> 'class', address = v.state ->> 'address',
    credit_code = v.state ->> 'credit_code', responsible = v.state ->> 'responsible',
    manager = v.state ->> 'manager', phone = v.state ->> 'phone',
    hours = nullif(v.state -> 'hours', 'null'::jsonb), hours_text = v.state ->> 'hours_text',
    parent_no = (v.state ->> 'parent_no')::bigint
FROM (VALUES %s) AS v (no, state) WHERE u.target_no = v.no

-- name: delete_classes
DELETE FROM unit_class WHERE target_no = ANY (%(units)s::bigint[])

-- name: restore_classes
INSERT INTO unit_class (target_no, scheme, class, valid_from, valid_until, basis, set_by)
SELECT v.no, c.scheme, c.class, c.valid_from, c.valid_until, c.basis, c.set_by
FROM (VALUES %s) AS v (no, state)
CROSS JOIN LATERAL jsonb_to_recordset(v.state -> 'classes')
    AS c (scheme text, class text, valid_from date, valid_until date, basis text, set_by integer)

-- name: raise_version
UPDATE unit SET version = version + 1 WHERE target_no = %(no)s::bigint RETURNING version

-- name: update_facts
UPDATE unit
SET name = %(name)s::text, address = %(address)s::text, credit_code = %(credit_code)s::text,
    responsible = %(responsible)s::text, manager = %(manager)s::text, phone = %(phone)s::text,
    hours_text = %(hours_text)s::text, hours = %(hours)s::jsonb
WHERE target_no = %(no)s::bigint

-- name: update_place
-- What was merged into the unit lies where it lies.
UPDATE target
SET geom = ST_SetSRID(ST_MakePoint(%(lon)s::float8, %(lat)s::float8), 4326),
    tile_key = %(key)s::bigint, grid_no = %(grid)s::int, source_x = NULL, source_y = NULL
WHERE no = %(no)s::bigint OR merged_into = %(no)s::bigint

-- name: close_unit
UPDATE target SET valid_until = %(on)s::date WHERE no = %(no)s::bigint

-- name: reopen_unit
-- The days between stay closed for ever: nothing was due on them.
UPDATE target
SET closed = closed + datemultirange(daterange(valid_until, %(on)s::date)), valid_until = NULL
WHERE no = %(no)s::bigint

-- name: update_parent
UPDATE unit SET parent_no = %(parent)s::bigint WHERE target_no = %(no)s::bigint

-- name: list_ancestors
WITH RECURSIVE up AS (
    SELECT u.target_no AS no, u.parent_no, 1 AS depth FROM unit u
    WHERE u.target_no = %(no)s::bigint
    UNION ALL
    SELECT u.target_no, u.parent_no, up.depth + 1 FROM up JOIN unit u ON u.target_no = up.parent_no
    WHERE up.depth < 20)
SELECT up.no, u.id, u.name, u.class AS class_key, up.depth - 1 AS depth
FROM up JOIN unit u ON u.target_no = up.no WHERE up.depth > 1 ORDER BY up.depth

-- name: list_descendants
-- Below a unit, each after the one that it is a part of.
WITH RECURSIVE down AS (
    SELECT u.target_no AS no, 1 AS depth, ARRAY[u.id] AS path FROM unit u
    WHERE u.parent_no = %(no)s::bigint
    UNION ALL
    SELECT u.target_no, down.depth + 1, down.path || u.id
    FROM down JOIN unit u ON u.parent_no = down.no WHERE down.depth < 20)
SELECT down.no, u.id, u.name, u.class AS class_key, down.depth
FROM down JOIN unit u ON u.target_no = down.no JOIN target t ON t.no = down.no
WHERE t.merged_into IS NULL
ORDER BY down.path LIMIT %(limit)s::int

-- name: find_unit_no
SELECT target_no FROM unit WHERE id = %(id)s::text

-- name: list_classes
SELECT c.scheme, c.class AS class_key, c.valid_from, c.valid_until, c.basis
FROM unit_class c WHERE c.target_no = %(no)s::bigint ORDER BY c.valid_from, c.scheme

-- name: end_classes
-- What holds on the day ends on it.
UPDATE unit_class SET valid_until = %(on)s::date
WHERE target_no = ANY (%(units)s::bigint[]) AND scheme = %(scheme)s::text
  AND valid_from < %(on)s::date AND (valid_until IS NULL OR valid_until > %(on)s::date)

-- name: delete_classes_from
DELETE FROM unit_class
WHERE target_no = ANY (%(units)s::bigint[]) AND scheme = %(scheme)s::text
  AND valid_from >= %(on)s::date

-- name: note_first_kinds
-- The kind that a unit had from the beginning is written down when it gets another.
INSERT INTO unit_class (target_no, scheme, class, valid_from, valid_until, set_by)
SELECT u.target_no, 'kind', u.class, t.valid_from, %(on)s::date, person()
FROM unit u JOIN target t ON t.no = u.target_no
WHERE u.target_no = ANY (%(units)s::bigint[]) AND t.valid_from < %(on)s::date
  AND NOT EXISTS (SELECT 1 FROM unit_class c
                  WHERE c.target_no = u.target_no AND c.scheme = 'kind')

-- name: insert_classes
INSERT INTO unit_class (target_no, scheme, class, valid_from, basis, set_by)
SELECT unnest(%(units)s::bigint[]), %(scheme)s::text, unnest(%(classes)s::text[]), %(on)s::date,
       %(basis)s::text, person()

-- name: update_kinds
UPDATE unit u SET class = v.class
FROM unnest(%(units)s::bigint[], %(classes)s::text[]) AS v (no, class) WHERE u.target_no = v.no

-- name: insert_event
INSERT INTO unit_event (target_no, kind, happened_on, recorded_by, reason, changes, former,
                        version, other_no, takes_back)
VALUES (%(no)s::bigint, %(kind)s::text, %(on)s::date, person(), %(reason)s::text,
        %(changes)s::jsonb, %(former)s::jsonb, %(version)s::int, %(other)s::bigint,
        %(takes_back)s::bigint)
RETURNING no

-- name: find_last_change
-- The newest change of a unit that still holds; `version` is of its newest event of all.
SELECT e.no, e.kind, e.happened_on, e.former,
       (SELECT max(l.version) FROM unit_event l WHERE l.target_no = e.target_no) AS version
FROM unit_event e
WHERE e.target_no = %(no)s::bigint AND e.kind NOT IN ('taken_back', 'unmerged')
  AND NOT EXISTS (SELECT 1 FROM unit_event b WHERE b.takes_back = e.no)
ORDER BY e.no DESC LIMIT 1

-- name: list_events
-- What happened to a unit and to those merged into it, the newest first.
SELECT e.no, e.target_no, u.id AS unit_id, e.kind, e.happened_on, e.recorded_at, p.name AS recorded_by, e.reason,
       e.changes, o.id AS other_id, o.name AS other_name, e.other_no,
       EXISTS (SELECT 1 FROM unit_event b WHERE b.takes_back = e.no) AS undone
FROM target t
JOIN unit u ON u.target_no = t.no
JOIN unit_event e ON e.target_no = t.no
LEFT JOIN person p ON p.no = e.recorded_by
LEFT JOIN unit o ON o.target_no = e.other_no
WHERE t.no = %(no)s::bigint OR t.merged_into = %(no)s::bigint
ORDER BY e.happened_on DESC, e.no DESC LIMIT %(limit)s::int

-- name: list_merged
SELECT t.no, u.id, u.name, u.class AS class_key, u.address, t.valid_until AS merged_on
FROM target t JOIN unit u ON u.target_no = t.no
WHERE t.merged_into = %(no)s::bigint ORDER BY u.id

-- name: list_likenesses
-- Every unit that exists on the day, as it is compared with others.
SELECT t.no, u.name, u.address, u.credit_code, t.tile_key
FROM target t JOIN unit u ON u.target_no = t.no
WHERE t.kind = 'unit' AND t.merged_into IS NULL
  AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date)

-- name: stream_near_units
-- Units in the same or adjoining tiles and within reach: by tile key, so that the policy applies
-- and an index is reached. Metres on a plane, good enough within a few hundred of them.
SELECT a.no AS first, b.no AS second, apart.metres
FROM unnest(%(here)s::bigint[], %(there)s::bigint[]) AS near (here, there)
JOIN target a ON a.tile_key = near.here
JOIN target b ON b.tile_key = near.there AND (near.here <> near.there OR a.no < b.no)
CROSS JOIN LATERAL (
    SELECT 111195 * sqrt((ST_Y(b.geom) - ST_Y(a.geom)) ^ 2
        + ((ST_X(b.geom) - ST_X(a.geom)) * cos(radians(ST_Y(a.geom)))) ^ 2) AS metres) apart
WHERE a.kind = 'unit' AND b.kind = 'unit' AND a.merged_into IS NULL AND b.merged_into IS NULL
  AND (a.valid_until IS NULL OR a.valid_until > %(on)s::date)
  AND (b.valid_until IS NULL OR b.valid_until > %(on)s::date)
  AND apart.metres <= %(reach)s::float8

-- name: list_decided_pairs
SELECT first_no, second_no FROM unit_pair WHERE state = 'different'

-- name: delete_open_pairs
DELETE FROM unit_pair WHERE state = 'open'

-- name: insert_pairs
INSERT INTO unit_pair (first_no, second_no, score, reasons, distance_m) VALUES %s
ON CONFLICT DO NOTHING

-- name: decide_pair
UPDATE unit_pair
SET state = %(state)s::text, note = %(note)s::text,
    decided_by = CASE WHEN %(state)s::text = 'open' THEN NULL ELSE person() END,
    decided_at = CASE WHEN %(state)s::text = 'open' THEN NULL ELSE now() END
WHERE first_no = %(first)s::bigint AND second_no = %(second)s::bigint

-- name: list_pairs
-- By likeness, from the one after the given place on.
SELECT p.first_no AS first, p.second_no AS second, p.score::float8 AS score, p.reasons,
       p.distance_m, p.state, d.name AS decided_by, p.decided_at, p.note
FROM unit_pair p
JOIN target a ON a.no = p.first_no AND a.merged_into IS NULL
JOIN target b ON b.no = p.second_no AND b.merged_into IS NULL
LEFT JOIN person d ON d.no = p.decided_by
WHERE p.state = %(state)s::text
  AND (-p.score, p.first_no, p.second_no)
      > (-%(score)s::real, %(first)s::bigint, %(second)s::bigint)
ORDER BY -p.score, p.first_no, p.second_no LIMIT %(limit)s::int

-- name: count_pairs
SELECT count(*) FILTER (WHERE p.state = 'open') AS open,
       count(*) FILTER (WHERE p.state = 'different') AS different, max(p.found_at) AS found_at
FROM unit_pair p
JOIN target a ON a.no = p.first_no AND a.merged_into IS NULL
JOIN target b ON b.no = p.second_no AND b.merged_into IS NULL

-- name: list_compared
-- What is shown of units side by side.
SELECT t.no, u.id, u.name, u.class AS class_key, u.address, u.credit_code, u.responsible,
       u.manager, u.phone, u.hours_text, u.version, t.grid_no, ST_X(t.geom) AS lon,
       ST_Y(t.geom) AS lat,
       (SELECT count(*) FROM inspection i WHERE i.target_no = t.no) AS visits,
       (SELECT max(i.happened_on) FROM inspection i
        WHERE i.target_no = t.no AND i.outcome = 'done') AS last_done
FROM target t JOIN unit u ON u.target_no = t.no
WHERE t.no = ANY (%(units)s::bigint[])

-- name: list_children
SELECT target_no FROM unit WHERE parent_no = %(no)s::bigint ORDER BY target_no

-- name: merge_target
-- It ends, and lies from now on where the other lies: both histories have the same readers.
UPDATE target m
SET merged_into = t.no, valid_until = least(m.valid_until, %(on)s::date), geom = t.geom,
    tile_key = t.tile_key, grid_no = t.grid_no
FROM target t WHERE t.no = %(keep)s::bigint AND m.no = %(gone)s::bigint

-- name: separate_target
UPDATE target SET merged_into = NULL WHERE no = %(gone)s::bigint

-- name: note_whether_merged
UPDATE target t
SET has_merged = EXISTS (SELECT 1 FROM target m WHERE m.merged_into = t.no)
WHERE t.no = %(keep)s::bigint

-- name: update_children
UPDATE unit SET parent_no = %(parent)s::bigint
WHERE target_no = ANY (%(children)s::bigint[]) AND parent_no = %(former)s::bigint

-- name: find_merger
SELECT e.no, e.former FROM unit_event e
WHERE e.target_no = %(keep)s::bigint AND e.other_no = %(gone)s::bigint AND e.kind = 'merged'
  AND NOT EXISTS (SELECT 1 FROM unit_event b WHERE b.takes_back = e.no)

-- name: list_merged_ids
SELECT u.id FROM unit u JOIN target t ON t.no = u.target_no
WHERE u.id = ANY (%(ids)s::text[]) AND t.merged_into IS NOT NULL
ORDER BY u.id LIMIT %(limit)s::int

-- name: find_today
SELECT current_date

-- name: list_present_classes
SELECT u.target_no AS no, u.class AS kind,
       coalesce((SELECT c.class FROM unit_class c
                 WHERE c.target_no = u.target_no AND c.scheme = 'importance'
                   AND c.valid_from <= current_date
                   AND (c.valid_until IS NULL OR c.valid_until > current_date)),
                'ordinary') AS importance
FROM unit u WHERE u.target_no = ANY (%(units)s::bigint[])

-- name: write_own
-- Only the fields that the file has.
UPDATE unit u
SET credit_code = CASE WHEN v.own ? 'credit_code' THEN v.own ->> 'credit_code' ELSE u.credit_code END,
    responsible = CASE WHEN v.own ? 'responsible' THEN v.own ->> 'responsible' ELSE u.responsible END,
    manager = CASE WHEN v.own ? 'manager' THEN v.own ->> 'manager' ELSE u.manager END,
    phone = CASE WHEN v.own ? 'phone' THEN v.own ->> 'phone' ELSE u.phone END,
    hours_text = CASE WHEN v.own ? 'hours' THEN v.own ->> 'hours_text' ELSE u.hours_text END,
    hours = CASE WHEN v.own ? 'hours' THEN nullif(v.own -> 'hours', 'null'::jsonb) ELSE u.hours END
FROM (VALUES %s) AS v (no, own) WHERE u.target_no = v.no

-- name: list_numbers
SELECT id, target_no FROM unit WHERE id = ANY (%(ids)s::text[])

-- name: write_parents
UPDATE unit u SET parent_no = v.parent
FROM (VALUES %s) AS v (no, parent) WHERE u.target_no = v.no AND u.parent_no IS DISTINCT FROM v.parent

-- name: find_circle
WITH RECURSIVE up AS (
    SELECT u.target_no AS no, u.parent_no, 1 AS steps FROM unit u
    WHERE u.target_no = ANY (%(units)s::bigint[])
    UNION ALL
    SELECT up.no, u.parent_no, up.steps + 1 FROM up JOIN unit u ON u.target_no = up.parent_no
    WHERE up.parent_no <> up.no AND up.steps < 20)
SELECT u.id FROM up JOIN unit u ON u.target_no = up.no WHERE up.parent_no = up.no LIMIT 1

-- name: list_formers
SELECT to_jsonb(u) || jsonb_build_object('classes', coalesce((
           SELECT jsonb_agg(jsonb_build_object(
                      'scheme', c.scheme, 'class', c.class, 'valid_from', c.valid_from,
                      'valid_until', c.valid_until, 'basis', c.basis, 'set_by', c.set_by))
           FROM unit_class c WHERE c.target_no = u.target_no), '[]'::jsonb)) AS former
FROM unit u WHERE u.target_no = ANY (%(units)s::bigint[])

-- name: list_changed_since
-- Units that a standing change by hand altered after the batch wrote them.
SELECT u.id
FROM jsonb_to_recordset(%(rows)s::jsonb) AS f (target_no bigint, version integer)
JOIN unit u ON u.target_no = f.target_no
WHERE EXISTS (
    SELECT 1 FROM unit_event e
    WHERE e.version > f.version AND e.kind NOT IN ('taken_back', 'unmerged')
      AND e.target_no = f.target_no
      AND NOT EXISTS (SELECT 1 FROM unit_event b WHERE b.takes_back = e.no))
ORDER BY u.id LIMIT %(limit)s::int

-- name: restore_versions
-- Never back to a number that a change by hand has used since.
UPDATE unit u
SET version = greatest(f.version, coalesce((SELECT max(e.version) FROM unit_event e
                                            WHERE e.target_no = u.target_no), 0))
FROM jsonb_to_recordset(%(rows)s::jsonb) AS f (target_no bigint, version integer)
WHERE u.target_no = f.target_no

-- name: put_classes_back
INSERT INTO unit_class (target_no, scheme, class, valid_from, valid_until, basis, set_by)
SELECT f.target_no, c.scheme, c.class, c.valid_from, c.valid_until, c.basis, c.set_by
FROM jsonb_to_recordset(%(rows)s::jsonb) AS f (target_no bigint, classes jsonb)
CROSS JOIN LATERAL jsonb_to_recordset(f.classes)
    AS c (scheme text, class text, valid_from date, valid_until date, basis text, set_by integer)

-- name: raise_versions
UPDATE unit SET version = version + 1 WHERE target_no = ANY (%(units)s::bigint[])

-- name: list_identities
SELECT target_no, id FROM unit WHERE target_no = ANY (%(units)s::bigint[])

-- name: list_exported
-- What an export says of units beside the columns of the list.
SELECT u.target_no AS no, u.credit_code, u.responsible, u.manager, u.phone, u.hours_text,
       p.id AS parent_id,
       coalesce((SELECT c.class FROM unit_class c
                 WHERE c.target_no = u.target_no AND c.scheme = 'importance'
                   AND c.valid_from <= %(on)s::date
                   AND (c.valid_until IS NULL OR c.valid_until > %(on)s::date)),
                'ordinary') AS importance
FROM unit u LEFT JOIN unit p ON p.target_no = u.parent_no
WHERE u.target_no = ANY (%(units)s::bigint[])
