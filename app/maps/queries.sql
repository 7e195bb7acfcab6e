-- name: backdrop_version
-- A word that changes with the backdrop; no row where there is none.
SELECT count(*) || '-' || max(no) AS version FROM backdrop HAVING count(*) > 0
