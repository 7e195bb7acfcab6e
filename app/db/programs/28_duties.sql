-- Programmes, their rules and the calendar are everybody's to read; admins and planners write them.
-- What hangs on a target is seen where the target lies today; of a household only by those who
-- answer for the place.

DO $$
DECLARE written text;
BEGIN
    FOREACH written IN ARRAY ARRAY['programme', 'checklist', 'duty_rule', 'calendar_day',
            'calendar_year'] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER admin_writes '
            'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON gridward.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION gridward.refuse_public_writes(''{admin,authority}'')',
            written);
    END LOOP;
END $$;
GRANT SELECT, INSERT, DELETE,
    UPDATE (name_zh, name_en, purpose_zh, purpose_en, legal_basis, source, set_by, set_at)
    ON gridward.programme TO @app@;
GRANT SELECT, INSERT, UPDATE (withdrawn_on) ON gridward.checklist TO @app@;
GRANT SELECT, INSERT, DELETE, UPDATE (valid_until) ON gridward.duty_rule TO @app@;
GRANT SELECT, INSERT, UPDATE, DELETE ON gridward.calendar_day, gridward.calendar_year TO @app@;

ALTER TABLE gridward.exclusion ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.exclusion FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.exclusion;
CREATE POLICY territory ON gridward.exclusion USING (EXISTS (
    SELECT 1 FROM gridward.target t
    WHERE t.no = target_no
      AND (t.kind <> 'household' OR t.grid_no <@ (SELECT gridward.person_scope()))));
DROP POLICY IF EXISTS own_name ON gridward.exclusion;
CREATE POLICY own_name ON gridward.exclusion AS RESTRICTIVE FOR INSERT WITH CHECK (
    asked_by = (SELECT gridward.person()) AND decision IS NULL AND (SELECT gridward.holds_role(
        '{admin,grid_chief,grid_worker,area_manager,authority}')));
-- the second person answers for more than one grid
DROP POLICY IF EXISTS second_person ON gridward.exclusion;
CREATE POLICY second_person ON gridward.exclusion AS RESTRICTIVE FOR UPDATE
    USING (decision IS NULL AND (SELECT gridward.holds_role('{admin,area_manager,authority}')))
    WITH CHECK (decided_by = (SELECT gridward.person()));
GRANT SELECT, INSERT (target_no, programme_key, reason, note, inspection_id, valid_from,
        valid_until, asked_by),
    UPDATE (decision, decided_by, decided_at, decided_note) ON gridward.exclusion TO @app@;

DO $$
DECLARE held text;
BEGIN
    FOREACH held IN ARRAY ARRAY['target_place', 'quota_list'] LOOP
        EXECUTE format('ALTER TABLE gridward.%I ENABLE ROW LEVEL SECURITY', held);
        EXECUTE format('ALTER TABLE gridward.%I FORCE ROW LEVEL SECURITY', held);
        EXECUTE format('DROP POLICY IF EXISTS territory ON gridward.%I', held);
        EXECUTE format('CREATE POLICY territory ON gridward.%I FOR SELECT USING (EXISTS ('
            'SELECT 1 FROM gridward.target t WHERE t.no = target_no AND (t.kind <> ''household'' '
            'OR t.grid_no <@ (SELECT gridward.person_scope()))))', held);
        EXECUTE format('GRANT SELECT ON gridward.%I TO @app@', held);
    END LOOP;
END $$;

-- -- where a target lay, and the grids as targets ------------------------------------------

-- A target that leaves the grid keeps the place of its past. One that lay in no grid was always
-- where it is found now. Publishing says from which day on the new grids hold.
CREATE OR REPLACE FUNCTION gridward.keep_target_place() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
DECLARE from_day date := coalesce(
    nullif(current_setting('gridward.placed_from', true), '')::date, current_date);
