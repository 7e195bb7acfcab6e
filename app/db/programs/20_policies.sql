-- One form for every table with territory. The bounds are there because `<@` with a multirange
-- cannot use a B-tree; `(SELECT …)` because it then runs once per statement, not once per row.

ALTER TABLE gridward.target ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.target FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.target;
CREATE POLICY territory ON gridward.target USING (
    (grid_no BETWEEN (SELECT gridward.scope_low()) AND (SELECT gridward.scope_high())
     AND grid_no <@ (SELECT gridward.scope()))
    OR (grid_no = 0 AND imported_by = (SELECT gridward.person())));

ALTER TABLE gridward.unit ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.unit FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.unit;
CREATE POLICY territory ON gridward.unit USING (
    (grid_no BETWEEN (SELECT gridward.scope_low()) AND (SELECT gridward.scope_high())
     AND grid_no <@ (SELECT gridward.scope()))
    OR (grid_no = 0 AND imported_by = (SELECT gridward.person())));

-- An event is visible where its target lies today, whatever grid it carries from its moment.
ALTER TABLE gridward.inspection ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.inspection FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.inspection;
CREATE POLICY territory ON gridward.inspection USING (
    EXISTS (SELECT 1 FROM gridward.target t WHERE t.no = target_no));

-- A whole-city assignment counts as grid 0, which only whole-city readers hold.
ALTER TABLE gridward.assignment ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.assignment FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.assignment;
CREATE POLICY territory ON gridward.assignment FOR SELECT USING (
    (coalesce(grid_no, 0) BETWEEN (SELECT gridward.scope_low()) AND (SELECT gridward.scope_high())
     AND coalesce(grid_no, 0) <@ (SELECT gridward.scope()))
    OR person_no = (SELECT gridward.person()));
DROP POLICY IF EXISTS administration ON gridward.assignment;
CREATE POLICY administration ON gridward.assignment
    USING ((SELECT gridward.holds_role('{admin}'))) WITH CHECK ((SELECT gridward.holds_role('{admin}')));

ALTER TABLE gridward.person ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.person FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS colleagues ON gridward.person;
CREATE POLICY colleagues ON gridward.person FOR SELECT USING (
    no = (SELECT gridward.person())
    OR EXISTS (SELECT 1 FROM gridward.assignment a WHERE a.person_no = person.no));
DROP POLICY IF EXISTS administration ON gridward.person;
CREATE POLICY administration ON gridward.person
    USING ((SELECT gridward.holds_role('{admin}'))) WITH CHECK ((SELECT gridward.holds_role('{admin}')));
DROP POLICY IF EXISTS own_language ON gridward.person;
CREATE POLICY own_language ON gridward.person FOR UPDATE USING (no = (SELECT gridward.person()));

ALTER TABLE gridward.api_token ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.api_token FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own ON gridward.api_token;
CREATE POLICY own ON gridward.api_token USING (
    person_no = (SELECT gridward.person()) OR (SELECT gridward.holds_role('{admin}')));

ALTER TABLE gridward.audit_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.audit_event FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS append ON gridward.audit_event;
CREATE POLICY append ON gridward.audit_event FOR INSERT
    WITH CHECK (person_no IS NOT DISTINCT FROM (SELECT gridward.person()));
DROP POLICY IF EXISTS reading ON gridward.audit_event;
CREATE POLICY reading ON gridward.audit_event FOR SELECT
    USING ((SELECT gridward.holds_role('{admin,auditor}')));

ALTER TABLE gridward.import_batch ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.import_batch FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own ON gridward.import_batch;
CREATE POLICY own ON gridward.import_batch USING (
    imported_by = (SELECT gridward.person()) OR (SELECT gridward.holds_role('{admin,auditor}')));
