-- name: list_pieces
-- What the database would store of the question, had it been a name.
SELECT 'text' AS part, gram FROM text_grams(%(text)s::text) AS gram
UNION ALL
SELECT 'whole', gram FROM whole_grams(%(text)s::text) AS gram

-- name: list_readings
SELECT character, readings FROM reading WHERE character = ANY (%(characters)s::text[])

-- name: list_target_candidates
-- The rarest pieces first; of a piece that is everywhere only so many are looked at.  Slots are
-- counted as bits: a count of different values would sort every row first.
WITH wanted AS MATERIALIZED (
    SELECT w.gram, w.part, w.slot,
           (SELECT count(*) FROM (
                SELECT FROM search_gram s
                WHERE s.gram = w.gram AND (%(within)s::int IS NULL OR s.grid_no <@ (
                    SELECT t.numbers FROM territory t WHERE t.grid_no = %(within)s::int))
                LIMIT %(bound)s::int) seen) AS hits
    FROM unnest(%(grams)s::text[], %(parts)s::text[], %(slots)s::int[]) AS w (gram, part, slot)),
chosen AS MATERIALIZED (
    SELECT gram, part, slot
    FROM (SELECT *, row_number() OVER (PARTITION BY part ORDER BY hits, gram) AS place
          FROM wanted WHERE hits > 0) sized
    WHERE place <= CASE part WHEN 'text' THEN 5 ELSE 40 END)
SELECT found.target_no AS no,
       count(*) FILTER (WHERE c.part = 'text') AS text,
       count(*) FILTER (WHERE c.part = 'whole') AS whole,
       coalesce(bit_count(bit_or(1::bigint << c.slot)
                          FILTER (WHERE c.part = 'sound')::bit(64)), 0) AS sound,
       count(*) FILTER (WHERE c.part = 'initials') AS initials
FROM chosen c
CROSS JOIN LATERAL (
    SELECT s.target_no FROM search_gram s
    WHERE s.gram = c.gram AND (%(within)s::int IS NULL OR s.grid_no <@ (
        SELECT t.numbers FROM territory t WHERE t.grid_no = %(within)s::int))
    LIMIT %(bound)s::int) found
GROUP BY found.target_no
ORDER BY whole DESC, text DESC, sound DESC, initials DESC, no
LIMIT %(limit)s::int

-- name: list_targets
-- Target by target, so that a register is asked for its own rows alone and by their key.
SELECT t.no, t.kind, d.id, d.name, d.address, d.class_key, t.grid_no,
       ST_X(p.point) AS lon, ST_Y(p.point) AS lat,
       d.settled OR coalesce(t.valid_until <= %(on)s::date, false) AS closed
FROM target t
CROSS JOIN LATERAL (
    SELECT id, name, address, class AS class_key, false AS settled
    FROM unit WHERE t.kind = 'unit' AND target_no = t.no
    UNION ALL
    SELECT id, name, address, class, false
    FROM building WHERE t.kind = 'building' AND target_no = t.no
    UNION ALL
    SELECT id, name, address, class, false
    FROM facility WHERE t.kind = 'facility' AND target_no = t.no
    UNION ALL
    SELECT id, name, address, class, state IN ('closed', 'dismissed')
    FROM hazard WHERE t.kind = 'hazard' AND target_no = t.no
    UNION ALL
    SELECT id, name, address, class, false
    FROM place WHERE t.kind IN ('place', 'road') AND target_no = t.no) d
CROSS JOIN LATERAL (SELECT ST_PointOnSurface(t.geom) AS point) p
WHERE t.no = ANY (%(numbers)s::bigint[])

-- name: list_grid_candidates
WITH wanted AS (
    SELECT w.gram, w.part, w.slot
    FROM unnest(%(grams)s::text[], %(parts)s::text[], %(slots)s::int[]) AS w (gram, part, slot))
SELECT found.grid_no AS no,
       count(*) FILTER (WHERE w.part = 'text') AS text,
       count(*) FILTER (WHERE w.part = 'whole') AS whole,
       count(DISTINCT w.slot) FILTER (WHERE w.part = 'sound') AS sound,
       count(*) FILTER (WHERE w.part = 'initials') AS initials
FROM wanted w
CROSS JOIN LATERAL (SELECT s.grid_no FROM grid_gram s WHERE s.gram = w.gram
                    LIMIT %(bound)s::int) found
GROUP BY found.grid_no
ORDER BY whole DESC, text DESC, sound DESC, initials DESC, no
LIMIT %(limit)s::int

-- name: list_person_candidates
WITH wanted AS (
    SELECT w.gram, w.part, w.slot
    FROM unnest(%(grams)s::text[], %(parts)s::text[], %(slots)s::int[]) AS w (gram, part, slot))
SELECT found.person_no AS no,
       count(*) FILTER (WHERE w.part = 'text') AS text,
       count(*) FILTER (WHERE w.part = 'whole') AS whole,
       count(DISTINCT w.slot) FILTER (WHERE w.part = 'sound') AS sound,
       count(*) FILTER (WHERE w.part = 'initials') AS initials
FROM wanted w
CROSS JOIN LATERAL (SELECT s.person_no FROM person_gram s WHERE s.gram = w.gram
                    LIMIT %(bound)s::int) found
GROUP BY found.person_no
ORDER BY whole DESC, text DESC, sound DESC, initials DESC, no
LIMIT %(limit)s::int

-- name: list_assignments
-- Who holds a role today: these persons, or everybody with one of these roles, or whoever
-- answers for one of these grids or one below it.
SELECT p.no, p.sign_in AS id, p.name, p.organisation, a.role, coalesce(a.grid_no, 0) AS grid_no
FROM assignment a
JOIN person p ON p.no = a.person_no AND p.active AND p.kind = 'person'
WHERE a.valid_from <= %(on)s::date AND (a.valid_until IS NULL OR a.valid_until > %(on)s::date)
  AND (%(people)s::int[] IS NULL OR a.person_no = ANY (%(people)s::int[]))
  AND (%(roles)s::text[] IS NULL OR a.role = ANY (%(roles)s::text[]))
  AND (%(grids)s::int[] IS NULL OR EXISTS (
        SELECT 1 FROM grid_chain c JOIN edition e ON e.no = c.edition_no AND e.state = 'active'
        WHERE c.grid_no = a.grid_no AND c.ancestor_no = ANY (%(grids)s::int[])))
ORDER BY a.grid_no NULLS FIRST, a.role, p.name, p.no
LIMIT %(limit)s::int
