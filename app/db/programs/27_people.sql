-- People: covers, hand-overs and looking as somebody else.

ALTER TABLE gridward.cover ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.cover FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reading ON gridward.cover;
CREATE POLICY reading ON gridward.cover FOR SELECT USING (
    person_no = (SELECT gridward.person()) OR deputy_no = (SELECT gridward.person())
    OR EXISTS (SELECT 1 FROM gridward.assignment a WHERE a.cover_no = cover.no));
DROP POLICY IF EXISTS administration ON gridward.cover;
CREATE POLICY administration ON gridward.cover
    USING ((SELECT gridward.holds_role('{admin}'))) WITH CHECK ((SELECT gridward.holds_role('{admin}')));
GRANT SELECT, INSERT, UPDATE (valid_until, ended_by) ON gridward.cover TO @app@;

-- -- hand-overs: an admin prepares, the two sides sign, a function moves the assignments ------

ALTER TABLE gridward.handover_part ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.handover_part FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reading ON gridward.handover_part;
CREATE POLICY reading ON gridward.handover_part FOR SELECT USING (
    giver_no = (SELECT gridward.person()) OR taker_no = (SELECT gridward.person())
    OR (SELECT gridward.holds_role('{admin,auditor}')));
DROP POLICY IF EXISTS preparing ON gridward.handover_part;
CREATE POLICY preparing ON gridward.handover_part FOR INSERT
    WITH CHECK ((SELECT gridward.holds_role('{admin}')));

ALTER TABLE gridward.handover ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.handover FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reading ON gridward.handover;
CREATE POLICY reading ON gridward.handover FOR SELECT USING (
    giver_no = (SELECT gridward.person()) OR (SELECT gridward.holds_role('{admin,auditor}'))
    OR EXISTS (SELECT 1 FROM gridward.handover_part p WHERE p.handover_no = handover.no));
DROP POLICY IF EXISTS preparing ON gridward.handover;
CREATE POLICY preparing ON gridward.handover FOR INSERT WITH CHECK (
    (SELECT gridward.holds_role('{admin}')) AND made_by = (SELECT gridward.person()));

ALTER TABLE gridward.handover_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.handover_event FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reading ON gridward.handover_event;
CREATE POLICY reading ON gridward.handover_event FOR SELECT USING (
    EXISTS (SELECT 1 FROM gridward.handover h WHERE h.no = handover_no));
DROP POLICY IF EXISTS preparing ON gridward.handover_event;
CREATE POLICY preparing ON gridward.handover_event FOR INSERT WITH CHECK (
    (SELECT gridward.holds_role('{admin}')) AND person_no = (SELECT gridward.person())
    AND action = 'prepared');
GRANT SELECT, INSERT (giver_no, happens_on, note, made_by) ON gridward.handover TO @app@;
GRANT SELECT, INSERT (handover_no, assignment_no, giver_no, taker_no, role, grid_no, open)
    ON gridward.handover_part TO @app@;
GRANT SELECT, INSERT (handover_no, action, person_no) ON gridward.handover_event TO @app@;

-- Who hands over and who takes know each other's names, whoever else they may see.
DROP POLICY IF EXISTS shared_handover ON gridward.person;
CREATE POLICY shared_handover ON gridward.person FOR SELECT USING (
    CASE WHEN (SELECT gridward.holds_role('{admin}')) THEN false
         ELSE no IN (SELECT p.giver_no FROM gridward.handover_part p)
              OR no IN (SELECT p.taker_no FROM gridward.handover_part p) END);

-- What the functions below do as the owner; nobody can become the owner.
DROP POLICY IF EXISTS by_function ON gridward.handover;
CREATE POLICY by_function ON gridward.handover TO @owner@ USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS by_function ON gridward.handover_part;
CREATE POLICY by_function ON gridward.handover_part TO @owner@ USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS by_function ON gridward.handover_event;
CREATE POLICY by_function ON gridward.handover_event TO @owner@ USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS by_function ON gridward.assignment;
CREATE POLICY by_function ON gridward.assignment TO @owner@ USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS by_function ON gridward.cover;
CREATE POLICY by_function ON gridward.cover FOR SELECT TO @owner@ USING (true);
DROP POLICY IF EXISTS by_function ON gridward.person;
CREATE POLICY by_function ON gridward.person FOR SELECT TO @owner@ USING (true);

