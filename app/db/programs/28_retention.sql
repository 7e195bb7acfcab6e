-- How the register of residents forgets: counted and removed for an admin, who sees no household.

ALTER TABLE gridward.register_notice ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.register_notice FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reading ON gridward.register_notice;
CREATE POLICY reading ON gridward.register_notice FOR SELECT
    USING ((SELECT gridward.holds_role(
        '{grid_chief,grid_worker,area_manager,authority,leader,auditor,admin}')));
DROP POLICY IF EXISTS administration ON gridward.register_notice;
CREATE POLICY administration ON gridward.register_notice FOR INSERT
    WITH CHECK ((SELECT gridward.holds_role('{admin}')) AND set_by = (SELECT gridward.person()));
GRANT SELECT, INSERT (purpose, legal_basis, notice, automatic, set_by)
    ON gridward.register_notice TO @app@;

ALTER TABLE gridward.retention_check ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.retention_check FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS administration ON gridward.retention_check;
CREATE POLICY administration ON gridward.retention_check
    USING ((SELECT gridward.holds_role('{admin}')))
    WITH CHECK ((SELECT gridward.holds_role('{admin}'))
                AND (decided_by IS NULL OR decided_by = (SELECT gridward.person())));
GRANT SELECT, INSERT (checked_on, due), UPDATE (decided_by, decided_at, removed)
    ON gridward.retention_check TO @app@;

-- How many households are kept past their day.
CREATE OR REPLACE FUNCTION gridward.households_due(on_day date) RETURNS integer
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    PERFORM require_household_writer();
    RETURN (SELECT count(*) FROM household h WHERE h.expires_on <= on_day);
END
$$;

-- Forget the longest due of them, wherever they are; answers how many, and never which.
CREATE OR REPLACE FUNCTION gridward.expire_households(on_day date, most integer) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
DECLARE gone bigint[];
BEGIN
    PERFORM require_household_writer();
    WITH removed AS (
        DELETE FROM household h WHERE h.target_no IN (
            SELECT d.target_no FROM household d WHERE d.expires_on <= on_day
            ORDER BY d.expires_on, d.target_no LIMIT most)
        RETURNING h.target_no)
    SELECT coalesce(array_agg(r.target_no), '{}') INTO gone FROM removed r;
    PERFORM bury_households(gone, on_day);
    RETURN cardinality(gone);
END
$$;

DO $$
DECLARE made regprocedure;
BEGIN
    GRANT CREATE ON SCHEMA gridward TO @scope@;
    FOREACH made IN ARRAY ARRAY['gridward.households_due(date)',
                                'gridward.expire_households(date, integer)']::regprocedure[] LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO @scope@', made);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO @app@', made);
    END LOOP;
    REVOKE CREATE ON SCHEMA gridward FROM @scope@;
END $$;
