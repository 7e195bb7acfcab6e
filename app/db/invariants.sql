-- Queries that return nothing while the data are sound. Each row they do return says what is wrong.

-- name: one_active_edition
-- Published editions exist, but not exactly one of them is active.
SELECT 'editions active: ' || count(*) FILTER (WHERE state = 'active') AS fault
FROM edition WHERE state <> 'draft'
HAVING count(*) > 0 AND count(*) FILTER (WHERE state = 'active') <> 1;

-- name: editions_without_pause
-- A day between the first edition and today on which no edition holds.
SELECT 'no edition between ' || e.valid_until || ' and the next' AS fault
FROM edition e
WHERE e.state = 'retired'
  AND NOT EXISTS (SELECT 1 FROM edition n WHERE n.valid_from = e.valid_until AND n.state <> 'draft')
  AND e.valid_until > e.valid_from;

-- name: point_in_its_grid
-- A located target that does not touch its grid's shape in the active edition, unless somebody
-- decided so for this very point.
SELECT 'target ' || t.no || ' lies outside grid ' || t.grid_no AS fault
FROM target t
JOIN edition e ON e.state = 'active'
JOIN grid g ON g.no = t.grid_no AND g.kind = 'area'
LEFT JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = t.grid_no
WHERE t.geom IS NOT NULL
  AND (s.grid_no IS NULL OR NOT ST_Intersects(s.geom, ST_PointOnSurface(t.geom)))
  AND NOT (s.grid_no IS NOT NULL AND EXISTS (
        SELECT 1 FROM placement p
        WHERE p.target_no = coalesce(t.merged_into, t.no) AND p.grid_no = t.grid_no
          AND p.geom = t.geom));

-- name: establishment_in_its_grid
-- A unit that is a grid of the active edition and lies in another one.
SELECT 'target ' || t.no || ' is grid ' || x.grid_no || ' and lies in grid ' || t.grid_no AS fault
FROM establishment x
JOIN target t ON t.no = x.target_no
JOIN edition e ON e.state = 'active'
JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = x.grid_no
WHERE t.grid_no <> x.grid_no;

-- name: placement_holds
-- A decided place that was not kept although the point touches no grid and the grid is there.
SELECT 'target ' || t.no || ' was placed in grid ' || p.grid_no || ' and lies in none' AS fault
FROM placement p
JOIN target t ON t.no = p.target_no AND t.geom = p.geom AND t.grid_no = 0
JOIN edition e ON e.state = 'active'
JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = p.grid_no;

-- name: leftover_touches_a_grid
-- A target without a grid although its point touches one.
SELECT 'target ' || t.no || ' waits as a leftover but touches grid ' || s.grid_no AS fault
FROM target t
JOIN edition e ON e.state = 'active'
JOIN grid_shape s ON s.edition_no = e.no AND ST_Intersects(s.geom, ST_PointOnSurface(t.geom))
WHERE t.grid_no = 0 AND t.geom IS NOT NULL;

-- name: unit_follows_its_target
-- A unit row that carries another grid or importer than its target.
SELECT 'unit ' || u.id || ' differs from target ' || t.no AS fault
FROM unit u JOIN target t ON t.no = u.target_no
WHERE u.grid_no <> t.grid_no OR u.imported_by <> t.imported_by;

-- name: register_follows_its_target
-- A row of a register that carries another grid or kind than its target.
SELECT r.kind || ' ' || r.id || ' differs from target ' || t.no AS fault
FROM register_row r JOIN target t ON t.no = r.target_no
WHERE r.grid_no <> t.grid_no OR r.kind <> t.kind;

-- name: parents_one_level_up
-- A grid whose parent is missing or not exactly one level above it.
SELECT 'grid ' || g.no || ' of edition ' || s.edition_no || ' has a wrong parent' AS fault
FROM grid_shape s
JOIN grid g ON g.no = s.grid_no
LEFT JOIN grid p ON p.no = s.parent_no
WHERE (g.depth = 1) <> (s.parent_no IS NULL) OR p.depth <> g.depth - 1;