-- Sign for oneself; an admin may stand in for somebody who cannot, with a reason. The last
-- signature moves the assignments. Answers `signed`, `moved`, or `ended` where nothing can move
-- any more and nothing was written.
CREATE OR REPLACE FUNCTION gridward.sign_handover(which integer, whose integer, why text)
RETURNS text LANGUAGE plpgsql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
DECLARE
    held handover;
    own boolean := whose IS NOT DISTINCT FROM person();
    day date;
BEGIN
    SELECT * INTO held FROM handover WHERE no = which FOR UPDATE;
    IF held.no IS NULL OR held.state <> 'prepared' THEN
        RAISE check_violation USING MESSAGE = 'this hand-over is not open for signatures';
    END IF;
    IF NOT EXISTS (SELECT 1 FROM handover_part p
                   WHERE p.handover_no = which AND whose IN (p.giver_no, p.taker_no))
       OR NOT own AND NOT (holds_role('{admin}') AND length(btrim(coalesce(why, ''))) > 0)
       OR own AND NOT EXISTS (SELECT 1 FROM person WHERE no = whose AND active) THEN
        RAISE insufficient_privilege USING MESSAGE = 'this is not theirs to sign';
    END IF;
    day := greatest(held.happens_on, current_date);
    IF EXISTS (SELECT 1 FROM handover_part p
               JOIN assignment a ON a.no = p.assignment_no
               JOIN person taker ON taker.no = p.taker_no
               WHERE p.handover_no = which AND (a.valid_until <= day OR NOT taker.active)) THEN
        RETURN 'ended';
    END IF;
    INSERT INTO handover_event (handover_no, action, person_no, whose_no, reason)
    VALUES (which, CASE WHEN own THEN 'signed' ELSE 'confirmed' END, person(), whose, why);
    IF EXISTS (SELECT 1 FROM handover_part p
               CROSS JOIN LATERAL (VALUES (p.giver_no), (p.taker_no)) AS side (no)
               WHERE p.handover_no = which AND NOT EXISTS (
                   SELECT 1 FROM handover_event e
                   WHERE e.handover_no = which AND e.whose_no = side.no)) THEN
        RETURN 'signed';
    END IF;
    PERFORM move_assignments(which, day);
    RETURN 'moved';
END
$$;

-- Who stood in for the giver stands in no longer; the taker is there.
CREATE OR REPLACE FUNCTION gridward.move_assignments(which integer, day date) RETURNS void
LANGUAGE plpgsql SET search_path = gridward, pg_temp AS
$$
DECLARE
    moved record;
    taken integer;
BEGIN
    FOR moved IN
        SELECT a.*, p.taker_no FROM handover_part p JOIN assignment a ON a.no = p.assignment_no
        WHERE p.handover_no = which ORDER BY a.no FOR UPDATE OF a
    LOOP
        INSERT INTO assignment (person_no, grid_no, role, valid_from, valid_until, handover_no)
        VALUES (moved.taker_no, moved.grid_no, moved.role, greatest(day, moved.valid_from),
                moved.valid_until, which)
        RETURNING no INTO taken;
        UPDATE assignment SET valid_until = greatest(day, valid_from) WHERE no = moved.no;
        UPDATE assignment SET valid_until = greatest(day, valid_from)
        WHERE covers_no = moved.no AND valid_until > day;
        UPDATE handover_part SET former_until = moved.valid_until, taken_no = taken
        WHERE handover_no = which AND assignment_no = moved.no;
    END LOOP;
    UPDATE handover SET state = 'settled', moved_on = day WHERE no = which;
    INSERT INTO handover_event (handover_no, action, person_no) VALUES (which, 'settled', person());
END
$$;

