-- name: list_people
-- One page by sign-in name; what the filter asks of assignments holds on the day.
SELECT p.no, p.sign_in, p.name, p.organisation, p.active, p.signed_in_at
FROM person p
WHERE p.kind = 'person' AND p.sign_in > %(after)s::text
  AND CASE %(state)s::text
        WHEN 'ended' THEN NOT p.active
        WHEN 'all' THEN true
        WHEN 'never' THEN p.active AND p.signed_in_at IS NULL
        WHEN 'locked' THEN p.active AND p.sign_in IN (SELECT locked_sign_ins())
        WHEN 'away' THEN p.active AND p.no IN (
            SELECT c.person_no FROM cover c
            WHERE c.valid_from <= %(on)s::date AND c.valid_until > %(on)s::date)
        WHEN 'unassigned' THEN p.active AND NOT EXISTS (
            SELECT 1 FROM assignment a WHERE a.person_no = p.no AND a.valid_from <= %(on)s::date
            AND (a.valid_until IS NULL OR a.valid_until > %(on)s::date))
        ELSE p.active END
  AND (%(role)s::text IS NULL AND %(within)s::int IS NULL OR p.no IN (
        SELECT a.person_no FROM assignment a
        WHERE (%(role)s::text IS NULL OR a.role = %(role)s::text)
          AND (%(within)s::int IS NULL
               OR a.grid_no <@ (SELECT t.numbers FROM territory t WHERE t.grid_no = %(within)s::int))
          AND (%(state)s::text IN ('ended', 'all') OR a.valid_from <= %(on)s::date
               AND (a.valid_until IS NULL OR a.valid_until > %(on)s::date))))
  AND (%(text)s::text IS NULL OR position(lower(%(text)s::text) IN
        lower(p.name || ' ' || p.sign_in || ' ' || coalesce(p.organisation, ''))) > 0)
ORDER BY p.sign_in
LIMIT %(limit)s::int

-- name: count_people
SELECT count(*)
FROM person p
WHERE p.kind = 'person'
  AND CASE %(state)s::text
        WHEN 'ended' THEN NOT p.active
        WHEN 'all' THEN true
        WHEN 'never' THEN p.active AND p.signed_in_at IS NULL
        WHEN 'locked' THEN p.active AND p.sign_in IN (SELECT locked_sign_ins())
        WHEN 'away' THEN p.active AND p.no IN (
            SELECT c.person_no FROM cover c
            WHERE c.valid_from <= %(on)s::date AND c.valid_until > %(on)s::date)
        WHEN 'unassigned' THEN p.active AND NOT EXISTS (
            SELECT 1 FROM assignment a WHERE a.person_no = p.no AND a.valid_from <= %(on)s::date
            AND (a.valid_until IS NULL OR a.valid_until > %(on)s::date))
        ELSE p.active END
  AND (%(role)s::text IS NULL AND %(within)s::int IS NULL OR p.no IN (
        SELECT a.person_no FROM assignment a
        WHERE (%(role)s::text IS NULL OR a.role = %(role)s::text)
          AND (%(within)s::int IS NULL
               OR a.grid_no <@ (SELECT t.numbers FROM territory t WHERE t.grid_no = %(within)s::int))
          AND (%(state)s::text IN ('ended', 'all') OR a.valid_from <= %(on)s::date
               AND (a.valid_until IS NULL OR a.valid_until > %(on)s::date))))
  AND (%(text)s::text IS NULL OR position(lower(%(text)s::text) IN
        lower(p.name || ' ' || p.sign_in || ' ' || coalesce(p.organisation, ''))) > 0)

-- name: find_person
SELECT p.no, p.sign_in, p.name, p.organisation, p.active, p.signed_in_at
FROM person p WHERE p.no = %(no)s::int AND p.kind = 'person'

-- name: suggest_people
-- Active persons whose name or sign-in name holds the text, those that begin with it first.
SELECT p.sign_in, p.name FROM person p
WHERE p.kind = 'person' AND p.active
  AND position(lower(%(text)s::text) IN lower(p.name || ' ' || p.sign_in)) > 0
