-- What a register's batch wrote over, and who may take a batch back.

ALTER TABLE gridward.batch_former ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.batch_former FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS administration ON gridward.batch_former;
CREATE POLICY administration ON gridward.batch_former
    USING ((SELECT gridward.holds_role('{admin}')));
GRANT SELECT, INSERT ON gridward.batch_former TO @app@;

DO $$
DECLARE held text;
BEGIN
    FOREACH held IN ARRAY ARRAY['building', 'facility', 'hazard', 'place'] LOOP
        EXECUTE format('ALTER TABLE gridward.%I ENABLE ROW LEVEL SECURITY', held);
        EXECUTE format('ALTER TABLE gridward.%I FORCE ROW LEVEL SECURITY', held);
        EXECUTE format('DROP POLICY IF EXISTS territory ON gridward.%I', held);
        EXECUTE format(
            'CREATE POLICY territory ON gridward.%I USING ('
            '(grid_no BETWEEN (SELECT gridward.scope_low()) AND (SELECT gridward.scope_high()) '
            'AND grid_no <@ (SELECT gridward.scope())) '
            'OR (grid_no = 0 AND imported_by = (SELECT gridward.person())))', held);
        EXECUTE format('DROP POLICY IF EXISTS admin_inserts ON gridward.%I', held);
        EXECUTE format(
            'CREATE POLICY admin_inserts ON gridward.%I AS RESTRICTIVE FOR INSERT '
            'WITH CHECK ((SELECT gridward.holds_role(''{admin}'')))', held);
        EXECUTE format('DROP POLICY IF EXISTS admin_updates ON gridward.%I', held);
        EXECUTE format(
            'CREATE POLICY admin_updates ON gridward.%I AS RESTRICTIVE FOR UPDATE '
            'USING ((SELECT gridward.holds_role(''{admin}'')))', held);
        EXECUTE format('GRANT SELECT, INSERT, UPDATE ON gridward.%I TO @app@', held);
    END LOOP;
END $$;

-- One form for lists, pages, files and maps of these registers. It asks as the reader does.
DROP VIEW IF EXISTS gridward.register_row;
CREATE VIEW gridward.register_row WITH (security_invoker = true) AS
SELECT 'building' AS kind, target_no, grid_no, id, name, class, address, details, content,
       NULL::text AS state, floors::integer AS floors, NULL::date AS test_due,
       NULL::date AS found_on
FROM gridward.building
UNION ALL
SELECT 'facility', target_no, grid_no, id, name, class, address, details, content,
       state, NULL, test_due, NULL
FROM gridward.facility
UNION ALL
SELECT 'hazard', target_no, grid_no, id, name, class, address, details, content,
       state, NULL, NULL, found_on
FROM gridward.hazard
UNION ALL                           -- one branch for each kind, so that the others are left out
SELECT 'place', target_no, grid_no, id, name, class, address, details, content,
       NULL, NULL, NULL, NULL
FROM gridward.place WHERE kind = 'place'
UNION ALL
SELECT 'road', target_no, grid_no, id, name, class, address, details, content,
       NULL, NULL, NULL, NULL
FROM gridward.place WHERE kind = 'road';
ALTER VIEW gridward.register_row OWNER TO @owner@;
GRANT SELECT ON gridward.register_row TO @app@;

-- Nothing is deleted but what an undone batch created; the mark comes first and stays. Events
-- hold their target: the foreign key keeps it.
DO $$
DECLARE held text; number text;
BEGIN
    FOREACH held IN ARRAY ARRAY['target', 'unit', 'building', 'facility', 'hazard', 'place'] LOOP
        number := CASE held WHEN 'target' THEN 'no' ELSE 'target_no' END;
        EXECUTE format('DROP POLICY IF EXISTS undone_batch ON gridward.%I', held);
        EXECUTE format(
            'CREATE POLICY undone_batch ON gridward.%1$I AS RESTRICTIVE FOR DELETE USING ('
            '(SELECT gridward.holds_role(''{admin}'')) AND EXISTS ('
            'SELECT 1 FROM gridward.batch_former f JOIN gridward.import_batch b ON b.no = f.batch_no '
            'WHERE f.target_no = %1$I.%2$I AND f.former IS NULL AND b.undone_at IS NOT NULL))',
            held, number);
        EXECUTE format('GRANT DELETE ON gridward.%I TO @app@', held);
    END LOOP;
END $$;
-- who, when and from which file never changes; whether it stands does
REVOKE UPDATE ON gridward.import_batch FROM @app@;
GRANT SELECT, INSERT, UPDATE (undone_at, undone_by) ON gridward.import_batch TO @app@;
