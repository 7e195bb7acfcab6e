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

-- Whether the reader corrects a visit to a target that lies there: who recorded it does, the chief
-- of the grid, and who answers for visits at large.
CREATE OR REPLACE FUNCTION gridward.may_correct(recorder integer, lies_in integer) RETURNS boolean
LANGUAGE sql STABLE SET search_path = gridward, pg_temp AS
$$
    SELECT recorder = person() OR holds_role('{admin,area_manager,authority}') OR EXISTS (
        SELECT 1 FROM assignment a JOIN territory own ON own.grid_no = a.grid_no
        WHERE a.person_no = person() AND a.role = 'grid_chief' AND lies_in <@ own.numbers
          AND a.valid_from <= current_date
          AND (a.valid_until IS NULL OR a.valid_until > current_date))
$$;
REVOKE ALL ON FUNCTION gridward.may_correct(integer, integer) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gridward.may_correct(integer, integer) TO @app@;