ORDER BY p.name NOT LIKE %(text)s::text || '%%', p.name, p.sign_in LIMIT 20

-- name: suggest_grids
SELECT l.key || ':' || g.code AS reference, s.name, s.name_en, l.name_zh, l.name_en AS level_en
FROM edition e
JOIN grid_shape s ON s.edition_no = e.no
JOIN grid g ON g.no = s.grid_no
JOIN level l ON l.depth = g.depth
WHERE e.state = 'active' AND position(lower(%(text)s::text) IN
        lower(l.key || ':' || g.code || ' ' || s.name || ' ' || coalesce(s.name_en, ''))) > 0
ORDER BY g.depth, s.name, g.code LIMIT 20

-- name: list_assignments
-- Of these persons, with the grid as it is named today and who is stood in for.
SELECT a.no, a.person_no, a.grid_no, a.role, a.kind, a.valid_from, a.valid_until,
       l.key AS level, g.code, s.name AS grid_name, s.name_en AS grid_name_en,
       absent.no AS absent_no, absent.name AS absent_name, a.cover_no, a.handover_no
FROM assignment a
LEFT JOIN grid g ON g.no = a.grid_no
LEFT JOIN level l ON l.depth = g.depth
LEFT JOIN edition e ON e.state = 'active'
LEFT JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = g.no
LEFT JOIN assignment covered ON covered.no = a.covers_no
LEFT JOIN person absent ON absent.no = covered.person_no
WHERE a.person_no = ANY (%(people)s::int[])
  AND (a.valid_until IS NULL OR a.valid_until > a.valid_from)
ORDER BY a.person_no, a.valid_from DESC, a.no DESC

-- name: find_assignment
-- Held until the transaction ends, so that nobody else changes it meanwhile.
SELECT a.no, a.person_no, a.grid_no, a.role, a.kind, a.valid_from, a.valid_until, a.cover_no
FROM assignment a WHERE a.no = %(no)s::int FOR UPDATE

-- name: hold_people
-- Their assignments and covers are changed by one transaction at a time.
SELECT no FROM person WHERE no = ANY (%(people)s::int[]) ORDER BY no FOR UPDATE

-- name: find_same_assignment
-- The same role for the same grid on a day that both would share.
SELECT a.valid_from, a.valid_until FROM assignment a
WHERE a.person_no = %(person)s::int AND a.grid_no IS NOT DISTINCT FROM %(grid)s::int
  AND a.role = %(role)s::text AND a.kind = 'own'
  AND (a.valid_until IS NULL OR a.valid_until > greatest(%(valid_from)s::date, a.valid_from))
  AND (%(valid_until)s::date IS NULL OR a.valid_from < %(valid_until)s::date)
LIMIT 1

-- name: end_assignment
-- Together with who stands in for it from that day on.
UPDATE assignment SET valid_until = greatest(%(valid_until)s::date, valid_from)
WHERE (no = %(no)s::int OR covers_no = %(no)s::int)
  AND (valid_until IS NULL OR valid_until > %(valid_until)s::date)

-- name: rename_person
UPDATE person SET name = %(name)s::text, organisation = %(organisation)s::text
WHERE no = %(no)s::int

-- name: reactivate_person
UPDATE person SET active = true WHERE no = %(no)s::int

-- name: count_admins
SELECT count(DISTINCT a.person_no) FROM assignment a
JOIN person p ON p.no = a.person_no AND p.active AND p.kind = 'person'
WHERE a.role = 'admin' AND a.person_no <> %(other_than)s::int
  AND a.valid_from <= %(on)s::date AND (a.valid_until IS NULL OR a.valid_until > %(on)s::date)

-- name: count_people_by_role
SELECT a.role, count(DISTINCT a.person_no) AS people
FROM assignment a JOIN person p ON p.no = a.person_no AND p.kind = 'person' AND p.active
WHERE a.valid_from <= %(on)s::date AND (a.valid_until IS NULL OR a.valid_until > %(on)s::date)
GROUP BY a.role ORDER BY a.role

