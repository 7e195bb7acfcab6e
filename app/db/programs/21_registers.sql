-- What a register's batch wrote over, and who may take a batch back.

ALTER TABLE gridward.batch_former ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.batch_former FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS administration ON gridward.batch_former;
CREATE POLICY administration ON gridward.batch_former
    USING ((SELECT gridward.holds_role('{admin}')));
GRANT SELECT, INSERT ON gridward.batch_former TO @app@;

-- Nothing is deleted but what an undone batch created; the mark comes first and stays. Events
-- hold their target: the foreign key keeps it.
DO $$
DECLARE held text; number text;
BEGIN
    FOREACH held IN ARRAY ARRAY['target', 'unit'] LOOP
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