BEGIN
    IF TG_OP = 'INSERT' THEN
        INSERT INTO target_place (target_no, kind, grid_no, valid_from)
        VALUES (NEW.no, NEW.kind, NEW.grid_no, '1900-01-01');
        RETURN NULL;
    END IF;
    UPDATE target_place SET grid_no = NEW.grid_no
    WHERE target_no = NEW.no AND valid_until IS NULL
      AND (valid_from >= from_day OR grid_no = 0);
    IF NOT FOUND THEN
        UPDATE target_place SET valid_until = from_day
        WHERE target_no = NEW.no AND valid_until IS NULL;
        INSERT INTO target_place (target_no, kind, grid_no, valid_from)
        VALUES (NEW.no, NEW.kind, NEW.grid_no, from_day);
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER place_begins AFTER INSERT ON gridward.target
    FOR EACH ROW EXECUTE FUNCTION gridward.keep_target_place();
CREATE OR REPLACE TRIGGER place_changes AFTER UPDATE OF grid_no ON gridward.target
    FOR EACH ROW WHEN (NEW.grid_no <> OLD.grid_no) EXECUTE FUNCTION gridward.keep_target_place();


-- Each grid of the active edition is a target of visits, from its first edition on; a grid that no
-- edition holds any more stops being one. It carries no point: it is never located.
CREATE OR REPLACE FUNCTION gridward.keep_grid_targets() RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
DECLARE active edition; first_edition boolean;
BEGIN
    IF NOT holds_role('{admin}') THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an admin makes grids targets';
    END IF;
    SELECT * INTO active FROM edition WHERE state = 'active';
    first_edition := NOT EXISTS (SELECT 1 FROM edition WHERE state = 'retired');
    INSERT INTO target (kind, grid_no, imported_by, valid_from)
    SELECT 'grid', s.grid_no, person(),
           CASE WHEN g.kind = 'establishment' THEN current_date
                WHEN first_edition THEN '1900-01-01' ELSE active.valid_from END
    FROM grid_shape s JOIN grid g ON g.no = s.grid_no
    WHERE s.edition_no = active.no
      AND NOT EXISTS (SELECT 1 FROM target t WHERE t.kind = 'grid' AND t.grid_no = s.grid_no);
    UPDATE target t SET valid_until = CASE WHEN held.yes THEN NULL
                                        ELSE greatest(active.valid_from, t.valid_from) END
    FROM (SELECT t.no, EXISTS (
              SELECT 1 FROM grid_shape s JOIN grid g ON g.no = s.grid_no
              WHERE s.edition_no = active.no AND s.grid_no = t.grid_no
                -- an establishment whose unit is gone is no grid any more
                AND (g.kind = 'area' OR EXISTS (
                     SELECT 1 FROM establishment x WHERE x.grid_no = g.no))) AS yes
          FROM target t WHERE t.kind = 'grid') held
    WHERE held.no = t.no AND held.yes = (t.valid_until IS NOT NULL);
END
$$;

-- -- what is due and what was done ---------------------------------------------------------
-- The first two are plain: they are planned as a part of the statement that asks them, once and not
-- for each due date, and read as those do that may call them.

