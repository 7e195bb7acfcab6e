-- name: find_reader
-- The person of this transaction with the roles held today.
SELECT p.no, p.sign_in, p.name, p.language, p.session_epoch,
       coalesce(array_agg(DISTINCT a.role) FILTER (WHERE a.role IS NOT NULL), '{}') AS roles,
       coalesce(bool_or(a.no IS NOT NULL AND a.grid_no IS NULL), false) AS whole_city,
       p.password_kind, p.password_set_at,
       EXISTS (SELECT 1 FROM second_factor f
               WHERE f.person_no = p.no AND f.confirmed_at IS NOT NULL) AS second_factor
FROM person p
LEFT JOIN assignment a ON a.person_no = p.no
     AND a.valid_from <= current_date
     AND (a.valid_until IS NULL OR a.valid_until > current_date)
WHERE p.no = person() AND p.active
GROUP BY p.no

-- name: token_lookup
SELECT token_lookup(%(digest)s::text)

-- name: insert_person
INSERT INTO person (sign_in, name, password_hash, password_kind, language, organisation)
VALUES (%(sign_in)s::text, %(name)s::text, %(password_hash)s::text, %(password_kind)s::text,
        %(language)s::text, %(organisation)s::text)
ON CONFLICT (sign_in) DO NOTHING
RETURNING no

-- name: find_person_by_sign_in
SELECT no FROM person WHERE sign_in = lower(%(sign_in)s::text) AND kind = 'person'

-- name: insert_assignment
INSERT INTO assignment (person_no, grid_no, role, valid_from, valid_until)
VALUES (%(person)s::int, %(grid)s::int, %(role)s::text, %(valid_from)s::date,
        %(valid_until)s::date)

-- name: update_language
UPDATE person SET language = %(language)s::text WHERE no = person()

-- name: note_signed_in
UPDATE person SET signed_in_at = now() WHERE no = person()

-- name: deactivate_person
UPDATE person SET active = false, session_epoch = session_epoch + 1 WHERE no = %(person)s::int

-- name: end_assignments
-- The first day without them is today; what would have begun later never does.
UPDATE assignment SET valid_until = greatest(current_date, valid_from)
WHERE person_no = %(person)s::int AND (valid_until IS NULL OR valid_until > current_date)

-- name: update_password
UPDATE person
SET password_hash = %(password_hash)s::text, password_kind = %(password_kind)s::text,
    password_set_at = now(), session_epoch = session_epoch + 1
WHERE no = %(person)s::int

-- name: revoke_tokens
UPDATE api_token SET revoked_at = now()
WHERE person_no = %(person)s::int AND revoked_at IS NULL
  AND (%(name)s::text IS NULL OR name = %(name)s::text)

-- name: note_token_use
-- Once a minute at most: each note is a write.
UPDATE api_token SET last_used_at = now()
WHERE digest = %(digest)s::text
  AND (last_used_at IS NULL OR last_used_at < now() - interval '1 minute')

-- name: insert_token
INSERT INTO api_token (person_no, name, digest, expires_at)
VALUES (%(person)s::int, %(name)s::text, %(digest)s::text, %(expires_at)s::timestamptz)

-- name: list_answerable
-- Who answers on a day for any of these grids, as far as the reader may see; who stands in for
-- whom until when, and who is away until when. Days are the last ones that count.
SELECT a.grid_no, p.name, a.role, absent.name AS stands_in_for,
       CASE WHEN a.kind = 'cover' THEN a.valid_until - 1 END AS until,
       (SELECT max(c.valid_until) - 1 FROM cover c
        WHERE c.person_no = a.person_no AND a.kind = 'own'
          AND c.valid_from <= %(on)s::date AND c.valid_until > %(on)s::date) AS away_until
FROM assignment a
JOIN person p ON p.no = a.person_no AND p.active
LEFT JOIN assignment covered ON covered.no = a.covers_no
LEFT JOIN person absent ON absent.no = covered.person_no
WHERE a.grid_no = ANY (%(grids)s::int[])
  AND a.valid_from <= %(on)s::date AND (a.valid_until IS NULL OR a.valid_until > %(on)s::date)
ORDER BY a.grid_no, a.role, a.kind DESC, p.name

-- name: list_own_grids
SELECT g.no, l.key AS level, g.code, s.name, s.name_en, a.role
FROM assignment a
JOIN grid g ON g.no = a.grid_no
JOIN level l ON l.depth = g.depth
JOIN edition e ON e.state = 'active'
JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = g.no
WHERE a.person_no = person() AND a.valid_from <= %(on)s::date
  AND (a.valid_until IS NULL OR a.valid_until > %(on)s::date)
ORDER BY g.depth, g.code

-- name: begin_viewing
INSERT INTO viewing (viewer_no, person_no, reason, until)
VALUES (person(), %(person)s::int, %(reason)s::text, now() + %(minutes)s::int * interval '1 minute')
RETURNING no

-- name: look
-- One more page or answer of a look that still lasts; no row where it does not.
UPDATE viewing v SET looked = v.looked + 1 FROM person p
WHERE v.no = %(no)s::int AND v.viewer_no = person() AND v.ended_at IS NULL AND v.until > now()
  AND p.no = v.person_no
RETURNING v.no, v.person_no, p.name AS person_name, v.until, v.viewer_no

-- name: end_viewings
-- All of the person's own that were not ended, also those whose time was over.
UPDATE viewing v SET ended_at = least(now(), v.until) FROM person p
WHERE v.viewer_no = person() AND v.ended_at IS NULL AND p.no = v.person_no
RETURNING v.person_no, p.sign_in, v.looked