-- name: find_required_roles
SELECT value FROM setting WHERE key = 'required_roles'

-- name: set_required_roles
INSERT INTO setting (key, value) VALUES ('required_roles', %(value)s::text)
ON CONFLICT (key) DO UPDATE SET value = excluded.value

-- name: list_gaps
-- Grids of the reader's territory and the roles that must be there: without anybody on the day,
-- or from a later day on. `wanted` says which roles, by `top`, `leaf` or the key of a level.
WITH wanted AS (
    SELECT w.place, role.name AS role
    FROM jsonb_each(%(wanted)s::jsonb) AS w (place, roles)
    CROSS JOIN LATERAL jsonb_array_elements_text(w.roles) AS role (name)),
due AS (
    SELECT DISTINCT g.no, g.depth, l.key AS level, g.code, s.name, s.name_en, wanted.role
    FROM edition e
    JOIN grid_shape s ON s.edition_no = e.no
    JOIN grid g ON g.no = s.grid_no
    JOIN level l ON l.depth = g.depth
    JOIN wanted ON wanted.place = l.key OR wanted.place = 'top' AND g.depth = 1
        OR wanted.place = 'leaf' AND NOT EXISTS (
            SELECT 1 FROM grid_shape k WHERE k.edition_no = e.no AND k.parent_no = s.grid_no)
    WHERE e.state = 'active' AND g.no BETWEEN (SELECT scope_low()) AND (SELECT scope_high())
      AND g.no <@ (SELECT scope())
      AND (%(grid)s::int IS NULL OR g.no = %(grid)s::int)
      AND (%(level)s::text IS NULL OR l.key = %(level)s::text)
      AND (%(within)s::int IS NULL
           OR g.no <@ (SELECT t.numbers FROM territory t WHERE t.grid_no = %(within)s::int))),
held AS NOT MATERIALIZED (     -- looked up by grid, once for each question below
    SELECT a.grid_no, a.role, a.valid_from, coalesce(a.valid_until, 'infinity'::date) AS valid_until
    FROM assignment a JOIN person p ON p.no = a.person_no AND p.active
    WHERE a.valid_until IS NULL OR a.valid_until > a.valid_from)
SELECT due.no, due.depth, due.level, due.code, due.name, due.name_en, due.role, gap.starts,
       CASE WHEN present.valid_until IS NULL THEN (
           SELECT max(h.valid_until) FROM held h WHERE h.grid_no = due.no AND h.role = due.role
           AND h.valid_until <= %(on)s::date) END AS since,
       coming.valid_from AS ends
FROM due
CROSS JOIN LATERAL (
    SELECT max(h.valid_until) AS valid_until FROM held h
    WHERE h.grid_no = due.no AND h.role = due.role
      AND h.valid_from <= %(on)s::date AND h.valid_until > %(on)s::date) present
-- the day itself, or the first day on which the last one present has gone and nobody has followed
CROSS JOIN LATERAL (
    SELECT CASE WHEN present.valid_until IS NULL THEN %(on)s::date
                WHEN present.valid_until < 'infinity'::date THEN (
                    SELECT min(h.valid_until) FROM held h
                    WHERE h.grid_no = due.no AND h.role = due.role
                      AND h.valid_until > %(on)s::date AND h.valid_until < 'infinity'::date
                      AND NOT EXISTS (
                          SELECT 1 FROM held f WHERE f.grid_no = due.no AND f.role = due.role
                          AND f.valid_from <= h.valid_until AND f.valid_until > h.valid_until))
           END AS starts) gap
LEFT JOIN LATERAL (
    SELECT min(h.valid_from) AS valid_from FROM held h
    WHERE h.grid_no = due.no AND h.role = due.role AND h.valid_from > gap.starts) coming ON true
WHERE gap.starts <= %(on)s::date + %(ahead)s::int
ORDER BY due.depth, due.code COLLATE "C", due.role

-- name: list_covers
-- Days away of these persons and days on which they stand in, the latest first.
SELECT c.no, c.person_no, absent.name AS person_name, c.deputy_no, deputy.name AS deputy_name,
       c.valid_from, c.valid_until, c.keeps_scope, c.note,
       (SELECT count(*) FROM assignment a WHERE a.cover_no = c.no AND a.kind = 'cover') AS grids
