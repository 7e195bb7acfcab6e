-- name: sign_in_lookup
SELECT no, password_hash, session_epoch FROM sign_in_lookup(%(sign_in)s::text)

-- name: hold_sign_ins
-- One try at a time with a name: tries at the same moment are counted one after the other.
SELECT pg_advisory_xact_lock(hashtextextended('sign-in ' || lower(%(sign_in)s::text), 0))

-- name: minutes_locked
SELECT ceil(extract(epoch FROM until - now()) / 60)::int
FROM sign_in_locked_until(%(sign_in)s::text, %(address)s::text) AS until

-- name: insert_session
INSERT INTO session (person_no, address, agent)
VALUES (person(), %(address)s::text, %(agent)s::text)
RETURNING id::text

-- name: touch_session
-- Whether the session is there; its use is noted once a minute at most.
WITH noted AS (
    UPDATE session SET seen_at = now()
    WHERE id = nullif(%(id)s::text, '')::uuid AND seen_at < now() - interval '1 minute')
SELECT EXISTS (SELECT 1 FROM session WHERE id = nullif(%(id)s::text, '')::uuid)

-- name: list_sessions
SELECT id::text, started_at, seen_at, address, agent FROM session
WHERE started_at > %(started_after)s::timestamptz AND seen_at > %(seen_after)s::timestamptz
ORDER BY seen_at DESC, id

-- name: delete_session
DELETE FROM session WHERE id = %(id)s::uuid

-- name: delete_other_sessions
DELETE FROM session WHERE id <> %(kept)s::uuid

-- name: delete_spent_sessions
DELETE FROM session WHERE started_at <= %(started_after)s::timestamptz

-- name: end_own_sessions
WITH gone AS (DELETE FROM session WHERE person_no = person())
UPDATE person SET session_epoch = session_epoch + 1 WHERE no = person()

-- name: change_own_password
SELECT change_own_password(%(old_hash)s::text, %(fresh_hash)s::text)

-- name: find_second_factor
SELECT f.secret, f.made_at, f.confirmed_at, f.last_step,
       (SELECT count(*)::int FROM recovery_code c
        WHERE c.person_no = f.person_no AND c.used_at IS NULL) AS codes_left
FROM second_factor f WHERE f.person_no = person()

-- name: insert_second_factor
INSERT INTO second_factor (person_no, secret) VALUES (person(), %(secret)s::bytea)

-- name: confirm_second_factor
UPDATE second_factor SET confirmed_at = now(), last_step = %(step)s::bigint
WHERE person_no = person() AND confirmed_at IS NULL

-- name: take_step
-- Each code once, also of two tries at the same moment.
UPDATE second_factor SET last_step = %(step)s::bigint
WHERE person_no = person() AND confirmed_at IS NOT NULL AND last_step < %(step)s::bigint

-- name: delete_second_factor
WITH codes AS (DELETE FROM recovery_code WHERE person_no = person())
DELETE FROM second_factor WHERE person_no = person()

-- name: insert_recovery_code
INSERT INTO recovery_code (person_no, digest) VALUES (person(), %(digest)s::text)

-- name: delete_recovery_codes
DELETE FROM recovery_code WHERE person_no = person()

-- name: take_recovery_code
UPDATE recovery_code SET used_at = now()
WHERE person_no = person() AND digest = %(digest)s::text AND used_at IS NULL

-- name: remove_second_factor
SELECT remove_second_factor(%(person)s::int)

-- name: list_own_tokens
SELECT no, name, created_at, expires_at, last_used_at, revoked_at FROM api_token
WHERE person_no = person()
ORDER BY revoked_at IS NOT NULL, created_at DESC, no DESC
LIMIT 100

-- name: count_own_tokens
SELECT count(*)::int FROM api_token
WHERE person_no = person() AND revoked_at IS NULL AND (expires_at IS NULL OR expires_at > now())

-- name: list_tokens
-- Those of everybody that still hold; the newest first, page by page.
SELECT t.no, p.name AS person, p.sign_in, t.name, t.created_at, t.expires_at, t.last_used_at
FROM api_token t JOIN person p ON p.no = t.person_no
WHERE t.revoked_at IS NULL AND (t.expires_at IS NULL OR t.expires_at > now())
  AND t.no < %(before)s::int
ORDER BY t.no DESC
LIMIT %(limit)s::int

-- name: revoke_token
-- The own one, or anybody's by an admin: the policy says so.
UPDATE api_token t SET revoked_at = now()
FROM person p
WHERE t.no = %(no)s::int AND t.revoked_at IS NULL AND p.no = t.person_no
RETURNING p.sign_in, t.name

-- name: list_locked_names
-- Names that must wait at this moment, whoever tried them and whether or not they exist.
SELECT l.name, l.until, l.tries
FROM (SELECT lower(e.subject) AS name, count(*)::int AS tries,
             sign_in_locked_until(lower(e.subject), '') AS until
      FROM audit_event e
      WHERE e.action = 'sign_in_failed' AND e.at > now() - interval '30 minutes'
      GROUP BY lower(e.subject)) l
WHERE l.until > now()
ORDER BY l.until DESC, l.name
LIMIT 200
