-- Samples of claimed visits. That a sample was drawn says nothing of any place; its list and what was
-- found are seen where the visit is, and of a household by those who answer for the place.

DO $$
DECLARE held text;
BEGIN
    FOREACH held IN ARRAY ARRAY['check_rule', 'check_sample'] LOOP
        EXECUTE format('ALTER TABLE gridward.%I ENABLE ROW LEVEL SECURITY', held);
        EXECUTE format('ALTER TABLE gridward.%I FORCE ROW LEVEL SECURITY', held);
        EXECUTE format('DROP POLICY IF EXISTS reading ON gridward.%I', held);
        EXECUTE format('CREATE POLICY reading ON gridward.%I FOR SELECT '
            'USING (NOT isempty((SELECT gridward.scope())))', held);
    END LOOP;
    FOREACH held IN ARRAY ARRAY['check_claim', 'check_event'] LOOP
        EXECUTE format('ALTER TABLE gridward.%I ENABLE ROW LEVEL SECURITY', held);
        EXECUTE format('ALTER TABLE gridward.%I FORCE ROW LEVEL SECURITY', held);
        EXECUTE format('DROP POLICY IF EXISTS territory ON gridward.%I', held);
        EXECUTE format('CREATE POLICY territory ON gridward.%I FOR SELECT USING (EXISTS ('
            'SELECT 1 FROM gridward.target t WHERE t.no = target_no AND (t.kind <> ''household'' '
            'OR t.grid_no <@ (SELECT gridward.person_scope()))))', held);
    END LOOP;
END $$;

-- a rule binds the whole city, which only its readers hold as grid 0
DROP POLICY IF EXISTS own_name ON gridward.check_rule;
CREATE POLICY own_name ON gridward.check_rule FOR INSERT WITH CHECK (
    set_by = (SELECT gridward.person()) AND 0 <@ (SELECT gridward.scope())
    AND (SELECT gridward.holds_role('{admin,authority}')));
DROP POLICY IF EXISTS own_territory ON gridward.check_sample;
CREATE POLICY own_territory ON gridward.check_sample FOR INSERT WITH CHECK (
    drawn_by = (SELECT gridward.person()) AND coalesce(grid_no, 0) <@ (SELECT gridward.scope())
    AND (SELECT gridward.holds_role('{admin,authority,area_manager}')));
-- what was found is said in one's own name by those who see the place; whom it is given to, by those
-- who draw
DROP POLICY IF EXISTS own_name ON gridward.check_event;
CREATE POLICY own_name ON gridward.check_event FOR INSERT WITH CHECK (
    recorded_by = (SELECT gridward.person()) AND CASE kind
        WHEN 'assigned' THEN (SELECT gridward.holds_role('{admin,authority,area_manager}'))
        ELSE (SELECT gridward.holds_role(
                 '{admin,grid_chief,grid_worker,area_manager,authority}'))
             AND EXISTS (SELECT 1 FROM gridward.check_claim c
                         WHERE c.sample_no = check_event.sample_no
                           AND c.inspection_id = check_event.inspection_id AND c.drawn) END);
GRANT SELECT, INSERT (programme_key, percent, visits, days, set_by) ON gridward.check_rule TO @app@;
GRANT SELECT, INSERT (programme_key, period, first_day, last_day, grid_no, seed, size, automatic,
        drawn_on, expires_on, drawn_by) ON gridward.check_sample TO @app@;
GRANT SELECT ON gridward.check_claim TO @app@;
GRANT SELECT, INSERT (id, sample_no, inspection_id, target_no, recorder_no, kind, checker_no, how,
        note, happened_on, recorded_by, supersedes) ON gridward.check_event TO @app@;

-- The completed visits of a programme on these days, inside a grid or the whole own territory, that
-- no sample has drawn yet; one that names no programme is of each that has a rule for such targets.
-- For those who draw alone; of households only numbers leave.
CREATE OR REPLACE FUNCTION gridward.claimed_visits(
    programme text, first_day date, last_day date, within integer)