-- The targets of a rule's classes that are there on a day, with the grid they lie in then. Only of
-- these grids; NULL: of all.
CREATE OR REPLACE FUNCTION gridward.duty_list(rule integer, day date, within int4multirange)
RETURNS TABLE (target_no bigint, grid_no integer, has_merged boolean)
LANGUAGE sql STABLE AS
$$
    SELECT t.no, p.grid_no, t.has_merged
    FROM duty_rule r
    JOIN target_place p ON p.kind = r.target_kind AND p.valid_from <= day
         AND (p.valid_until IS NULL OR p.valid_until > day)
    JOIN target t ON t.no = p.target_no AND t.valid_from <= day
         AND (t.valid_until IS NULL OR t.valid_until > day) AND NOT t.closed @> day
    LEFT JOIN (grid g JOIN level l ON l.depth = g.depth) ON t.kind = 'grid' AND g.no = t.grid_no
    WHERE r.no = rule
      -- the bounds are for the index; where there are none the planner knows that all are meant
      AND p.grid_no BETWEEN coalesce(lower(range_merge(within)), 1)
                    AND coalesce(upper(range_merge(within)) - 1, 2147483647)
      AND (within IS NULL OR p.grid_no <@ within)
      AND (r.target_kind <> 'household' OR EXISTS (
               SELECT 1 FROM household h WHERE h.target_no = t.no AND h.expires_on > day))
      AND (r.classes = '{}' OR CASE r.target_kind
               WHEN 'unit' THEN coalesce((
                   SELECT c.class FROM unit_class c
                   WHERE c.target_no = t.no AND c.scheme = 'kind' AND c.valid_from <= day
                     AND (c.valid_until IS NULL OR c.valid_until > day)),
                   (SELECT u.class FROM unit u WHERE u.target_no = t.no))
               WHEN 'household' THEN (SELECT h.class FROM household h WHERE h.target_no = t.no)
               WHEN 'facility' THEN (SELECT f.class FROM facility f WHERE f.target_no = t.no)
               WHEN 'building' THEN (SELECT b.class FROM building b WHERE b.target_no = t.no)
               WHEN 'place' THEN (SELECT d.class FROM place d WHERE d.target_no = t.no)
               WHEN 'road' THEN (SELECT d.class FROM place d WHERE d.target_no = t.no)
               WHEN 'grid' THEN l.key
               END = ANY (r.classes))
      AND (r.importances = '{}' OR coalesce((
               SELECT c.class FROM unit_class c
               WHERE c.target_no = t.no AND c.scheme = 'importance' AND c.valid_from <= day
                 AND (c.valid_until IS NULL OR c.valid_until > day)), 'ordinary')
           = ANY (r.importances))
$$;

-- The duties of a rule with one due date: each target of its list on that day (of a quota, those
-- drawn), the grid it lay in then, whether it was excluded, and the first day of a completed visit
-- from the period's first day to the end of grace.
CREATE OR REPLACE FUNCTION gridward.all_duty_states(
    rule integer, since date, due date, grace_until date, as_of date, within int4multirange)
RETURNS TABLE (target_no bigint, grid_no integer, excluded boolean, done_on date)
LANGUAGE sql STABLE AS
$$
    SELECT t.target_no, t.grid_no,
           EXISTS (SELECT 1 FROM exclusion e
                   WHERE e.target_no = t.target_no AND e.decision = 'accepted'
                     AND (e.programme_key IS NULL OR e.programme_key = r.programme_key)
                     AND e.valid_from <= due AND e.valid_until > due),
           (SELECT min(i.happened_on) FROM inspection i
            WHERE i.target_no = ANY (CASE WHEN t.has_merged THEN ARRAY(
                      SELECT t.target_no UNION ALL SELECT m.no FROM target m
                      WHERE m.merged_into = t.target_no AND m.valid_until <= due)
                  ELSE ARRAY[t.target_no] END)
              AND i.outcome = 'done' AND i.happened_on >= since
              AND i.happened_on <= least(grace_until, as_of)
              AND (i.programmes = '{}' OR r.programme_key = ANY (i.programmes))
              AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id))
    FROM duty_rule r
    CROSS JOIN LATERAL duty_list(r.no, due, within) t
    WHERE r.no = rule
      AND (r.percent IS NULL OR EXISTS (
               SELECT 1 FROM quota_list q WHERE q.rule_no = r.no AND q.due_on = due
               AND q.target_no = t.target_no AND q.drawn))
$$;

-- The same for the reader: of grids in the own territory, of households only where the reader answers
-- for persons. By the grids of today a target counts where it lies now.
CREATE OR REPLACE FUNCTION gridward.duty_states(
    rule integer, since date, due date, grace_until date, as_of date, by_today boolean)
