-- name: insert_exclusion
INSERT INTO exclusion (target_no, programme_key, reason, note, inspection_id, valid_from,
                       valid_until, asked_by)
VALUES (%(target)s::bigint, %(programme)s::text, %(reason)s::text, %(note)s::text,
        %(inspection)s::uuid, %(since)s::date, %(until)s::date, person())

-- name: list_exclusions
-- In one state as of a day, by number. A request whose visit was taken back is over.
SELECT x.no, x.target_no, t.kind, t.grid_no, ST_X(p.point) AS lon, ST_Y(p.point) AS lat,
       coalesce(u.name, r.name, h.building, s.name) AS name, u.address,
       x.programme_key, g.name_zh AS programme_zh, g.name_en AS programme_en, x.reason, x.note,
       x.valid_from, x.valid_until, x.asked_at, asker.name AS asked_by, x.asked_by = person() AS own,
       x.decision, x.decided_at, decider.name AS decided_by, x.decided_note, void.yes AS taken_back
FROM exclusion x
JOIN target t ON t.no = x.target_no
LEFT JOIN programme g ON g.key = x.programme_key
LEFT JOIN unit u ON u.target_no = t.no
LEFT JOIN register_row r ON r.target_no = t.no
LEFT JOIN household h ON h.target_no = t.no
LEFT JOIN edition e ON e.state = 'active' AND t.kind = 'grid'
LEFT JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = t.grid_no
LEFT JOIN person asker ON asker.no = x.asked_by
LEFT JOIN person decider ON decider.no = x.decided_by
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(coalesce(t.geom, s.geom)) AS point) p
CROSS JOIN LATERAL (SELECT EXISTS (
    SELECT 1 FROM inspection v
    WHERE v.supersedes = x.inspection_id AND v.outcome = 'voided') AS yes) void
WHERE x.no > %(after)s::bigint
  AND (%(numbers)s::bigint[] IS NULL OR x.no = ANY (%(numbers)s::bigint[]))
  AND (%(within)s::int IS NULL OR t.grid_no IN (
        SELECT c.grid_no FROM grid_chain c
        JOIN edition a ON a.no = c.edition_no AND a.state = 'active'
        WHERE c.ancestor_no = %(within)s::int))
  AND %(state)s::text = CASE
        WHEN x.decision = 'declined' THEN 'declined'
        WHEN x.valid_until <= %(on)s::date OR void.yes THEN 'over'
        ELSE coalesce(x.decision, 'open') END
ORDER BY x.no LIMIT %(limit)s::int

-- name: count_exclusions
SELECT state.word AS state, count(*) AS exclusions
FROM exclusion x
JOIN target t ON t.no = x.target_no
CROSS JOIN LATERAL (SELECT CASE
    WHEN x.decision = 'declined' THEN 'declined'
    WHEN x.valid_until <= %(on)s::date OR EXISTS (
        SELECT 1 FROM inspection v
        WHERE v.supersedes = x.inspection_id AND v.outcome = 'voided') THEN 'over'
    ELSE coalesce(x.decision, 'open') END AS word) state
WHERE %(within)s::int IS NULL OR t.grid_no IN (
    SELECT c.grid_no FROM grid_chain c
    JOIN edition a ON a.no = c.edition_no AND a.state = 'active'
    WHERE c.ancestor_no = %(within)s::int)
GROUP BY state.word

-- name: decide_exclusions
-- Nobody decides on the own request.
UPDATE exclusion
SET decision = %(decision)s::text, decided_by = person(), decided_at = now(),
    decided_note = %(note)s::text
WHERE no = ANY (%(numbers)s::bigint[]) AND decision IS NULL AND asked_by <> person()