-- name: fault_worse_than_accepted
-- A published edition with errors, or with more warnings than were accepted.
SELECT 'edition ' || e.name || ' has ' || count(*) || ' faults, ' || e.accepted_warnings
       || ' were accepted' AS fault
FROM edition e JOIN edition_fault f ON f.edition_no = e.no
WHERE e.state <> 'draft'
GROUP BY e.no
HAVING count(*) FILTER (WHERE f.severity = 'error') > 0 OR count(*) > e.accepted_warnings;

-- name: territory_holds_its_grid
-- A grid of the active edition whose own number is missing from its or an ancestor's territory.
SELECT 'grid ' || c.grid_no || ' is missing from the territory of ' || c.ancestor_no AS fault
FROM grid_chain c
JOIN edition e ON e.no = c.edition_no AND e.state = 'active'
LEFT JOIN territory t ON t.grid_no = c.ancestor_no
WHERE t.grid_no IS NULL OR NOT c.grid_no <@ t.numbers;

-- name: territories_apart
-- Two grids of one level that share a number.
SELECT 'grids ' || a.grid_no || ' and ' || a.previous || ' share numbers' AS fault
FROM (SELECT t.grid_no, g.depth, r.part, max(upper(r.part)) OVER before_it AS taken,
             lag(t.grid_no) OVER (PARTITION BY g.depth ORDER BY lower(r.part)) AS previous
      FROM territory t JOIN grid g ON g.no = t.grid_no
      CROSS JOIN LATERAL unnest(t.numbers) AS r (part)
      WINDOW before_it AS (PARTITION BY g.depth ORDER BY lower(r.part)
                           ROWS BETWEEN UNBOUNDED PRECEDING AND 1 PRECEDING)) a
WHERE lower(a.part) < a.taken;

-- name: kind_is_the_present_class
-- A unit whose latest kind on record is not the kind that it is listed with.
SELECT 'unit ' || u.id || ' is listed as ' || u.class || ', on record as ' || c.class AS fault
FROM unit u JOIN unit_class c ON c.target_no = u.target_no AND c.scheme = 'kind'
WHERE c.valid_until IS NULL AND c.class <> u.class;

-- name: merged_lies_where_it_went
-- What was merged lies elsewhere than the one it turned out to be, or that one does not know.
SELECT 'target ' || m.no || ' does not follow ' || t.no AS fault
FROM target m JOIN target t ON t.no = m.merged_into
WHERE m.grid_no <> t.grid_no OR m.tile_key IS DISTINCT FROM t.tile_key OR NOT t.has_merged
   OR t.merged_into IS NOT NULL OR m.valid_until IS NULL;

-- name: no_unit_is_part_of_itself
WITH RECURSIVE up AS (
    SELECT u.target_no AS no, u.parent_no, 1 AS steps FROM unit u WHERE u.parent_no IS NOT NULL
    UNION ALL
    SELECT up.no, u.parent_no, up.steps + 1 FROM up JOIN unit u ON u.target_no = up.parent_no
    WHERE u.parent_no IS NOT NULL AND up.steps < 20)
SELECT DISTINCT 'unit ' || up.no || ' is a part of itself' AS fault FROM up WHERE up.parent_no = up.no;

-- name: households_counted
-- Counts of households that differ from counting anew, and households apart from their target.
SELECT fault FROM household_faults();

-- name: coverage_equals_counting_anew
-- Counts kept for coverage that differ from counting anew. A city has millions of them: each day
-- another dozen of rules with their due dates, and some hundred grids of each, are looked at.
SELECT fault FROM coverage_faults();

