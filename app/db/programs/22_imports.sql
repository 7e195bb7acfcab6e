-- Plans of imports and remembered mappings: those who may import see them, nobody else.

ALTER TABLE gridward.import_plan ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.import_plan FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS administration ON gridward.import_plan;
CREATE POLICY administration ON gridward.import_plan
    USING ((SELECT gridward.holds_role('{admin}')));
DROP POLICY IF EXISTS own_name ON gridward.import_plan;
CREATE POLICY own_name ON gridward.import_plan AS RESTRICTIVE FOR INSERT
    WITH CHECK (created_by = (SELECT gridward.person()));
GRANT SELECT, INSERT,
    UPDATE (path, reading, columns, crs, step, job_no, job_step, batch_no)
    ON gridward.import_plan TO @app@;

ALTER TABLE gridward.import_mapping ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.import_mapping FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS administration ON gridward.import_mapping;
CREATE POLICY administration ON gridward.import_mapping
    USING ((SELECT gridward.holds_role('{admin}')))
    WITH CHECK ((SELECT gridward.holds_role('{admin}')) AND chosen_by = (SELECT gridward.person()));
GRANT SELECT, INSERT, UPDATE ON gridward.import_mapping TO @app@;
