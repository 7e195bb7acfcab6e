-- name: list_open_duties
-- Targets of these turns that nobody has visited yet and that are not excluded.
SELECT asked.turn, s.target_no
FROM unnest(%(turns)s::int[], %(rules)s::int[], %(sinces)s::date[], %(dues)s::date[],
            %(graces)s::date[], %(grids)s::int[])
    AS asked (turn, rule_no, since, due_on, grace_until, grid_no)
JOIN territory t ON t.grid_no = asked.grid_no
CROSS JOIN LATERAL duty_states(asked.rule_no, asked.since, asked.due_on, asked.grace_until,
                               %(today)s::date, false) s
WHERE NOT s.excluded AND s.done_on IS NULL AND s.grid_no <@ t.numbers

-- name: list_targets
-- What a list says of its stops; `tried` is the outcome of a visit in vain on that day.
SELECT t.no, t.kind, t.grid_no, coalesce(u.name, r.name, h.building, s.name) AS name, s.name_en,
       coalesce(u.id, r.id, h.id, l.key || ':' || g.code) AS id,
       coalesce(u.class, r.class, h.class, l.key) AS class_key,
       coalesce(u.address, r.address) AS address, ST_X(p.point) AS lon, ST_Y(p.point) AS lat,
       seen.last_done, vain.outcome AS tried, EXISTS (
           SELECT 1 FROM exclusion x
           WHERE x.target_no = t.no AND x.decision IS NULL AND x.valid_until > %(today)s::date
             AND NOT EXISTS (SELECT 1 FROM inspection v
                             WHERE v.supersedes = x.inspection_id AND v.outcome = 'voided')
           ) AS exclusion_asked
FROM target t
LEFT JOIN unit u ON u.target_no = t.no
LEFT JOIN register_row r ON r.target_no = t.no
LEFT JOIN household h ON h.target_no = t.no
LEFT JOIN grid g ON t.kind = 'grid' AND g.no = t.grid_no
LEFT JOIN level l ON l.depth = g.depth
LEFT JOIN edition e ON e.state = 'active'
LEFT JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = g.no
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(coalesce(t.geom, s.geom)) AS point) p
LEFT JOIN LATERAL (
    SELECT i.happened_on AS last_done FROM inspection i
    WHERE i.target_no = t.no AND i.outcome = 'done' AND i.happened_on <= %(today)s::date
      AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
    ORDER BY i.happened_on DESC LIMIT 1) seen ON true
LEFT JOIN LATERAL (
    SELECT i.outcome FROM inspection i
    WHERE i.target_no = t.no AND i.happened_on = %(today)s::date
      AND i.outcome NOT IN ('done', 'voided')
      AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
    ORDER BY i.happened_at DESC LIMIT 1) vain ON true
WHERE t.no = ANY (%(numbers)s::bigint[])

-- name: list_recorded
-- What the reader recorded of a day and nobody took back, the latest first.
SELECT i.id, t.no AS target_no, t.kind, i.target_name AS name, i.outcome, i.happened_at, i.note
FROM target t
JOIN inspection i ON i.target_no = t.no
WHERE i.happened_on = %(today)s::date AND i.recorded_by = person() AND i.outcome <> 'voided'
  AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
ORDER BY i.happened_at DESC, i.id LIMIT %(limit)s::int

-- name: find_middle
-- Of these grids together.
SELECT ST_X(m.point) AS lon, ST_Y(m.point) AS lat
FROM (SELECT ST_PointOnSurface(ST_Collect(s.geom)) AS point
      FROM grid_shape s JOIN edition e ON e.no = s.edition_no AND e.state = 'active'
      WHERE s.grid_no = ANY (%(grids)s::int[]) AND s.geom IS NOT NULL) m
WHERE m.point IS NOT NULL