FROM cover c
JOIN person absent ON absent.no = c.person_no
JOIN person deputy ON deputy.no = c.deputy_no
WHERE (c.person_no = ANY (%(people)s::int[]) OR c.deputy_no = ANY (%(people)s::int[]))
  AND c.valid_until > c.valid_from AND c.valid_until > %(since)s::date
ORDER BY c.valid_from DESC, c.no DESC

-- name: find_cover
SELECT no, person_no, deputy_no, valid_from, valid_until, keeps_scope
FROM cover WHERE no = %(no)s::int FOR UPDATE

-- name: list_overlapping_covers
-- Covers that touch these days and in which either of the two has a part.
SELECT c.no, c.person_no, absent.name AS person_name, c.deputy_no, deputy.name AS deputy_name,
       c.valid_from, c.valid_until
FROM cover c
JOIN person absent ON absent.no = c.person_no
JOIN person deputy ON deputy.no = c.deputy_no
WHERE (c.person_no IN (%(person)s::int, %(deputy)s::int)
       OR c.deputy_no IN (%(person)s::int, %(deputy)s::int))
  AND c.valid_from < %(valid_until)s::date AND c.valid_until > %(valid_from)s::date

-- name: insert_cover
INSERT INTO cover (person_no, deputy_no, valid_from, valid_until, keeps_scope, note, made_by)
VALUES (%(person)s::int, %(deputy)s::int, %(valid_from)s::date, %(valid_until)s::date,
        %(keeps_scope)s::boolean, %(note)s::text, person())
RETURNING no

-- name: insert_cover_assignments
-- The deputy's, for the days that both the absence and the covered assignment have.
INSERT INTO assignment (person_no, grid_no, role, valid_from, valid_until, kind, covers_no, cover_no)
SELECT %(deputy)s::int, a.grid_no, a.role, greatest(a.valid_from, c.valid_from),
       least(a.valid_until, c.valid_until), 'cover', a.no, c.no
FROM assignment a JOIN cover c ON c.no = %(cover)s::int
WHERE a.no = ANY (%(assignments)s::int[])

-- name: list_assignments_covered
-- Which of these are stood in for on one of the days already.
SELECT DISTINCT a.covers_no FROM assignment a
WHERE a.covers_no = ANY (%(assignments)s::int[])
  AND a.valid_from < %(valid_until)s::date AND a.valid_until > %(valid_from)s::date
  AND a.valid_until > a.valid_from

-- name: resume_assignments
-- Where the absent one is to see nothing meanwhile: the assignment goes on after the days away.
INSERT INTO assignment (person_no, grid_no, role, valid_from, valid_until, cover_no, handover_no)
SELECT a.person_no, a.grid_no, a.role, c.valid_until, a.valid_until, c.no, a.handover_no
FROM assignment a JOIN cover c ON c.no = %(cover)s::int
WHERE a.no = ANY (%(assignments)s::int[])
  AND (a.valid_until IS NULL OR a.valid_until > c.valid_until)

-- name: interrupt_assignments
UPDATE assignment a SET valid_until = greatest(a.valid_from, c.valid_from) FROM cover c
WHERE c.no = %(cover)s::int AND a.no = ANY (%(assignments)s::int[])

-- name: end_cover
UPDATE cover SET valid_until = greatest(valid_from, %(valid_until)s::date), ended_by = person()
WHERE no = %(no)s::int

-- name: end_cover_assignments
UPDATE assignment SET valid_until = greatest(valid_from, %(valid_until)s::date)
WHERE cover_no = %(no)s::int AND kind = 'cover' AND valid_until > %(valid_until)s::date

-- name: resume_earlier
UPDATE assignment SET valid_from = %(valid_from)s::date
WHERE cover_no = %(no)s::int AND kind = 'own' AND valid_from > %(valid_from)s::date
  AND (valid_until IS NULL OR valid_until > valid_from)
