-- name: insert_look
INSERT INTO question_look (day) VALUES (%(day)s::date) ON CONFLICT DO NOTHING

-- name: list_stops
-- What people recorded themselves on these days and nobody took back; imports are nobody's round.
SELECT i.id, i.recorded_by AS person, i.target_no AS target, t.grid_no AS grid, i.happened_at AS at,
       ST_X(p.point) AS lon, ST_Y(p.point) AS lat
FROM target t
JOIN inspection i ON i.target_no = t.no
JOIN person who ON who.no = i.recorded_by AND who.kind = 'person'
CROSS JOIN LATERAL (SELECT CASE WHEN t.kind <> 'grid' THEN ST_PointOnSurface(t.geom) END AS point) p
WHERE i.happened_on BETWEEN %(first)s::date AND %(last)s::date AND i.batch_no IS NULL
  AND i.outcome <> 'voided' AND i.supersedes IS NULL AND t.grid_no > 0
  AND NOT EXISTS (SELECT 1 FROM inspection later
                  WHERE later.supersedes = i.id AND later.outcome = 'voided')

-- name: list_same_photos
-- Visits on these days with a photo whose bytes were sent with an earlier visit already.
SELECT DISTINCT ON (i.id) i.id, i.recorded_by AS person, i.target_no AS target, t.grid_no AS grid,
       i.happened_at AS at, f.id AS former_id, f.recorded_by AS former_person,
       f.target_no AS former_target, f.happened_at AS former_at
FROM target t
JOIN inspection i ON i.target_no = t.no
JOIN person who ON who.no = i.recorded_by AND who.kind = 'person'
JOIN inspection_photo ip ON ip.inspection_id = i.id AND ip.carried_from IS NULL
JOIN photo o ON o.id = ip.photo_id
JOIN photo same ON same.original = o.original AND same.id <> o.id
JOIN inspection_photo fp ON fp.photo_id = same.id AND fp.carried_from IS NULL
JOIN inspection f ON f.id = fp.inspection_id AND f.id <> i.id
     AND (f.happened_at, f.id) < (i.happened_at, i.id)
WHERE i.happened_on BETWEEN %(first)s::date AND %(last)s::date AND t.grid_no > 0
ORDER BY i.id, f.happened_at, f.id

-- name: count_plain
-- Records without answers by who made them, the grid above the place and the class.
SELECT i.recorded_by AS person, up.ancestor_no AS parent, i.target_class AS class_key,
       count(*)::int AS records, (count(*) FILTER (WHERE i.outcome <> 'done'))::int AS deviating
FROM target t
JOIN inspection i ON i.target_no = t.no
JOIN person who ON who.no = i.recorded_by AND who.kind = 'person'
JOIN edition e ON e.state = 'active'
JOIN grid_chain up ON up.edition_no = e.no AND up.grid_no = t.grid_no
     AND up.depth = greatest(1, (SELECT max(depth) - 1 FROM level))
WHERE i.happened_on BETWEEN %(first)s::date AND %(last)s::date AND i.batch_no IS NULL
  AND i.outcome <> 'voided' AND i.answers = '{}'
  AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
GROUP BY i.recorded_by, up.ancestor_no, i.target_class

-- name: list_answered
-- Records with answers, to be held against their checklists.
SELECT i.recorded_by AS person, up.ancestor_no AS parent, i.target_class AS class_key, i.outcome,
       i.checklists, i.answers
FROM target t
JOIN inspection i ON i.target_no = t.no
JOIN person who ON who.no = i.recorded_by AND who.kind = 'person'
JOIN edition e ON e.state = 'active'
JOIN grid_chain up ON up.edition_no = e.no AND up.grid_no = t.grid_no
     AND up.depth = greatest(1, (SELECT max(depth) - 1 FROM level))
WHERE i.happened_on BETWEEN %(first)s::date AND %(last)s::date AND i.batch_no IS NULL
  AND i.outcome <> 'voided' AND i.answers <> '{}'
  AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)

-- name: raise_question
SELECT raise_question(%(rule)s::text, %(key)s::text, %(person)s::int, %(grid)s::int,
                      %(facts)s::jsonb, %(day)s::date)

-- name: list_questions
-- The open ones first, then the latest; one by its number, or all that concern the reader.
SELECT q.no, q.rule, q.person_no, q.person_no = person() AS own, who.name AS person, q.grid_no,
       q.facts, q.raised_on, closed.words AS closed_words, closed.recorded_at AS closed_at,
       closer.name AS closed_by
FROM question q
LEFT JOIN person who ON who.no = q.person_no
LEFT JOIN question_event closed ON closed.question_no = q.no AND closed.kind = 'close'
LEFT JOIN person closer ON closer.no = closed.recorded_by
WHERE %(no)s::int IS NULL OR q.no = %(no)s::int
ORDER BY closed.no IS NOT NULL, q.no DESC LIMIT %(limit)s::int

-- name: list_answers
SELECT e.question_no, e.words, e.recorded_at FROM question_event e
WHERE e.question_no = ANY (%(questions)s::int[]) AND e.kind = 'answer' ORDER BY e.no

-- name: list_visits
-- Of these visits those whose place the reader sees.
SELECT i.id, i.target_name AS name, i.happened_at, t.no AS target_no, t.kind
FROM target t
JOIN inspection i ON i.target_no = t.no
WHERE i.id = ANY (%(ids)s::uuid[])
ORDER BY i.happened_at, i.id

-- name: count_open
SELECT count(*)::int FROM question q
WHERE NOT EXISTS (SELECT 1 FROM question_event e WHERE e.question_no = q.no AND e.kind = 'close')

-- name: insert_event
INSERT INTO question_event (id, question_no, person_no, kind, words, recorded_by)
VALUES (%(id)s::uuid, %(question)s::int, %(person)s::int, %(kind)s::text, %(words)s::text, person())
ON CONFLICT DO NOTHING

-- name: find_event
SELECT question_no, kind, words, recorded_by FROM question_event WHERE id = %(id)s::uuid
