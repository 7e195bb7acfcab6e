-- name: find_number
-- The target of this kind with this id of its register; of a grid, by the grid's number.
SELECT CASE %(kind)s::text
    WHEN 'unit' THEN (SELECT u.target_no FROM unit u WHERE u.id = %(id)s::text)
    WHEN 'facility' THEN (SELECT f.target_no FROM facility f WHERE f.id = %(id)s::text)
    WHEN 'building' THEN (SELECT b.target_no FROM building b WHERE b.id = %(id)s::text)
    WHEN 'place' THEN (SELECT p.target_no FROM place p WHERE (p.kind, p.id) = ('place', %(id)s::text))
    WHEN 'road' THEN (SELECT p.target_no FROM place p WHERE (p.kind, p.id) = ('road', %(id)s::text))
    WHEN 'household' THEN (SELECT h.target_no FROM household h WHERE h.id = %(id)s::text)
    WHEN 'grid' THEN (SELECT t.no FROM target t
                      WHERE t.kind = 'grid' AND t.grid_no = %(grid)s::int)
    END

-- name: find_target
-- What an event must know of its target on a day. The name of a household is that of its building.
SELECT t.no, t.kind, coalesce(place.grid_no, t.grid_no) AS grid_then, t.valid_from, t.valid_until,
       t.closed @> %(on)s::date AS resting, t.merged_into, m.name AS merged_name,
       coalesce(u.name, r.name, h.building, s.name) AS name,
       coalesce(kind.class, u.class, r.class, h.class, l.key) AS class_key
FROM target t
LEFT JOIN unit u ON u.target_no = t.no
LEFT JOIN unit m ON m.target_no = t.merged_into
LEFT JOIN unit_class kind ON kind.target_no = t.no AND kind.scheme = 'kind'
    AND kind.valid_from <= %(on)s::date
    AND (kind.valid_until IS NULL OR kind.valid_until > %(on)s::date)
LEFT JOIN register_row r ON r.target_no = t.no
LEFT JOIN household h ON h.target_no = t.no
LEFT JOIN grid g ON t.kind = 'grid' AND g.no = t.grid_no
LEFT JOIN level l ON l.depth = g.depth
LEFT JOIN edition e ON e.state = 'active'
LEFT JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = g.no
LEFT JOIN target_place place ON place.target_no = t.no AND place.valid_from <= %(on)s::date
    AND (place.valid_until IS NULL OR place.valid_until > %(on)s::date)
WHERE t.no = %(no)s::bigint

-- name: find_chief
-- Whose grid it was on a day: the chief's own before one who stood in.
SELECT a.person_no FROM assignment a
WHERE a.grid_no = %(grid)s::int AND a.role = 'grid_chief' AND a.valid_from <= %(on)s::date
  AND (a.valid_until IS NULL OR a.valid_until > %(on)s::date)
ORDER BY a.kind DESC, a.no LIMIT 1

-- name: lock_correction
-- Two corrections of one event wait for each other: the second one sees the first.
SELECT pg_advisory_xact_lock(hashtextextended(%(id)s::text, 20))

-- name: list_checklists
-- The versions among these that there are.
SELECT c.programme_key, c.key, c.version, c.items, c.withdrawn_on
FROM checklist c
JOIN unnest(%(programmes)s::text[], %(keys)s::text[], %(versions)s::int[])
    AS asked (programme, key, version)
  ON (c.programme_key, c.key, c.version) = (asked.programme, asked.key, asked.version)

-- name: list_unknown_programmes
SELECT asked.key FROM unnest(%(keys)s::text[]) AS asked (key)
WHERE NOT EXISTS (SELECT 1 FROM programme p WHERE p.key = asked.key)

-- name: insert_visit
INSERT INTO inspection (id, target_no, outcome, happened_at, happened_on, uploaded_at, recorded_by,
                        grid_no, edition_no, before_first_edition, target_name, target_class,
                        supersedes, content, programmes, checklists, answers, note, lon, lat,
                        accuracy_m, chief_no)
VALUES (%(id)s::uuid, %(target)s::bigint, %(outcome)s::text, %(happened_at)s::timestamptz,
        %(happened_on)s::date, coalesce(%(uploaded_at)s::timestamptz, now()), person(),
        %(grid)s::int, %(edition)s::int, %(early)s::boolean, %(name)s::text, %(class_key)s::text,
        %(supersedes)s::uuid, %(content)s::text, %(programmes)s::text[], %(checklists)s::jsonb,
        %(answers)s::jsonb, %(note)s::text, %(lon)s::float8, %(lat)s::float8,
        %(accuracy_m)s::real, %(chief)s::int)
ON CONFLICT (id) DO NOTHING

-- name: find_visit
SELECT i.id, i.target_no, t.kind, i.target_name, i.target_class, i.outcome, i.happened_at,
       i.happened_on, i.uploaded_at, i.recorded_at, i.recorded_by, p.name AS recorder, i.grid_no,
       l.key AS level, g.code, i.edition_no, e.name AS edition, i.before_first_edition,
       i.supersedes, i.content, i.programmes, i.checklists, i.answers, i.note, i.lon, i.lat,
       i.accuracy_m, i.chief_no, chief.name AS chief, later.id AS superseded_by,
       may_correct(i.recorded_by, t.grid_no) AS correctable
FROM target t
JOIN inspection i ON i.target_no = t.no
LEFT JOIN grid g ON g.no = i.grid_no
LEFT JOIN level l ON l.depth = g.depth
LEFT JOIN edition e ON e.no = i.edition_no
LEFT JOIN person p ON p.no = i.recorded_by
LEFT JOIN person chief ON chief.no = i.chief_no
LEFT JOIN LATERAL (SELECT n.id FROM inspection n WHERE n.supersedes = i.id LIMIT 1) later ON true
WHERE i.id = %(id)s::uuid

-- name: list_usable_photos
-- Of these, those that the reader sees: whether no visit shows one, or the corrected one does.
SELECT p.id, p.uploaded_by = person() AND photo_is_loose(p.id) AS loose,
       EXISTS (SELECT 1 FROM inspection_photo s
               WHERE s.photo_id = p.id AND s.inspection_id = %(former)s::uuid) AS carried
FROM photo p WHERE p.id = ANY (%(photos)s::uuid[])

-- name: show_photos
-- In the order given; one that another visit took meanwhile is left out.
INSERT INTO inspection_photo (inspection_id, photo_id, position, carried_from)
SELECT %(visit)s::uuid, asked.id, asked.position, former.inspection_id
FROM unnest(%(photos)s::uuid[]) WITH ORDINALITY AS asked (id, position)
LEFT JOIN inspection_photo former
    ON former.photo_id = asked.id AND former.inspection_id = %(former)s::uuid
ON CONFLICT DO NOTHING

-- name: list_photos
-- Of these visits, each visit's in their order.
SELECT s.inspection_id, p.id, p.width, p.height, p.taken_at
FROM inspection_photo s
JOIN photo p ON p.id = s.photo_id
WHERE s.inspection_id = ANY (%(visits)s::uuid[])
ORDER BY s.inspection_id, s.position