RETURNS TABLE (inspection_id uuid, target_no bigint, of_household boolean, grid_no integer,
               recorder_no integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    SELECT i.id, t.no, t.kind = 'household', t.grid_no, i.recorded_by
    FROM inspection i
    JOIN target t ON t.no = i.target_no AND t.grid_no > 0
    WHERE (SELECT holds_role('{admin,authority,area_manager}'))
      AND i.outcome = 'done' AND i.happened_on BETWEEN first_day AND last_day
      AND (programme = ANY (i.programmes) OR (i.programmes = '{}' AND EXISTS (
               SELECT 1 FROM duty_rule r
               WHERE r.programme_key = programme AND r.target_kind = t.kind
                 AND (r.classes = '{}' OR i.target_class = ANY (r.classes))
                 AND r.valid_from <= i.happened_on
                 AND (r.valid_until IS NULL OR r.valid_until > i.happened_on))))
      AND t.grid_no <@ (SELECT scope())
      AND (within IS NULL OR t.grid_no IN (
               SELECT c.grid_no FROM grid_chain c
               JOIN edition e ON e.no = c.edition_no AND e.state = 'active'
               WHERE c.ancestor_no = within))
      AND NOT EXISTS (SELECT 1 FROM inspection later WHERE later.supersedes = i.id)
      AND NOT EXISTS (SELECT 1 FROM check_claim c WHERE c.inspection_id = i.id AND c.drawn)
$$;

-- Keep the list of a sample, in its order; once, by who drew it and at the moment of the draw.
CREATE OR REPLACE FUNCTION gridward.freeze_sample(sample integer, visits uuid[], drawn_ones boolean[])
RETURNS void LANGUAGE plpgsql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM check_sample s
                   WHERE s.no = sample AND s.drawn_by = person() AND s.drawn_at = now())
       OR EXISTS (SELECT 1 FROM check_claim c WHERE c.sample_no = sample) THEN
        RAISE insufficient_privilege USING MESSAGE = 'a list is frozen once, with its draw';
    END IF;
    INSERT INTO check_claim (sample_no, inspection_id, target_no, grid_no, recorder_no, rank, drawn)
    SELECT sample, listed.id, i.target_no, t.grid_no, i.recorded_by, listed.rank, listed.drawn
    FROM unnest(visits, drawn_ones) WITH ORDINALITY AS listed (id, drawn, rank)
    JOIN inspection i ON i.id = listed.id AND i.outcome = 'done'
    JOIN target t ON t.no = i.target_no AND t.grid_no <@ scope();
END
$$;

-- Visits that somebody looked at again, with every duty of these turns that they close: its grid of a
-- level and whose duty it is. A visit counts by its target's class of its moment.
CREATE OR REPLACE FUNCTION gridward.checked_duties(
    rules integer[], sinces date[], dues date[], graces date[], owns boolean[], at_depth smallint,
    as_of date, by_today boolean)
