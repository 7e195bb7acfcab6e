-- name: list_rules
-- The latest of each programme.
SELECT DISTINCT ON (r.programme_key) r.programme_key, r.percent, r.visits, r.days
FROM check_rule r ORDER BY r.programme_key, r.no DESC

-- name: insert_rule
INSERT INTO check_rule (programme_key, percent, visits, days, set_by)
VALUES (%(programme)s::text, %(percent)s::numeric, %(visits)s::smallint, %(days)s::smallint, person())

-- name: hold_draws
-- No visit is drawn twice: one draw of a programme at a time.
SELECT pg_advisory_xact_lock(hashtext('draw of visits ' || %(programme)s::text))

-- name: list_claims
SELECT inspection_id, target_no, of_household, grid_no, recorder_no
FROM claimed_visits(%(programme)s::text, %(first)s::date, %(last)s::date, %(within)s::int)

-- name: has_automatic
SELECT EXISTS (SELECT 1 FROM check_sample
               WHERE automatic AND programme_key = %(programme)s::text
                 AND period = %(period)s::text)

-- name: insert_sample
INSERT INTO check_sample (programme_key, period, first_day, last_day, grid_no, seed, size, automatic,
                          drawn_on, expires_on, drawn_by)
VALUES (%(programme)s::text, %(period)s::text, %(first)s::date, %(last)s::date, %(grid)s::int,
        %(seed)s::bigint, %(size)s::int, %(automatic)s::boolean, %(drawn_on)s::date,
        %(expires_on)s::date, person())
RETURNING no

-- name: freeze_sample
SELECT freeze_sample(%(sample)s::int, %(visits)s::uuid[], %(drawn)s::boolean[])

-- name: list_candidates
-- Who answers for something above these grids, or for the whole city (depth 0).
SELECT c.grid_no AS grid, a.person_no AS person, a.role, c.depth::int AS depth, p.name
FROM edition e
JOIN grid_chain c ON c.edition_no = e.no AND c.grid_no = ANY (%(grids)s::int[])
JOIN assignment a ON a.grid_no = c.ancestor_no
JOIN person p ON p.no = a.person_no AND p.active AND p.kind = 'person'
WHERE e.state = 'active' AND a.role = ANY (%(roles)s::text[]) AND a.valid_from <= %(on)s::date
  AND (a.valid_until IS NULL OR a.valid_until > %(on)s::date)
UNION
SELECT g.no, a.person_no, a.role, 0, p.name
FROM unnest(%(grids)s::int[]) AS g (no)
CROSS JOIN assignment a
JOIN person p ON p.no = a.person_no AND p.active AND p.kind = 'person'
WHERE a.grid_no IS NULL AND a.role = ANY (%(roles)s::text[]) AND a.valid_from <= %(on)s::date
  AND (a.valid_until IS NULL OR a.valid_until > %(on)s::date)

-- name: insert_assignments
INSERT INTO check_event (id, sample_no, inspection_id, target_no, recorder_no, kind, checker_no,
                         happened_on, recorded_by) VALUES %s

-- name: insert_finding
INSERT INTO check_event (id, sample_no, inspection_id, target_no, recorder_no, kind, checker_no, how,
                         note, happened_on, recorded_by, supersedes)
VALUES (%(id)s::uuid, %(sample)s::int, %(visit)s::uuid, %(target)s::bigint, %(recorder)s::int,
        %(result)s::text, person(), %(how)s::text, %(note)s::text, %(on)s::date, person(),
        %(supersedes)s::bigint)
ON CONFLICT DO NOTHING

-- name: find_event
SELECT sample_no, inspection_id, kind, how, note, recorded_by FROM check_event
WHERE id = %(id)s::uuid

-- name: list_samples
-- The newest first, from the one before the given one on.
SELECT s.no, s.programme_key, p.name_zh, p.name_en, s.period, s.first_day, s.last_day, s.grid_no,
       s.seed, s.size, s.automatic, s.drawn_on, s.expires_on, s.drawn_at, d.name AS drawn_by
FROM check_sample s
JOIN programme p ON p.key = s.programme_key
LEFT JOIN person d ON d.no = s.drawn_by AND d.kind = 'person'
WHERE s.no < %(before)s::int AND (s.size > 0 OR s.no = %(sample)s::int)
  AND (%(sample)s::int IS NULL OR s.no = %(sample)s::int)
  AND (s.grid_no IS NULL OR s.grid_no <@ (SELECT scope()) OR EXISTS (
        SELECT 1 FROM territory t WHERE t.grid_no = s.grid_no AND t.numbers && (SELECT scope())))
ORDER BY s.no DESC LIMIT %(limit)s::int

-- name: count_items
-- Of each of these samples the drawn visits that the reader may see, by what was found.
SELECT c.sample_no, s.expires_on, result.kind AS result, count(*) AS visits
FROM check_claim c
JOIN check_sample s ON s.no = c.sample_no
LEFT JOIN LATERAL (
    SELECT e.kind FROM check_event e
    WHERE e.sample_no = c.sample_no AND e.inspection_id = c.inspection_id AND e.kind <> 'assigned'
    ORDER BY e.no DESC LIMIT 1) result ON true
