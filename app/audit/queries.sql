-- name: insert_audit_event
INSERT INTO audit_event (person_no, os_user, action, subject, detail)
VALUES (%(person)s::int, %(os_user)s::text, %(action)s::text, %(subject)s::text,
        %(detail)s::jsonb)

-- name: list_audit_events
-- The newest first, page by page; a part of a name or subject is looked for in any letters.
SELECT e.no, e.at, e.person_no, p.name, p.sign_in, p.kind, e.os_user, e.action, e.subject, e.detail
FROM audit_event e
LEFT JOIN person p ON p.no = e.person_no
WHERE e.no < %(before)s::bigint
  AND (%(actions)s::text[] IS NULL OR e.action = ANY (%(actions)s::text[]))
  AND (%(first)s::date IS NULL OR e.at >= %(first)s::date)
  AND (%(last)s::date IS NULL OR e.at < %(last)s::date + 1)
  AND (%(subject)s::text IS NULL OR strpos(lower(e.subject), lower(%(subject)s::text)) > 0)
  AND (%(person)s::text IS NULL
       OR strpos(lower(concat_ws(' ', p.name, p.sign_in, e.os_user)), lower(%(person)s::text)) > 0)
ORDER BY e.no DESC
LIMIT %(limit)s::int

-- name: find_chain_head
SELECT position, encode(hash, 'hex') AS hash FROM audit_chain ORDER BY position DESC LIMIT 1
