-- Classes, events and pairs of units are visible where their unit lies today; only an admin
-- changes them. Events are append-only.

ALTER TABLE gridward.unit_class ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.unit_class FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.unit_class;
CREATE POLICY territory ON gridward.unit_class USING (
    EXISTS (SELECT 1 FROM gridward.target t WHERE t.no = target_no));

ALTER TABLE gridward.unit_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.unit_event FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.unit_event;
CREATE POLICY territory ON gridward.unit_event USING (
    EXISTS (SELECT 1 FROM gridward.target t WHERE t.no = target_no));
DROP POLICY IF EXISTS own_name ON gridward.unit_event;
CREATE POLICY own_name ON gridward.unit_event AS RESTRICTIVE FOR INSERT WITH CHECK (
    recorded_by = (SELECT gridward.person()) AND (SELECT gridward.holds_role('{admin}')));

ALTER TABLE gridward.unit_pair ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.unit_pair FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.unit_pair;
CREATE POLICY territory ON gridward.unit_pair USING (
    EXISTS (SELECT 1 FROM gridward.target t WHERE t.no = first_no)
    AND EXISTS (SELECT 1 FROM gridward.target t WHERE t.no = second_no));

DO $$
DECLARE written text;
BEGIN
    FOREACH written IN ARRAY ARRAY['unit_class', 'unit_pair'] LOOP
        EXECUTE format('DROP POLICY IF EXISTS admin_inserts ON gridward.%I', written);
        EXECUTE format('CREATE POLICY admin_inserts ON gridward.%I AS RESTRICTIVE FOR INSERT '
            'WITH CHECK ((SELECT gridward.holds_role(''{admin}'')))', written);
        EXECUTE format('DROP POLICY IF EXISTS admin_updates ON gridward.%I', written);
        EXECUTE format('CREATE POLICY admin_updates ON gridward.%I AS RESTRICTIVE FOR UPDATE '
            'USING ((SELECT gridward.holds_role(''{admin}'')))', written);
        EXECUTE format('DROP POLICY IF EXISTS admin_deletes ON gridward.%I', written);
        EXECUTE format('CREATE POLICY admin_deletes ON gridward.%I AS RESTRICTIVE FOR DELETE '
            'USING ((SELECT gridward.holds_role(''{admin}'')))', written);
    END LOOP;
END $$;

GRANT SELECT, INSERT, DELETE, UPDATE (valid_until) ON gridward.unit_class TO @app@;
GRANT SELECT, INSERT ON gridward.unit_event TO @app@;
GRANT SELECT, INSERT, DELETE, UPDATE ON gridward.unit_pair TO @app@;
GRANT USAGE ON ALL SEQUENCES IN SCHEMA gridward TO @app@;
