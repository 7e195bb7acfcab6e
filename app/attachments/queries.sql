-- name: insert_photo
INSERT INTO photo (id, original, picture, thumbnail, width, height, taken_at, uploaded_by)
VALUES (%(id)s::uuid, %(original)s::text, %(picture)s::text, %(thumbnail)s::text,
        %(width)s::int, %(height)s::int, %(taken_at)s::timestamptz, person())
ON CONFLICT (id) DO NOTHING

-- name: find_photo
SELECT p.id, p.original, p.picture, p.thumbnail, p.width, p.height, p.taken_at
FROM photo p WHERE p.id = %(id)s::uuid

-- name: hold_files
-- Until the transaction ends no file is swept away: one that is written anew is not yet spoken of.
SELECT pg_advisory_xact_lock_shared(hashtextextended('photo files', 21))

-- name: sweep_alone
SELECT pg_advisory_xact_lock(hashtextextended('photo files', 21))

-- name: list_digests
SELECT d.digest FROM photo_digests() AS d (digest) ORDER BY d.digest

-- name: forget_photos
SELECT forget_photos(%(before)s::timestamptz)