RETURNS TABLE (inspection_id uuid, sample_no integer, target_no bigint, own boolean,
               ancestor_no integer, edition_no integer, result text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    WITH checked AS MATERIALIZED (
        SELECT c.inspection_id, c.sample_no, c.target_no, i.happened_on, i.programmes,
               i.target_class, t.kind, t.grid_no, found.kind AS result
        FROM check_claim c
        JOIN inspection i ON i.id = c.inspection_id
        JOIN target t ON t.no = c.target_no
        CROSS JOIN LATERAL (
            SELECT e.kind FROM check_event e
            WHERE e.sample_no = c.sample_no AND e.inspection_id = c.inspection_id
              AND e.kind <> 'assigned' AND e.happened_on <= as_of
            ORDER BY e.no DESC LIMIT 1) found
        WHERE c.drawn AND i.happened_on <= least((SELECT max(g) FROM unnest(graces) g), as_of)
          AND i.happened_on >= (SELECT min(s) FROM unnest(sinces) s))
    SELECT k.inspection_id, k.sample_no, k.target_no, a.own, up.ancestor_no, up.edition_no, k.result
    FROM unnest(rules, sinces, dues, graces, owns) AS a (no, since, due, grace, own)
    JOIN duty_rule r ON r.no = a.no
    JOIN checked k ON k.kind = r.target_kind AND k.happened_on BETWEEN a.since AND a.grace
         AND (k.programmes = '{}' OR r.programme_key = ANY (k.programmes))
         AND (r.classes = '{}' OR k.target_class = ANY (r.classes))
         AND (r.importances = '{}' OR coalesce((
                  SELECT c.class FROM unit_class c
                  WHERE c.target_no = k.target_no AND c.scheme = 'importance'
                    AND c.valid_from <= a.due AND (c.valid_until IS NULL OR c.valid_until > a.due)),
                  'ordinary') = ANY (r.importances))
         AND (r.percent IS NULL OR EXISTS (
                  SELECT 1 FROM quota_list q
                  WHERE q.rule_no = r.no AND q.due_on = a.due AND q.target_no = k.target_no
                    AND q.drawn))
    CROSS JOIN LATERAL (
        SELECT CASE WHEN by_today THEN k.grid_no ELSE (
            SELECT p.grid_no FROM target_place p
            WHERE p.target_no = k.target_no AND p.valid_from <= a.due
              AND (p.valid_until IS NULL OR p.valid_until > a.due)) END AS grid_no) place
    JOIN grid_chain up ON up.grid_no = place.grid_no AND up.depth = at_depth
         AND up.edition_no = edition_on(CASE WHEN by_today THEN current_date ELSE a.due END)
    WHERE up.ancestor_no <@ (SELECT scope())
$$;

-- How many of them, of each grid and of all together (no grid): whom they are about is not told.
CREATE OR REPLACE FUNCTION gridward.checked_counts(
    rules integer[], sinces date[], dues date[], graces date[], owns boolean[], at_depth smallint,
    as_of date, by_today boolean, within integer)
RETURNS TABLE (grid_no integer, own boolean, confirmed integer, not_confirmed integer, unable integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    SELECT d.ancestor_no, d.own,
           (count(DISTINCT d.inspection_id) FILTER (WHERE d.result = 'confirmed'))::int,
           (count(DISTINCT d.inspection_id) FILTER (WHERE d.result = 'not_confirmed'))::int,
           (count(DISTINCT d.inspection_id) FILTER (WHERE d.result = 'unable'))::int
    FROM checked_duties(rules, sinces, dues, graces, owns, at_depth, as_of, by_today) d
    WHERE within IS NULL OR EXISTS (
        SELECT 1 FROM grid_chain c WHERE c.edition_no = d.edition_no AND c.grid_no = d.ancestor_no
        AND c.ancestor_no = within)
    GROUP BY GROUPING SETS ((d.ancestor_no, d.own), ())
$$;

-- The visits themselves, of households for those who answer for the place alone.
CREATE OR REPLACE FUNCTION gridward.checked_visits(
    rules integer[], sinces date[], dues date[], graces date[], owns boolean[], at_depth smallint,
    as_of date, by_today boolean, within integer)
RETURNS TABLE (inspection_id uuid, sample_no integer)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    SELECT DISTINCT d.inspection_id, d.sample_no
    FROM checked_duties(rules, sinces, dues, graces, owns, at_depth, as_of, by_today) d
    JOIN target t ON t.no = d.target_no AND t.grid_no <@ (SELECT scope())
         AND (t.kind <> 'household' OR t.grid_no <@ (SELECT person_scope()))
    WHERE within IS NULL OR d.ancestor_no = within OR EXISTS (
        SELECT 1 FROM grid_chain c WHERE c.edition_no = d.edition_no AND c.grid_no = d.ancestor_no
        AND c.ancestor_no = within)
$$;

DO $$
DECLARE made regprocedure;
BEGIN
    GRANT CREATE ON SCHEMA gridward TO @scope@;
    FOREACH made IN ARRAY ARRAY['gridward.claimed_visits(text, date, date, integer)',
            'gridward.freeze_sample(integer, uuid[], boolean[])',
            'gridward.checked_duties(integer[], date[], date[], date[], boolean[], smallint, date, boolean)',
            'gridward.checked_counts(integer[], date[], date[], date[], boolean[], smallint, date, boolean, integer)',
            'gridward.checked_visits(integer[], date[], date[], date[], boolean[], smallint, date, boolean, integer)'
            ]::regprocedure[] LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO @scope@', made);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO @app@', made);
    END LOOP;
    -- called by the two below it alone
    REVOKE EXECUTE ON FUNCTION gridward.checked_duties(
        integer[], date[], date[], date[], boolean[], smallint, date, boolean) FROM @app@;
    REVOKE CREATE ON SCHEMA gridward FROM @scope@;
END $$;
GRANT SELECT (recorded_by, target_class) ON gridward.inspection TO @scope@;
GRANT SELECT ON gridward.check_sample, gridward.check_event TO @scope@;
GRANT SELECT, INSERT ON gridward.check_claim TO @scope@;
