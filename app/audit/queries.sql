-- name: insert_audit_event
INSERT INTO audit_event (person_no, os_user, action, subject, detail)
VALUES (%(person)s::int, %(os_user)s::text, %(action)s::text, %(subject)s::text,
        %(detail)s::jsonb)
