-- An event is visible where its target lies today, whatever grid it carries from its moment; of a
-- household only to those who answer for the place, as its name and class are.

ALTER TABLE gridward.inspection ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.inspection FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.inspection;
CREATE POLICY territory ON gridward.inspection USING (EXISTS (
    SELECT 1 FROM gridward.target t
    WHERE t.no = target_no
      AND (t.kind <> 'household' OR t.grid_no <@ (SELECT gridward.person_scope()))));
-- and is recorded in one's own name, by those who go there or answer for it: leaders and auditors
-- only read
DROP POLICY IF EXISTS own_name ON gridward.inspection;
CREATE POLICY own_name ON gridward.inspection AS RESTRICTIVE FOR INSERT WITH CHECK (
    recorded_by = (SELECT gridward.person()) AND (SELECT gridward.holds_role(
        '{admin,grid_chief,grid_worker,area_manager,authority}')));
