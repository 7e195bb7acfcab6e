-- Decisions on leftovers and claims of files are seen where their target lies today; only an
-- admin makes them. What was decided once stays written.

DO $$
DECLARE held text;
BEGIN
    FOREACH held IN ARRAY ARRAY['placement', 'placement_event', 'placement_claim'] LOOP
        EXECUTE format('ALTER TABLE gridward.%I ENABLE ROW LEVEL SECURITY', held);
        EXECUTE format('ALTER TABLE gridward.%I FORCE ROW LEVEL SECURITY', held);
        EXECUTE format('DROP POLICY IF EXISTS territory ON gridward.%I', held);
        EXECUTE format('CREATE POLICY territory ON gridward.%I USING ('
            'EXISTS (SELECT 1 FROM gridward.target t WHERE t.no = target_no))', held);
        EXECUTE format('DROP POLICY IF EXISTS admin_inserts ON gridward.%I', held);
        EXECUTE format('CREATE POLICY admin_inserts ON gridward.%I AS RESTRICTIVE FOR INSERT '
            'WITH CHECK ((SELECT gridward.holds_role(''{admin}'')))', held);
        EXECUTE format('DROP POLICY IF EXISTS admin_updates ON gridward.%I', held);
        EXECUTE format('CREATE POLICY admin_updates ON gridward.%I AS RESTRICTIVE FOR UPDATE '
            'USING ((SELECT gridward.holds_role(''{admin}'')))', held);
        EXECUTE format('DROP POLICY IF EXISTS admin_deletes ON gridward.%I', held);
        EXECUTE format('CREATE POLICY admin_deletes ON gridward.%I AS RESTRICTIVE FOR DELETE '
            'USING ((SELECT gridward.holds_role(''{admin}'')))', held);
    END LOOP;
END $$;
DROP POLICY IF EXISTS own_name ON gridward.placement;
CREATE POLICY own_name ON gridward.placement AS RESTRICTIVE FOR INSERT
    WITH CHECK (decided_by = (SELECT gridward.person()));
DROP POLICY IF EXISTS own_name ON gridward.placement_event;
CREATE POLICY own_name ON gridward.placement_event AS RESTRICTIVE FOR INSERT
    WITH CHECK (recorded_by = (SELECT gridward.person()));
GRANT SELECT, INSERT, DELETE,
    UPDATE (grid_no, geom, decided_by, decided_at, reason) ON gridward.placement TO @app@;
GRANT SELECT, INSERT ON gridward.placement_event TO @app@;
GRANT SELECT, INSERT, DELETE,
    UPDATE (claimed, batch_no, settled_grid, settled_by, settled_at)
    ON gridward.placement_claim TO @app@;

-- Whoever locates a point that touches no grid meets the decision: an import, a new edition, a
-- batch taken back. A grid that the active edition no longer has takes nothing in.
CREATE OR REPLACE FUNCTION gridward.keep_placement() RETURNS trigger LANGUAGE plpgsql
SET search_path = gridward, public, pg_temp AS
$$
BEGIN
    NEW.grid_no := coalesce((
        SELECT p.grid_no FROM placement p
        JOIN edition e ON e.state = 'active'
        JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = p.grid_no
        WHERE p.target_no = coalesce(NEW.merged_into, NEW.no) AND p.geom = NEW.geom), 0);
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION gridward.keep_placement() FROM PUBLIC;
CREATE OR REPLACE TRIGGER placement_holds BEFORE UPDATE ON gridward.target
    FOR EACH ROW WHEN (NEW.grid_no = 0 AND NEW.geom IS NOT NULL)
    EXECUTE FUNCTION gridward.keep_placement();

-- The names of what waits in the queue; persons are never among them. It asks as the reader does.
CREATE OR REPLACE VIEW gridward.queued_name WITH (security_invoker = true) AS
SELECT target_no, id, name, address FROM gridward.unit
UNION ALL SELECT target_no, id, name, address FROM gridward.building
UNION ALL SELECT target_no, id, name, address FROM gridward.facility
UNION ALL SELECT target_no, id, name, address FROM gridward.hazard
UNION ALL SELECT target_no, id, name, address FROM gridward.place;
ALTER VIEW gridward.queued_name OWNER TO @owner@;
GRANT SELECT ON gridward.queued_name TO @app@;

-- The queue: what waits, and what was decided. A decision of other coordinates counts for nothing.
CREATE OR REPLACE VIEW gridward.queued_target WITH (security_invoker = true) AS
SELECT t.no, t.kind, t.geom, t.batch_no, t.grid_no, p.decided_by, p.decided_at, p.reason,
       CASE WHEN t.geom IS NULL THEN 'unlocated'
            WHEN p.target_no IS NOT NULL AND p.grid_no IS NULL THEN 'outside'
            ELSE 'leftover' END AS state
FROM gridward.target t
LEFT JOIN gridward.placement p ON p.target_no = t.no AND p.geom = t.geom
WHERE t.grid_no = 0 AND t.kind IN ('unit', 'building', 'facility', 'hazard', 'place', 'road')
  AND t.merged_into IS NULL AND (t.valid_until IS NULL OR t.valid_until > current_date)
UNION ALL
SELECT t.no, t.kind, t.geom, t.batch_no, t.grid_no, p.decided_by, p.decided_at, p.reason, 'placed'
FROM gridward.placement p
JOIN gridward.target t ON t.no = p.target_no AND t.geom = p.geom AND t.grid_no = p.grid_no
WHERE t.merged_into IS NULL AND (t.valid_until IS NULL OR t.valid_until > current_date);
ALTER VIEW gridward.queued_target OWNER TO @owner@;
GRANT SELECT ON gridward.queued_target TO @app@;
