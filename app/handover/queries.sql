-- name: count_targets
-- What lies in a grid and below it on the day, by kind; without a grid in the whole city.
SELECT t.kind, count(*) AS targets FROM target t
WHERE t.kind <> 'grid' AND t.grid_no > 0 AND t.valid_from <= %(on)s::date
  AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date)
  AND (%(grid)s::int IS NULL
       OR t.grid_no <@ (SELECT m.numbers FROM territory m WHERE m.grid_no = %(grid)s::int))
GROUP BY t.kind

-- name: count_open_hazards
SELECT count(*) FROM hazard h
WHERE h.grid_no > 0 AND h.state IN ('reported', 'open')
  AND (%(grid)s::int IS NULL
       OR h.grid_no <@ (SELECT m.numbers FROM territory m WHERE m.grid_no = %(grid)s::int))

-- name: count_tests_overdue
SELECT count(*) FROM facility f
WHERE f.grid_no > 0 AND f.test_due < %(on)s::date
  AND (%(grid)s::int IS NULL
       OR f.grid_no <@ (SELECT m.numbers FROM territory m WHERE m.grid_no = %(grid)s::int))

-- name: count_unfinished_jobs
SELECT count(*) FROM queue.job
WHERE asked_by = %(person)s::int AND state IN ('queued', 'running')

-- name: list_open_handovers_of
-- Prepared ones in which a person has a part, on either side.
SELECT DISTINCT h.no FROM handover h
LEFT JOIN handover_part p ON p.handover_no = h.no
WHERE h.state = 'prepared' AND %(person)s::int IN (h.giver_no, p.taker_no)
ORDER BY h.no

-- name: list_handovers
-- Those that the reader may see, the latest first; what is still open before all.
SELECT h.no, h.giver_no, giver.name AS giver_name, h.happens_on, h.state, h.moved_on, h.made_at,
       (SELECT string_agg(DISTINCT taker.name, ', ') FROM handover_part p
        JOIN person taker ON taker.no = p.taker_no WHERE p.handover_no = h.no) AS takers,
       (SELECT count(*) FROM handover_part p WHERE p.handover_no = h.no) AS parts
FROM handover h
JOIN person giver ON giver.no = h.giver_no
WHERE %(before)s::int IS NULL OR h.no < %(before)s::int
ORDER BY h.no DESC LIMIT %(limit)s::int

-- name: find_handover
SELECT h.no, h.giver_no, giver.name AS giver_name, giver.sign_in AS giver_sign_in, h.happens_on,
       h.note, h.state, h.moved_on, h.made_at
FROM handover h JOIN person giver ON giver.no = h.giver_no
WHERE h.no = %(no)s::int

-- name: list_parts
SELECT p.assignment_no, p.taker_no, taker.name AS taker_name, p.open, p.role, l.key AS level, g.code, s.name AS grid_name,
       s.name_en AS grid_name_en
FROM handover_part p
JOIN person taker ON taker.no = p.taker_no
LEFT JOIN grid g ON g.no = p.grid_no
LEFT JOIN level l ON l.depth = g.depth
LEFT JOIN edition e ON e.state = 'active'
LEFT JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = g.no
WHERE p.handover_no = %(no)s::int
ORDER BY taker.name, p.assignment_no

-- name: list_events
SELECT e.at, e.action, e.person_no, doer.name AS person_name, e.whose_no, whose.name AS whose_name,
       e.reason
FROM handover_event e
LEFT JOIN person doer ON doer.no = e.person_no
LEFT JOIN person whose ON whose.no = e.whose_no
WHERE e.handover_no = %(no)s::int ORDER BY e.no

-- name: list_parts_prepared
-- Which of these assignments an open hand-over moves already.
SELECT p.handover_no FROM handover_part p JOIN handover h ON h.no = p.handover_no
WHERE h.state = 'prepared' AND p.assignment_no = ANY (%(assignments)s::int[]) LIMIT 1

-- name: insert_handover
INSERT INTO handover (giver_no, happens_on, note, made_by)
VALUES (%(giver)s::int, %(happens_on)s::date, %(note)s::text, person())
RETURNING no

-- name: insert_part
INSERT INTO handover_part (handover_no, assignment_no, giver_no, taker_no, role, grid_no, open)
SELECT %(handover)s::int, a.no, a.person_no, %(taker)s::int, a.role, a.grid_no, %(open)s::jsonb
FROM assignment a WHERE a.no = %(assignment)s::int

-- name: insert_prepared
INSERT INTO handover_event (handover_no, action, person_no)
VALUES (%(handover)s::int, 'prepared', person())

-- name: sign
SELECT sign_handover(%(handover)s::int, %(whose)s::int, %(reason)s::text)

-- name: undo
SELECT undo_handover(%(handover)s::int, %(reason)s::text)
