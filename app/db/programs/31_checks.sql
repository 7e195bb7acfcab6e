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
-- no sample has drawn yet. For those who draw alone; of households only numbers leave.
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
      AND (i.programmes = '{}' OR programme = ANY (i.programmes))
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

DO $$
DECLARE made regprocedure;
BEGIN
    GRANT CREATE ON SCHEMA gridward TO @scope@;
    FOREACH made IN ARRAY ARRAY['gridward.claimed_visits(text, date, date, integer)',
            'gridward.freeze_sample(integer, uuid[], boolean[])']::regprocedure[] LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO @scope@', made);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO @app@', made);
    END LOOP;
    REVOKE CREATE ON SCHEMA gridward FROM @scope@;
END $$;
GRANT SELECT (recorded_by, target_class) ON gridward.inspection TO @scope@;
GRANT SELECT ON gridward.check_sample TO @scope@;
GRANT SELECT, INSERT ON gridward.check_claim TO @scope@;