WHERE c.sample_no = ANY (%(samples)s::int[]) AND c.drawn
GROUP BY c.sample_no, s.expires_on, result.kind

-- name: list_items
-- Drawn visits with who is to look and the latest finding: of a sample, one visit, those given to
-- the reader that wait, or those that the reader recorded and somebody checked.
SELECT c.sample_no, c.inspection_id, c.target_no, c.grid_no, c.recorder_no, c.rank,
       c.recorder_no = person() AS own, t.kind, t.kind = 'household' AS of_household,
       coalesce(u.name, r.name, h.building, gs.name) AS name,
       CASE WHEN t.kind = 'grid' THEN gs.name_en END AS name_en,
       coalesce(u.address, r.address) AS address, coalesce(u.class, r.class) AS class_key,
       ST_X(p.point) AS lon, ST_Y(p.point) AS lat, i.happened_at, i.happened_on, s.programme_key,
       g.name_zh AS programme_zh, g.name_en AS programme_en, s.period, s.expires_on,
       turn.checker_no, checker.name AS checker, result.no AS result_no, result.kind AS result,
       result.how, result.note, result.happened_on AS checked_on, result.supersedes,
       result.checker_no = person() AS own_result
FROM check_claim c
JOIN check_sample s ON s.no = c.sample_no
JOIN programme g ON g.key = s.programme_key
JOIN target t ON t.no = c.target_no
JOIN inspection i ON i.id = c.inspection_id
LEFT JOIN unit u ON u.target_no = t.no
LEFT JOIN register_row r ON r.target_no = t.no
LEFT JOIN household h ON h.target_no = t.no
LEFT JOIN edition e ON e.state = 'active'
LEFT JOIN grid_shape gs ON t.kind = 'grid' AND gs.edition_no = e.no AND gs.grid_no = t.grid_no
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(coalesce(t.geom, gs.geom)) AS point) p
LEFT JOIN LATERAL (
    SELECT a.checker_no FROM check_event a
    WHERE a.sample_no = c.sample_no AND a.inspection_id = c.inspection_id AND a.kind = 'assigned'
    ORDER BY a.no DESC LIMIT 1) turn ON true
LEFT JOIN person checker ON checker.no = turn.checker_no
LEFT JOIN LATERAL (
    SELECT f.no, f.kind, f.how, f.note, f.happened_on, f.supersedes, f.checker_no FROM check_event f
    WHERE f.sample_no = c.sample_no AND f.inspection_id = c.inspection_id AND f.kind <> 'assigned'
    ORDER BY f.no DESC LIMIT 1) result ON true
WHERE c.drawn
  AND (%(sample)s::int IS NULL OR c.sample_no = %(sample)s::int)
  AND (%(visit)s::uuid IS NULL OR c.inspection_id = %(visit)s::uuid)
  AND (NOT %(waiting)s::boolean OR (turn.checker_no = person() AND result.no IS NULL
                                    AND s.expires_on >= %(on)s::date))
  AND (NOT %(own)s::boolean OR (c.recorder_no = person() AND result.no IS NOT NULL))
ORDER BY CASE WHEN %(own)s::boolean THEN NULL ELSE c.rank END, result.happened_on DESC,
         c.inspection_id
LIMIT %(limit)s::int

-- name: count_waiting
-- Of the visits given to the reader that nobody has checked yet.
SELECT count(*)::int
FROM check_event a
JOIN check_sample s ON s.no = a.sample_no AND s.expires_on >= %(on)s::date
WHERE a.checker_no = person() AND a.kind = 'assigned'
  AND NOT EXISTS (SELECT 1 FROM check_event later
                  WHERE later.sample_no = a.sample_no AND later.inspection_id = a.inspection_id
                    AND (later.kind <> 'assigned' OR later.no > a.no))

-- name: list_frozen
-- The list of a sample in its order, as far as the reader may see it.
SELECT c.rank, c.inspection_id, c.drawn, c.grid_no, g.code, i.happened_on,
       coalesce(u.name, r.name, h.building, gs.name) AS name
FROM check_claim c
JOIN target t ON t.no = c.target_no
JOIN inspection i ON i.id = c.inspection_id
LEFT JOIN grid g ON g.no = c.grid_no
LEFT JOIN unit u ON u.target_no = t.no
LEFT JOIN register_row r ON r.target_no = t.no
LEFT JOIN household h ON h.target_no = t.no
LEFT JOIN edition e ON e.state = 'active'
LEFT JOIN grid_shape gs ON t.kind = 'grid' AND gs.edition_no = e.no AND gs.grid_no = t.grid_no
WHERE c.sample_no = %(sample)s::int AND c.rank > %(after)s::int
ORDER BY c.rank LIMIT %(limit)s::int
