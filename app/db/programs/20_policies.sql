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

-- Seeing a territory is not changing it: only an admin registers and moves what lies there.
DROP POLICY IF EXISTS admin_inserts ON gridward.target;
CREATE POLICY admin_inserts ON gridward.target AS RESTRICTIVE FOR INSERT
    WITH CHECK ((SELECT gridward.holds_role('{admin}')));
DROP POLICY IF EXISTS admin_updates ON gridward.target;
CREATE POLICY admin_updates ON gridward.target AS RESTRICTIVE FOR UPDATE
    USING ((SELECT gridward.holds_role('{admin}')));
DROP POLICY IF EXISTS admin_inserts ON gridward.unit;
CREATE POLICY admin_inserts ON gridward.unit AS RESTRICTIVE FOR INSERT
    WITH CHECK ((SELECT gridward.holds_role('{admin}')));
DROP POLICY IF EXISTS admin_updates ON gridward.unit;
CREATE POLICY admin_updates ON gridward.unit AS RESTRICTIVE FOR UPDATE
    USING ((SELECT gridward.holds_role('{admin}')));

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
-- the admin's answer first: it spares a look at every assignment
CREATE POLICY colleagues ON gridward.person FOR SELECT USING (
    CASE WHEN (SELECT gridward.holds_role('{admin}')) THEN true
         ELSE no = (SELECT gridward.person())
              OR EXISTS (SELECT 1 FROM gridward.assignment a WHERE a.person_no = person.no) END);
DROP POLICY IF EXISTS administration ON gridward.person;
CREATE POLICY administration ON gridward.person
    USING ((SELECT gridward.holds_role('{admin}'))) WITH CHECK ((SELECT gridward.holds_role('{admin}')));
-- which columns of the own row: see person_changes below
DROP POLICY IF EXISTS own_language ON gridward.person;
DROP POLICY IF EXISTS own_row ON gridward.person;
CREATE POLICY own_row ON gridward.person FOR UPDATE USING (no = (SELECT gridward.person()));

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
DROP POLICY IF EXISTS admin_inserts ON gridward.import_batch;
CREATE POLICY admin_inserts ON gridward.import_batch AS RESTRICTIVE FOR INSERT
    WITH CHECK ((SELECT gridward.holds_role('{admin}')));
DROP POLICY IF EXISTS admin_updates ON gridward.import_batch;
CREATE POLICY admin_updates ON gridward.import_batch AS RESTRICTIVE FOR UPDATE
    USING ((SELECT gridward.holds_role('{admin}')));

-- A policy cannot compare the old row with the new one.
CREATE OR REPLACE FUNCTION gridward.refuse_person_changes() RETURNS trigger LANGUAGE plpgsql
SET search_path = gridward, pg_temp AS
$$
BEGIN
    IF pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
        RETURN NEW;                     -- migrations and restores
    END IF;
    IF NEW.session_epoch < OLD.session_epoch THEN
        RAISE insufficient_privilege USING MESSAGE = 'an ended session never holds again';
    END IF;
    IF NOT holds_role('{admin}') AND (NEW.active <> OLD.active OR NEW.name <> OLD.name
            OR NEW.organisation IS DISTINCT FROM OLD.organisation
            OR NEW.password_hash IS DISTINCT FROM OLD.password_hash
            OR NEW.password_kind <> OLD.password_kind
            OR NEW.password_set_at <> OLD.password_set_at) THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an admin changes this of a person';
    END IF;
    RETURN NEW;
END
$$;
CREATE OR REPLACE TRIGGER person_changes BEFORE UPDATE ON gridward.person
    FOR EACH ROW EXECUTE FUNCTION gridward.refuse_person_changes();

-- What everybody may read only an admin writes: who could write grids or territories could widen
-- the own scope. (A trigger may name the roles that write its table.) Once per statement: it refuses
-- aloud where a policy would quietly change no row, and reading stays without any condition that
-- could keep shapes from their index.
CREATE OR REPLACE FUNCTION gridward.refuse_public_writes() RETURNS trigger LANGUAGE plpgsql
SET search_path = gridward, pg_temp AS
$$
BEGIN
    IF pg_has_role((SELECT relowner FROM pg_class WHERE oid = TG_RELID), 'MEMBER') THEN
        RETURN NULL;                    -- migrations, restores, and cascades of foreign keys
    END IF;
    IF NOT holds_role(coalesce(TG_ARGV[0], '{admin}')::text[]) THEN
        RAISE insufficient_privilege USING MESSAGE = format('only %s writes %I',
            CASE WHEN TG_NARGS = 0 THEN 'an admin' ELSE TG_ARGV[0] END, TG_TABLE_NAME);
    END IF;
    RETURN NULL;
END
$$;
DO $$
DECLARE written text;
BEGIN
    FOREACH written IN ARRAY ARRAY['level', 'edition', 'grid', 'grid_shape', 'grid_chain',
            'edition_level', 'tile_shape', 'draft_shape', 'edition_fault', 'territory', 'setting',
            'backdrop'] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER admin_writes '
            'BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON gridward.%I '
            'FOR EACH STATEMENT EXECUTE FUNCTION gridward.refuse_public_writes()', written);
    END LOOP;
END $$;
REVOKE ALL ON FUNCTION gridward.refuse_person_changes(), gridward.refuse_public_writes() FROM PUBLIC;