-- Before the day has come everything can be as it was; afterwards another hand-over leads back.
CREATE OR REPLACE FUNCTION gridward.undo_handover(which integer, why text) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
DECLARE
    held handover;
BEGIN
    IF NOT holds_role('{admin}') THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an admin undoes a hand-over';
    END IF;
    SELECT * INTO held FROM handover WHERE no = which FOR UPDATE;
    IF held.no IS NULL OR held.state = 'undone'
       OR held.state = 'settled' AND held.moved_on <= current_date THEN
        RAISE check_violation USING MESSAGE = 'this hand-over can no longer be undone';
    END IF;
    UPDATE assignment a SET valid_until = a.valid_from FROM handover_part p
    WHERE p.handover_no = which AND a.no = p.taken_no;
    UPDATE assignment a SET valid_until = p.former_until FROM handover_part p
    WHERE p.handover_no = which AND p.taken_no IS NOT NULL AND a.no = p.assignment_no;
    UPDATE assignment a SET valid_until = c.valid_until FROM handover_part p, cover c
    WHERE p.handover_no = which AND p.taken_no IS NOT NULL AND a.covers_no = p.assignment_no
      AND c.no = a.cover_no AND a.valid_until = greatest(held.moved_on, a.valid_from);
    UPDATE handover SET state = 'undone' WHERE no = which;
    INSERT INTO handover_event (handover_no, action, person_no, reason)
    VALUES (which, 'undone', person(), nullif(btrim(why), ''));
END
$$;

-- -- looking as somebody else ---------------------------------------------------------------

ALTER TABLE gridward.viewing ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.viewing FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS reading ON gridward.viewing;
CREATE POLICY reading ON gridward.viewing FOR SELECT
    USING ((SELECT gridward.holds_role('{admin,auditor}')));
DROP POLICY IF EXISTS beginning ON gridward.viewing;
CREATE POLICY beginning ON gridward.viewing FOR INSERT WITH CHECK (
    viewer_no = (SELECT gridward.person()) AND (SELECT gridward.holds_role('{admin}')));
DROP POLICY IF EXISTS going_on ON gridward.viewing;
CREATE POLICY going_on ON gridward.viewing FOR UPDATE USING (viewer_no = (SELECT gridward.person()));
GRANT SELECT, INSERT (viewer_no, person_no, reason, until), UPDATE (ended_at, looked)
    ON gridward.viewing TO @app@;

-- Names that nobody can sign in with at the moment, for the admin's list of people.
CREATE OR REPLACE FUNCTION gridward.locked_sign_ins() RETURNS SETOF text LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    SELECT tried.name
    FROM (SELECT DISTINCT lower(e.subject) AS name FROM audit_event e
          WHERE e.action = 'sign_in_failed' AND e.at > now() - interval '30 minutes') tried
    WHERE holds_role('{admin}') AND sign_in_locked_until(tried.name, '') > now()
$$;

GRANT CREATE ON SCHEMA gridward TO @scope@;
ALTER FUNCTION gridward.locked_sign_ins() OWNER TO @scope@;
REVOKE CREATE ON SCHEMA gridward FROM @scope@;
ALTER FUNCTION gridward.sign_handover(integer, integer, text) OWNER TO @owner@;
ALTER FUNCTION gridward.move_assignments(integer, date) OWNER TO @owner@;
ALTER FUNCTION gridward.undo_handover(integer, text) OWNER TO @owner@;
GRANT EXECUTE ON FUNCTION gridward.person(), gridward.holds_role(text[]), gridward.scope(),
    gridward.scope_low(), gridward.scope_high() TO @owner@;
REVOKE ALL ON FUNCTION gridward.sign_handover(integer, integer, text),
    gridward.undo_handover(integer, text), gridward.move_assignments(integer, date),
    gridward.locked_sign_ins() FROM PUBLIC;
REVOKE ALL ON FUNCTION gridward.move_assignments(integer, date) FROM @app@;
GRANT EXECUTE ON FUNCTION gridward.sign_handover(integer, integer, text),
    gridward.undo_handover(integer, text), gridward.locked_sign_ins() TO @app@;