-- name: deputies_are_there
-- Somebody who stands in on a day on which they are away themselves.
SELECT 'cover ' || c.no || ' has a deputy who is away in cover ' || away.no AS fault
FROM cover c
JOIN cover away ON away.person_no = c.deputy_no AND away.valid_from < c.valid_until
     AND away.valid_until > c.valid_from AND away.valid_until > away.valid_from
WHERE c.valid_until > c.valid_from;

-- name: cover_follows_what_it_covers
-- A deputy's assignment with another grid or role than the one stood in for, or beyond its days.
SELECT 'assignment ' || a.no || ' differs from assignment ' || o.no AS fault
FROM assignment a
JOIN assignment o ON o.no = a.covers_no
JOIN cover c ON c.no = a.cover_no
WHERE a.grid_no IS DISTINCT FROM o.grid_no OR a.role <> o.role OR a.person_no <> c.deputy_no
   OR a.valid_until > a.valid_from AND (a.valid_from < c.valid_from OR a.valid_until > c.valid_until);

-- name: hand_overs_are_signed
-- Assignments that moved although a side has not signed.
SELECT 'hand-over ' || p.handover_no || ' moved without the signature of ' || side.no AS fault
FROM handover_part p
CROSS JOIN LATERAL (VALUES (p.giver_no), (p.taker_no)) AS side (no)
WHERE p.taken_no IS NOT NULL AND NOT EXISTS (
    SELECT 1 FROM handover_event e WHERE e.handover_no = p.handover_no AND e.whose_no = side.no);

-- name: audit_log_whole
-- An event of the log that was changed, taken out or put in beside the chain. What this very
-- transaction wrote is chained at its commit.
SELECT 'audit event ' || f.event_no || f.wrong AS fault
FROM (SELECT c.event_no,
             CASE WHEN e.no IS NULL THEN ' was taken out'
                  WHEN c.position <> row_number() OVER w THEN ' follows a gap in the chain'
                  WHEN c.hash <> audit_hash(coalesce(lag(c.hash) OVER w, ''::bytea), e)
                  THEN ' or the chain before it was changed' END AS wrong
      FROM audit_chain c
      LEFT JOIN audit_event e ON e.no = c.event_no
      WINDOW w AS (ORDER BY c.position)) f
WHERE f.wrong IS NOT NULL
UNION ALL
SELECT 'audit event ' || e.no || ' is not in the chain' AS fault
FROM audit_event e
LEFT JOIN audit_chain c ON c.event_no = e.no
WHERE c.event_no IS NULL AND e.at < now();

-- name: search_follows_its_target
-- A piece of a word that carries another grid than its target, or whose target is gone.
SELECT 'the search knows target ' || g.target_no || ' in grid ' || g.grid_no AS fault
FROM search_gram g LEFT JOIN target t ON t.no = g.target_no
WHERE t.no IS NULL OR t.grid_no <> g.grid_no
GROUP BY g.target_no, g.grid_no;

-- name: everything_is_searched
-- A unit, building, facility, hazard, place or road that nobody can find.
SELECT t.kind || ' ' || t.no || ' is missing from the search' AS fault
FROM target t
JOIN (SELECT target_no FROM unit UNION ALL SELECT target_no FROM building
      UNION ALL SELECT target_no FROM facility UNION ALL SELECT target_no FROM hazard
      UNION ALL SELECT target_no FROM place) d
    ON d.target_no = t.no
WHERE NOT EXISTS (SELECT 1 FROM search_gram g WHERE g.target_no = t.no);

-- name: place_follows_its_target
-- A place or road that carries another kind, grid or importer than its target, or a road that is
-- no line.
SELECT p.kind || ' ' || p.id || ' differs from target ' || t.no AS fault
FROM place p JOIN target t ON t.no = p.target_no
WHERE p.kind <> t.kind OR p.grid_no <> t.grid_no OR p.imported_by <> t.imported_by
   OR p.kind = 'road' AND ST_Dimension(t.geom) <> 1;
