-- Sessions, second factors and recovery codes are their person's alone. An admin can take a lost
-- second factor away, not read it.

ALTER TABLE gridward.session ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.session FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own ON gridward.session;
CREATE POLICY own ON gridward.session USING (person_no = (SELECT gridward.person()));

ALTER TABLE gridward.second_factor ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.second_factor FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own ON gridward.second_factor;
CREATE POLICY own ON gridward.second_factor USING (person_no = (SELECT gridward.person()));

ALTER TABLE gridward.recovery_code ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.recovery_code FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS own ON gridward.recovery_code;
CREATE POLICY own ON gridward.recovery_code USING (person_no = (SELECT gridward.person()));

GRANT SELECT, INSERT, DELETE, UPDATE (seen_at) ON gridward.session TO @app@;
GRANT SELECT, INSERT, DELETE, UPDATE (confirmed_at, last_step) ON gridward.second_factor TO @app@;
GRANT SELECT, INSERT, DELETE, UPDATE (used_at) ON gridward.recovery_code TO @app@;

-- The own password: only with the hash that it replaces, which the sign-in look-up gave out. The
-- owner runs it, since of the application role no policy and no trigger lets a password through.
CREATE OR REPLACE FUNCTION gridward.change_own_password(old_hash text, fresh_hash text)
RETURNS integer LANGUAGE sql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    UPDATE person
    SET password_hash = fresh_hash, password_kind = 'own', password_set_at = now(),
        session_epoch = session_epoch + 1
    WHERE no = person() AND active AND password_hash = old_hash
    RETURNING session_epoch
$$;
ALTER FUNCTION gridward.change_own_password(text, text) OWNER TO @owner@;
GRANT EXECUTE ON FUNCTION gridward.person(), gridward.scope(), gridward.scope_low(),
    gridward.scope_high(), gridward.holds_role(text[]) TO @owner@;

-- A lost phone: the admin takes the factor away and sees nothing of it.
CREATE OR REPLACE FUNCTION gridward.remove_second_factor(wanted integer)
RETURNS boolean LANGUAGE sql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    WITH codes AS (DELETE FROM recovery_code
                   WHERE person_no = wanted AND (SELECT holds_role('{admin}'))),
         factor AS (DELETE FROM second_factor
                    WHERE person_no = wanted AND (SELECT holds_role('{admin}')) RETURNING 1)
    SELECT EXISTS (SELECT 1 FROM factor)
$$;
GRANT CREATE ON SCHEMA gridward TO @scope@;
ALTER FUNCTION gridward.remove_second_factor(integer) OWNER TO @scope@;
GRANT SELECT (person_no), DELETE ON gridward.second_factor, gridward.recovery_code TO @scope@;

-- -- the log ---------------------------------------------------------------------------------

-- Written alike whatever the session's time zone and style of dates.
CREATE OR REPLACE FUNCTION gridward.audit_hash(previous bytea, e gridward.audit_event)
RETURNS bytea LANGUAGE sql IMMUTABLE SET search_path = gridward, pg_temp AS
$$
    SELECT sha256(previous || convert_to(jsonb_build_array(
        e.no, to_char(e.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'),
        e.person_no, e.os_user, e.action, e.subject, e.detail)::text, 'UTF8'))
$$;

-- At the commit, not at the insert: whoever writes an event early in a long transaction would
-- else keep everybody from signing in until it ends.
CREATE OR REPLACE FUNCTION gridward.chain_audit_event() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
DECLARE last audit_chain;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtextextended('audit chain', 0));
    SELECT * INTO last FROM audit_chain ORDER BY position DESC LIMIT 1;
    INSERT INTO audit_chain (position, event_no, hash)
    VALUES (coalesce(last.position, 0) + 1, NEW.no, audit_hash(coalesce(last.hash, ''), NEW));
    RETURN NULL;
END
$$;
ALTER FUNCTION gridward.audit_hash(bytea, gridward.audit_event) OWNER TO @scope@;
ALTER FUNCTION gridward.chain_audit_event() OWNER TO @scope@;
REVOKE CREATE ON SCHEMA gridward FROM @scope@;
GRANT SELECT, INSERT ON gridward.audit_chain TO @scope@;
DO $$
BEGIN
    IF NOT EXISTS (SELECT 1 FROM pg_trigger WHERE tgname = 'chained'
                   AND tgrelid = 'gridward.audit_event'::regclass) THEN
        CREATE CONSTRAINT TRIGGER chained AFTER INSERT ON gridward.audit_event
            DEFERRABLE INITIALLY DEFERRED
            FOR EACH ROW EXECUTE FUNCTION gridward.chain_audit_event();
    END IF;
END $$;

-- Events from before there was a chain come first, in their order.
DO $$
DECLARE e gridward.audit_event; last gridward.audit_chain;
BEGIN
    IF EXISTS (SELECT 1 FROM gridward.audit_chain) THEN
        RETURN;
    END IF;
    last.position := 0;
    last.hash := '';
    FOR e IN SELECT * FROM gridward.audit_event ORDER BY no LOOP
        last := (last.position + 1, e.no, gridward.audit_hash(last.hash, e));
        INSERT INTO gridward.audit_chain SELECT last.*;
    END LOOP;
END $$;

-- Nobody changes the log, not even the owner of the tables: who must, has to alter the table first.
CREATE OR REPLACE FUNCTION gridward.refuse_audit_change() RETURNS trigger LANGUAGE plpgsql
SET search_path = gridward, pg_temp AS
$$
BEGIN
    RAISE insufficient_privilege USING MESSAGE = 'the audit log is only ever appended to';
END
$$;
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gridward.audit_event
    FOR EACH STATEMENT EXECUTE FUNCTION gridward.refuse_audit_change();
CREATE OR REPLACE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON gridward.audit_chain
    FOR EACH STATEMENT EXECUTE FUNCTION gridward.refuse_audit_change();

ALTER TABLE gridward.audit_chain ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.audit_chain FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reading ON gridward.audit_chain;
CREATE POLICY reading ON gridward.audit_chain FOR SELECT
    USING ((SELECT gridward.holds_role('{admin,auditor}')));
GRANT SELECT ON gridward.audit_chain TO @app@;

-- a release lets a locked name try again: only an admin writes one
DROP POLICY IF EXISTS admin_releases ON gridward.audit_event;
CREATE POLICY admin_releases ON gridward.audit_event AS RESTRICTIVE FOR INSERT
    WITH CHECK (action <> 'sign_in_released' OR (SELECT gridward.holds_role('{admin}')));

REVOKE ALL ON FUNCTION gridward.change_own_password(text, text),
    gridward.remove_second_factor(integer), gridward.audit_hash(bytea, gridward.audit_event),
    gridward.chain_audit_event(), gridward.refuse_audit_change() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION gridward.change_own_password(text, text),
    gridward.remove_second_factor(integer), gridward.audit_hash(bytea, gridward.audit_event)
    TO @app@;