RETURNS TABLE (target_no bigint, grid_no integer, excluded boolean, done_on date)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    WITH mine AS MATERIALIZED (
        SELECT own.grids, CASE WHEN NOT by_today THEN own.grids END AS asked
        FROM (SELECT CASE r.target_kind WHEN 'household' THEN person_scope() ELSE scope() END AS grids
              FROM duty_rule r WHERE r.no = rule) own)
    SELECT placed.target_no, placed.grid_no, placed.excluded, placed.done_on
    FROM (SELECT s.target_no, s.excluded, s.done_on, CASE WHEN by_today THEN (
                     SELECT t.grid_no FROM target t WHERE t.no = s.target_no)
                 ELSE s.grid_no END AS grid_no
          FROM mine
          CROSS JOIN LATERAL all_duty_states(rule, since, due, grace_until, as_of, mine.asked) s
         ) placed
    WHERE placed.grid_no <@ (SELECT mine.grids FROM mine)
$$;

-- Counts for the reader, counted anew; whom they count is not told.
CREATE OR REPLACE FUNCTION gridward.duty_counts(
    rule integer, since date, due_on date, grace_until date, as_of date, by_today boolean)
RETURNS TABLE (grid_no integer, due integer, on_time integer, late integer, excluded integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    WITH mine AS MATERIALIZED (
        SELECT own.grids, CASE WHEN NOT by_today THEN own.grids END AS asked
        FROM (SELECT scope() AS grids) own)
    SELECT placed.grid_no, count(*) FILTER (WHERE NOT placed.excluded)::int,
           count(*) FILTER (WHERE NOT placed.excluded AND placed.done_on <= due_on)::int,
           count(*) FILTER (WHERE NOT placed.excluded AND placed.done_on > due_on)::int,
           count(*) FILTER (WHERE placed.excluded)::int
    FROM (SELECT s.excluded, s.done_on, CASE WHEN by_today THEN (
                     SELECT t.grid_no FROM target t WHERE t.no = s.target_no)
                 ELSE s.grid_no END AS grid_no
          FROM mine
          CROSS JOIN LATERAL all_duty_states(rule, since, due_on, grace_until, as_of, mine.asked) s
         ) placed
    WHERE placed.grid_no <@ (SELECT mine.grids FROM mine)
    GROUP BY placed.grid_no
$$;

-- The edition that held on a day; before the first one, the first.
CREATE OR REPLACE FUNCTION gridward.edition_on(day date) RETURNS integer LANGUAGE sql STABLE AS
$$
    SELECT coalesce(
        (SELECT e.no FROM gridward.edition e WHERE e.state <> 'draft' AND e.valid_from <= day
         ORDER BY e.valid_from DESC, e.no DESC LIMIT 1),
        (SELECT e.no FROM gridward.edition e WHERE e.state <> 'draft'
         ORDER BY e.valid_from, e.no LIMIT 1))
$$;

-- -- quotas --------------------------------------------------------------------------------

-- Freeze the list of a quota as it stands on the period's first day, without what is excluded then,
-- and draw from it: in ascending order of the MD5 of "seed:due date:target number", so that anybody
-- can draw it again. Once frozen it stays.
CREATE OR REPLACE FUNCTION gridward.draw_quota(rule integer, since date, due date)
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    INSERT INTO quota_list (rule_no, due_on, target_no, rank, drawn)
    SELECT listed.no, due, listed.target_no, listed.rank,
           listed.rank <= ceil(listed.percent * count(*) OVER () / 100)
    FROM (SELECT r.no, r.percent, l.target_no,
                 row_number() OVER (ORDER BY md5(r.seed || ':' || due || ':' || l.target_no)) AS rank
          FROM duty_rule r
          CROSS JOIN LATERAL duty_list(r.no, since, NULL) l
          WHERE r.no = rule AND r.percent IS NOT NULL
            AND NOT EXISTS (SELECT 1 FROM exclusion e
                            WHERE e.target_no = l.target_no AND e.decision = 'accepted'
                              AND (e.programme_key IS NULL OR e.programme_key = r.programme_key)
                              AND e.valid_from <= since AND e.valid_until > since)
            AND NOT EXISTS (SELECT 1 FROM quota_list q WHERE q.rule_no = rule AND q.due_on = due)
         ) listed
$$;

-- Of the targets due on a day that have never had a completed visit, with the grid that they count in.
CREATE OR REPLACE FUNCTION gridward.never_visited(
    rule integer, since date, due date, as_of date, by_today boolean)
RETURNS TABLE (target_no bigint, grid_no integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    WITH mine AS MATERIALIZED (
        SELECT own.grids, CASE WHEN NOT by_today THEN own.grids END AS asked
        FROM (SELECT scope() AS grids) own)
    SELECT placed.target_no, placed.grid_no
    FROM (SELECT s.target_no, CASE WHEN by_today THEN (
                     SELECT t.grid_no FROM target t WHERE t.no = s.target_no)
                 ELSE s.grid_no END AS grid_no
          FROM mine
          CROSS JOIN LATERAL all_duty_states(rule, since, due, due, as_of, mine.asked) s
          JOIN duty_rule r ON r.no = rule
          WHERE NOT s.excluded AND s.done_on IS NULL
            -- one look into each target's visits: NOT EXISTS would be joined to all visits there are
            AND (SELECT true FROM inspection i
                 WHERE i.target_no = s.target_no AND i.outcome = 'done' AND i.happened_on <= as_of
                   AND (i.programmes = '{}' OR r.programme_key = ANY (i.programmes))
                   AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
                 LIMIT 1) IS NULL
         ) placed
    WHERE placed.grid_no <@ (SELECT mine.grids FROM mine)
$$;

-- Inner functions are called by the others alone; the rest ask for the reader's own territory.
DO $$
DECLARE
    inner_ones text[] := ARRAY['keep_target_place()', 'duty_list(integer, date, int4multirange)',
        'all_duty_states(integer, date, date, date, date, int4multirange)',
        'draw_quota(integer, date, date)'];
    open_ones text[] := ARRAY['keep_grid_targets()', 'edition_on(date)',
        'duty_states(integer, date, date, date, date, boolean)',
        'duty_counts(integer, date, date, date, date, boolean)',
        'never_visited(integer, date, date, date, boolean)'];
    made text;
BEGIN
    GRANT CREATE ON SCHEMA gridward TO @scope@;
    FOREACH made IN ARRAY inner_ones || open_ones LOOP
        EXECUTE format('ALTER FUNCTION gridward.%s OWNER TO @scope@', made);
        EXECUTE format('REVOKE ALL ON FUNCTION gridward.%s FROM PUBLIC', made);
    END LOOP;
    FOREACH made IN ARRAY open_ones LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION gridward.%s TO @app@', made);
    END LOOP;
    REVOKE CREATE ON SCHEMA gridward FROM @scope@;
END $$;
GRANT SELECT ON gridward.duty_rule, gridward.level, gridward.edition, gridward.grid,
    gridward.grid_shape, gridward.grid_chain, gridward.unit_class, gridward.exclusion TO @scope@;
GRANT SELECT (id, target_no, outcome, happened_on, supersedes, programmes) ON gridward.inspection
    TO @scope@;
GRANT SELECT (target_no, class) ON gridward.unit, gridward.facility, gridward.building, gridward.place
    TO @scope@;
GRANT SELECT, INSERT, UPDATE ON gridward.target_place TO @scope@;
GRANT INSERT (kind, grid_no, imported_by, valid_from), UPDATE (valid_until) ON gridward.target
    TO @scope@;
GRANT SELECT, INSERT ON gridward.quota_list TO @scope@;
GRANT USAGE ON SEQUENCE gridward.target_no_seq TO @scope@;
