-- Which unit is which grid is seen where the unit lies; an admin makes it so.

ALTER TABLE gridward.establishment ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.establishment FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.establishment;
CREATE POLICY territory ON gridward.establishment USING (
    EXISTS (SELECT 1 FROM gridward.target t WHERE t.no = target_no));
DROP POLICY IF EXISTS admin_inserts ON gridward.establishment;
CREATE POLICY admin_inserts ON gridward.establishment AS RESTRICTIVE FOR INSERT
    WITH CHECK (made_by = (SELECT gridward.person()) AND (SELECT gridward.holds_role('{admin}')));
GRANT SELECT, INSERT ON gridward.establishment TO @app@;
GRANT SELECT ON gridward.establishment TO @scope@;

-- Whoever locates the unit's point meets this: it stays in its own grid as long as the active
-- edition has that grid.
CREATE OR REPLACE FUNCTION gridward.keep_establishment() RETURNS trigger LANGUAGE plpgsql
SET search_path = gridward, pg_temp AS
$$
BEGIN
    NEW.grid_no := coalesce((
        SELECT x.grid_no FROM establishment x
        JOIN edition e ON e.state = 'active'
        JOIN grid_shape s ON s.edition_no = e.no AND s.grid_no = x.grid_no
        WHERE x.target_no = coalesce(NEW.merged_into, NEW.no)), NEW.grid_no);
    RETURN NEW;
END
$$;
REVOKE ALL ON FUNCTION gridward.keep_establishment() FROM PUBLIC;
CREATE OR REPLACE TRIGGER establishment_holds BEFORE UPDATE OF grid_no ON gridward.target
    FOR EACH ROW WHEN (NEW.kind = 'unit' AND NEW.grid_no <> OLD.grid_no)
    EXECUTE FUNCTION gridward.keep_establishment();
