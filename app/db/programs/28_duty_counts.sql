-- The counts that coverage is read from: what was counted up to the last folding, and what the log
-- says may have changed since.

ALTER TABLE gridward.coverage_count ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.coverage_count FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.coverage_count;
CREATE POLICY territory ON gridward.coverage_count FOR SELECT USING (
    grid_no BETWEEN (SELECT gridward.scope_low()) AND (SELECT gridward.scope_high())
    AND grid_no <@ (SELECT gridward.scope()));
-- which periods are counted says nothing about any place
DO $$
DECLARE held text;
BEGIN
    FOREACH held IN ARRAY ARRAY['coverage_part', 'coverage_period'] LOOP
        EXECUTE format('ALTER TABLE gridward.%I ENABLE ROW LEVEL SECURITY', held);
        EXECUTE format('ALTER TABLE gridward.%I FORCE ROW LEVEL SECURITY', held);
        EXECUTE format('DROP POLICY IF EXISTS reading ON gridward.%I', held);
        EXECUTE format('CREATE POLICY reading ON gridward.%I FOR SELECT '
            'USING (NOT isempty((SELECT gridward.scope())))', held);
    END LOOP;
END $$;
GRANT SELECT ON gridward.coverage_count, gridward.coverage_part, gridward.coverage_period TO @app@;
-- the log is read and emptied by the functions below alone
ALTER TABLE gridward.coverage_log ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.coverage_log FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS nobody ON gridward.coverage_log;
CREATE POLICY nobody ON gridward.coverage_log USING (false);
GRANT SELECT ON gridward.coverage_log TO @app@;

-- -- what may have changed -----------------------------------------------------------------

-- Only what is done counts, and what is corrected.
CREATE OR REPLACE FUNCTION gridward.log_inspections() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    INSERT INTO coverage_log (target_no, day_from, day_until)
    SELECT DISTINCT w.target_no, w.happened_on, w.happened_on FROM written w
    WHERE w.outcome = 'done';
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER coverage_of_inspections AFTER INSERT ON gridward.inspection
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION gridward.log_inspections();

-- A correction may have another day than what it corrects.
CREATE OR REPLACE FUNCTION gridward.log_correction() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    INSERT INTO coverage_log (target_no, day_from, day_until)
    SELECT i.target_no, i.happened_on, i.happened_on FROM inspection i WHERE i.id = NEW.supersedes;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER coverage_of_corrections AFTER INSERT ON gridward.inspection
    FOR EACH ROW WHEN (NEW.supersedes IS NOT NULL) EXECUTE FUNCTION gridward.log_correction();

CREATE OR REPLACE FUNCTION gridward.log_target() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    IF TG_TABLE_NAME = 'exclusion' THEN
        INSERT INTO coverage_log (target_no, day_from, day_until)
        VALUES (NEW.target_no, NEW.valid_from, NEW.valid_until);
    ELSIF TG_TABLE_NAME = 'target' THEN
        INSERT INTO coverage_log (target_no, grid_no, day_from)
        VALUES (NEW.no, OLD.grid_no, '1900-01-01');
        INSERT INTO coverage_log (target_no, day_from)
        SELECT two.no, '1900-01-01' FROM (VALUES (OLD.merged_into), (NEW.merged_into)) two (no)
        WHERE two.no IS NOT NULL AND OLD.merged_into IS DISTINCT FROM NEW.merged_into;
    ELSE                                -- a class, a household, a unit, a facility, a building
        INSERT INTO coverage_log (target_no, day_from)
        VALUES (coalesce(NEW.target_no, OLD.target_no), '1900-01-01');
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE FUNCTION gridward.log_targets() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    INSERT INTO coverage_log (target_no, grid_no, day_from)
    SELECT w.no, w.grid_no, w.valid_from FROM written w WHERE w.grid_no > 0;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER coverage_begins AFTER INSERT ON gridward.target
    REFERENCING NEW TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION gridward.log_targets();
CREATE OR REPLACE TRIGGER coverage_ends AFTER DELETE ON gridward.target
    REFERENCING OLD TABLE AS written FOR EACH STATEMENT EXECUTE FUNCTION gridward.log_targets();
CREATE OR REPLACE TRIGGER coverage_changes
    AFTER UPDATE OF grid_no, valid_from, valid_until, closed, merged_into, has_merged
    ON gridward.target FOR EACH ROW
    WHEN ((OLD.grid_no, OLD.valid_from, OLD.valid_until, OLD.closed, OLD.merged_into, OLD.has_merged)
          IS DISTINCT FROM
          (NEW.grid_no, NEW.valid_from, NEW.valid_until, NEW.closed, NEW.merged_into, NEW.has_merged))
    EXECUTE FUNCTION gridward.log_target();
CREATE OR REPLACE TRIGGER coverage_changes AFTER INSERT OR UPDATE OR DELETE ON gridward.unit_class
    FOR EACH ROW EXECUTE FUNCTION gridward.log_target();
CREATE OR REPLACE TRIGGER coverage_changes AFTER UPDATE OF decision ON gridward.exclusion
    FOR EACH ROW EXECUTE FUNCTION gridward.log_target();
CREATE OR REPLACE TRIGGER coverage_changes AFTER UPDATE OF class ON gridward.unit
    FOR EACH ROW WHEN (OLD.class <> NEW.class) EXECUTE FUNCTION gridward.log_target();
CREATE OR REPLACE TRIGGER coverage_changes AFTER UPDATE OF class ON gridward.facility
    FOR EACH ROW WHEN (OLD.class <> NEW.class) EXECUTE FUNCTION gridward.log_target();
CREATE OR REPLACE TRIGGER coverage_changes AFTER UPDATE OF class ON gridward.building
    FOR EACH ROW WHEN (OLD.class <> NEW.class) EXECUTE FUNCTION gridward.log_target();
CREATE OR REPLACE TRIGGER coverage_changes AFTER UPDATE OF class ON gridward.place
    FOR EACH ROW WHEN (OLD.class <> NEW.class) EXECUTE FUNCTION gridward.log_target();
CREATE OR REPLACE TRIGGER coverage_changes AFTER UPDATE OF class, expires_on ON gridward.household
    FOR EACH ROW WHEN ((OLD.class, OLD.expires_on) <> (NEW.class, NEW.expires_on))
    EXECUTE FUNCTION gridward.log_target();

-- -- parts ---------------------------------------------------------------------------------
-- The plain functions here are planned as a part of the statement that asks them.

-- Of the periods asked for: the parts whose due dates are all among them and whose edition still
-- holds on them. Of a month the counts tell overdue from open only after its last grace.
CREATE OR REPLACE FUNCTION gridward.asked_parts(
    rules integer[], sinces date[], dues date[], graces date[], as_of date)
RETURNS TABLE (part_no integer, rule_no integer, edition_no integer, grace_until date)
LANGUAGE sql STABLE AS
$$
    SELECT p.no, p.rule_no, p.edition_no, max(k.grace_until)
    FROM unnest(rules, sinces, dues, graces) AS a (no, since, due, grace)
    JOIN gridward.coverage_period k ON k.rule_no = a.no AND k.due_on = a.due
         AND k.since = a.since AND k.grace_until = a.grace
    JOIN gridward.coverage_part p ON p.no = k.part_no
    GROUP BY p.no
    HAVING count(*) = (SELECT count(*) FROM gridward.coverage_period o WHERE o.part_no = p.no)
       AND gridward.edition_on(min(k.due_on)) = p.edition_no
       AND gridward.edition_on(max(k.due_on)) = p.edition_no
       AND (p.month IS NULL OR max(k.grace_until) < as_of)
$$;

-- The periods of each part.
CREATE OR REPLACE FUNCTION gridward.part_turns()
RETURNS TABLE (part_no integer, sinces date[], dues date[], graces date[], latest date,
               latest_due date)
LANGUAGE sql STABLE AS
$$
    SELECT k.part_no, array_agg(k.since), array_agg(k.due_on), array_agg(k.grace_until),
           max(k.grace_until), max(k.due_on)
    FROM coverage_period k GROUP BY k.part_no
$$;

-- Which parts are out of date, and in which grids, by the log as it is now.
CREATE OR REPLACE FUNCTION gridward.stale_parts()
RETURNS TABLE (part_no integer, grids integer[])
LANGUAGE sql STABLE AS
$$
    WITH logged AS (
        SELECT l.target_no, l.grid_no, l.day_from, l.day_until, l.rest_no FROM coverage_log l
        UNION ALL                       -- what was merged counts for what it was merged into
        SELECT t.merged_into, NULL, l.day_from, l.day_until, l.rest_no
        FROM coverage_log l JOIN target t ON t.no = l.target_no WHERE t.merged_into IS NOT NULL),
    touched AS (
        SELECT l.grid_no, l.day_from, l.day_until, l.rest_no, NULL::text AS kind FROM logged l
        WHERE l.grid_no > 0
        UNION
        SELECT p.grid_no, l.day_from, l.day_until, l.rest_no, t.kind
        FROM logged l
        JOIN target t ON t.no = l.target_no
        JOIN target_place p ON p.target_no = l.target_no AND p.grid_no > 0),
    together AS MATERIALIZED (          -- days are few, grids may be many
        SELECT day_from, day_until, rest_no, kind, array_agg(grid_no) AS grids FROM touched
        GROUP BY day_from, day_until, rest_no, kind)
    SELECT k.part_no, array_agg(DISTINCT one.grid_no)
    FROM together
    JOIN coverage_period k ON k.grace_until >= together.day_from
         AND (together.day_until IS NULL OR k.since <= together.day_until)
         AND (together.rest_no IS NULL OR k.part_no <= together.rest_no)
    JOIN duty_rule r ON r.no = k.rule_no AND (together.kind IS NULL OR r.target_kind = together.kind)
    CROSS JOIN LATERAL unnest(together.grids) AS one (grid_no)
    GROUP BY k.part_no
$$;

-- What must be added to a part so that it is right in these grids for these due dates, all of its
-- own; without grids for due dates that are new to it, everywhere.
CREATE OR REPLACE FUNCTION gridward.part_differences(
    part integer, sinces date[], dues date[], graces date[], grids integer[])
RETURNS TABLE (grid_no integer, due integer, on_time integer, late integer, excluded integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
#variable_conflict use_column
BEGIN           -- planned once a session, which takes longer than most of its work
    RETURN QUERY
    WITH turn AS MATERIALIZED (
        SELECT p.rule_no, a.since, a.due, a.grace
        FROM coverage_part p CROSS JOIN unnest(sinces, dues, graces) AS a (since, due, grace)
        WHERE p.no = part_differences.part),
    state AS (
        SELECT s.grid_no, s.excluded, s.done_on, turn.due FROM turn
        CROSS JOIN LATERAL all_duty_states(turn.rule_no, turn.since, turn.due, turn.grace,
                                           'infinity', NULL) s
        WHERE grids IS NULL
        UNION ALL
        SELECT s.grid_no, s.excluded, s.done_on, turn.due
        FROM unnest(grids) AS one (no) CROSS JOIN turn
        CROSS JOIN LATERAL all_duty_states(turn.rule_no, turn.since, turn.due, turn.grace,
            'infinity', int4multirange(int4range(one.no, one.no + 1))) s),
    fresh AS (
        SELECT s.grid_no, count(*) FILTER (WHERE NOT s.excluded)::int AS due,
               count(*) FILTER (WHERE NOT s.excluded AND s.done_on <= s.due)::int AS on_time,
               count(*) FILTER (WHERE NOT s.excluded AND s.done_on > s.due)::int AS late,
               count(*) FILTER (WHERE s.excluded)::int AS excluded
        FROM state s GROUP BY s.grid_no),
    kept AS (
        SELECT c.grid_no, c.own_due, c.own_on_time, c.own_late, c.own_excluded
        FROM unnest(grids) AS one (no)
        JOIN grid g ON g.no = one.no
        JOIN coverage_count c ON c.part_no = part_differences.part AND c.depth = g.depth
             AND c.grid_no = g.no),
    difference AS (
        SELECT grid_no, coalesce(fresh.due, 0) - coalesce(kept.own_due, 0) AS due,
               coalesce(fresh.on_time, 0) - coalesce(kept.own_on_time, 0) AS on_time,
               coalesce(fresh.late, 0) - coalesce(kept.own_late, 0) AS late,
               coalesce(fresh.excluded, 0) - coalesce(kept.own_excluded, 0) AS excluded
        FROM fresh FULL JOIN kept USING (grid_no))
    SELECT d.grid_no, d.due, d.on_time, d.late, d.excluded
    FROM difference d
    WHERE (d.due, d.on_time, d.late, d.excluded) <> (0, 0, 0, 0)
      AND EXISTS (SELECT 1 FROM grid_chain up JOIN coverage_part p ON p.no = part_differences.part
                  WHERE up.edition_no = p.edition_no AND up.grid_no = d.grid_no);
END
$$;

-- Adds them; answers how many duties were added.
CREATE OR REPLACE FUNCTION gridward.add_to_part(
    part integer, sinces date[], dues date[], graces date[], grids integer[])
RETURNS bigint LANGUAGE sql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    WITH difference AS MATERIALIZED (
        SELECT * FROM part_differences(part, sinces, dues, graces, grids)),
    spread AS (
        SELECT up.depth, up.ancestor_no, sum(d.due) AS due, sum(d.on_time) AS on_time,
               sum(d.late) AS late, sum(d.excluded) AS excluded,
               coalesce(sum(d.due) FILTER (WHERE here.yes), 0) AS own_due,
               coalesce(sum(d.on_time) FILTER (WHERE here.yes), 0) AS own_on_time,
               coalesce(sum(d.late) FILTER (WHERE here.yes), 0) AS own_late,
               coalesce(sum(d.excluded) FILTER (WHERE here.yes), 0) AS own_excluded
        FROM coverage_part p
        JOIN grid_chain up ON up.edition_no = p.edition_no
        JOIN difference d ON d.grid_no = up.grid_no
        CROSS JOIN LATERAL (SELECT up.ancestor_no = up.grid_no AS yes) here
        WHERE p.no = part
        GROUP BY up.depth, up.ancestor_no),
    written AS (
        INSERT INTO coverage_count AS k (part_no, depth, grid_no, due, on_time, late, excluded,
                                         own_due, own_on_time, own_late, own_excluded)
        SELECT part, s.depth, s.ancestor_no, s.due, s.on_time, s.late, s.excluded,
               s.own_due, s.own_on_time, s.own_late, s.own_excluded
        FROM spread s ORDER BY s.depth, s.ancestor_no
        ON CONFLICT (part_no, depth, grid_no) DO UPDATE
        SET due = k.due + excluded.due, on_time = k.on_time + excluded.on_time,
            late = k.late + excluded.late, excluded = k.excluded + excluded.excluded,
            own_due = k.own_due + excluded.own_due,
            own_on_time = k.own_on_time + excluded.own_on_time,
            own_late = k.own_late + excluded.own_late,
            own_excluded = k.own_excluded + excluded.own_excluded)
    SELECT coalesce(sum(d.due + d.excluded), 0)::bigint FROM difference d
$$;

-- -- folding -------------------------------------------------------------------------------
-- No more at a time than about so many duties: the next call goes on. Nobody who reads waits for it,
-- since what is not counted yet is counted when it is asked for.

-- Take the log into the counts, from the part made last to the first; answers whether something is
-- left in it. What another transaction writes meanwhile stays. Where the work ends early, the log
-- keeps from which part on it goes on; a part that is made later is counted with all that it says.
CREATE OR REPLACE FUNCTION gridward.fold_log(most bigint)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
DECLARE
    at_once CONSTANT integer := 50000;
    taken tid[] := ARRAY(SELECT l.ctid FROM coverage_log l LIMIT at_once);
    one record; spent bigint := 0; rest integer;
BEGIN
    FOR one IN
        SELECT s.part_no, s.grids, turn.sinces, turn.dues, turn.graces
        FROM stale_parts() s
        JOIN part_turns() turn ON turn.part_no = s.part_no
        ORDER BY s.part_no DESC
    LOOP
        IF spent > most THEN
            rest := one.part_no;
            EXIT;
        END IF;
        PERFORM add_to_part(one.part_no, one.sinces, one.dues, one.graces, one.grids);
        spent := spent + cardinality(one.dues) * cardinality(one.grids);
    END LOOP;
    IF rest IS NULL THEN
        DELETE FROM coverage_log l WHERE l.ctid = ANY (taken);
    ELSE
        UPDATE coverage_log l SET rest_no = least(l.rest_no, rest) WHERE l.ctid = ANY (taken);
    END IF;
    RETURN rest IS NOT NULL OR cardinality(taken) = at_once;
END
$$;

-- Of the periods that should be kept those that are not, or not with the month that they belong to.
CREATE OR REPLACE FUNCTION gridward.uncounted_periods(
    rules integer[], sinces date[], dues date[], graces date[], months date[])
RETURNS TABLE (rule_no integer, since date, due_on date, grace_until date, month date,
               edition_no integer)
LANGUAGE sql STABLE AS
$$
    SELECT a.no, a.since, a.due, a.grace, a.month, a.edition_no
    FROM (SELECT u.*, edition_on(u.due) AS edition_no
          FROM unnest(rules, sinces, dues, graces, months) AS u (no, since, due, grace, month)) a
    LEFT JOIN (coverage_period k JOIN coverage_part p ON p.no = k.part_no)
        ON k.rule_no = a.no AND k.due_on = a.due AND k.since = a.since AND k.grace_until = a.grace
       AND p.edition_no = a.edition_no AND p.month IS NOT DISTINCT FROM a.month
    WHERE k.rule_no IS NULL
$$;

-- A rule that ended, a calendar or an edition that changed: some of the parts with such a due date.
-- Nobody reads them any more.
CREATE OR REPLACE FUNCTION gridward.drop_unwanted_parts(
    rules integer[], sinces date[], dues date[], graces date[])
RETURNS void LANGUAGE sql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    DELETE FROM coverage_part p WHERE p.no IN (
        SELECT k.part_no
        FROM coverage_period k
        JOIN coverage_part o ON o.no = k.part_no
        LEFT JOIN unnest(rules, sinces, dues, graces) AS a (no, since, due, grace)
            ON a.no = k.rule_no AND a.due = k.due_on AND a.since = k.since
           AND a.grace = k.grace_until
        WHERE a.no IS NULL OR edition_on(k.due_on) <> o.edition_no
        GROUP BY k.part_no ORDER BY k.part_no DESC LIMIT 10)
$$;

-- Fold the log, then count what is not kept yet, some due dates of a month together; answers how many
-- periods remain. `months`: with which month a due date is counted, NULL: by itself.
CREATE OR REPLACE FUNCTION gridward.fold_coverage(
    rules integer[], sinces date[], dues date[], graces date[], months date[], most bigint)
RETURNS integer LANGUAGE plpgsql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
DECLARE
    a_step CONSTANT integer := 1000;    -- what a step costs even where nothing is due, in duties
    one record; part integer; spent bigint := 0; logged boolean;
BEGIN
    PERFORM pg_advisory_xact_lock(hashtext('gridward.fold_coverage'));
    PERFORM drop_unwanted_parts(rules, sinces, dues, graces);
    logged := fold_log(most);
    FOR one IN
        SELECT n.rule_no, n.edition_no, n.month, array_agg(n.since) AS sinces,
               array_agg(n.due_on) AS dues, array_agg(n.grace_until) AS graces
        FROM (SELECT u.*, CASE WHEN u.month IS NULL THEN u.due_on END AS alone,
                     (row_number() OVER (PARTITION BY u.rule_no, u.edition_no, u.month
                                         ORDER BY u.due_on) - 1) / 7 AS piece
              FROM uncounted_periods(rules, sinces, dues, graces, months) u) n
        GROUP BY n.rule_no, n.edition_no, n.month, n.alone,
                 CASE WHEN n.alone IS NULL THEN n.piece END
        ORDER BY max(n.due_on) DESC, n.rule_no
    LOOP
        EXIT WHEN spent >= most;
        -- counted by themselves until now, or as they were due before
        DELETE FROM coverage_part p WHERE p.no IN (
            SELECT k.part_no FROM coverage_period k
            WHERE k.rule_no = one.rule_no AND k.due_on = ANY (one.dues));
        PERFORM draw_quota(r.no, a.since, a.due)
        FROM duty_rule r CROSS JOIN unnest(one.sinces, one.dues) AS a (since, due)
        WHERE r.no = one.rule_no AND r.percent IS NOT NULL;
        SELECT p.no INTO part FROM coverage_part p
        WHERE p.rule_no = one.rule_no AND p.edition_no = one.edition_no AND p.month = one.month;
        IF NOT FOUND THEN
            INSERT INTO coverage_part (rule_no, edition_no, month)
            VALUES (one.rule_no, one.edition_no, one.month) RETURNING no INTO part;
        END IF;
        spent := spent + a_step + add_to_part(part, one.sinces, one.dues, one.graces, NULL);
        INSERT INTO coverage_period (rule_no, due_on, since, grace_until, part_no)
        SELECT one.rule_no, a.due, a.since, a.grace, part
        FROM unnest(one.sinces, one.dues, one.graces) AS a (since, due, grace);
    END LOOP;
    RETURN logged::int + (
        SELECT count(*) FROM uncounted_periods(rules, sinces, dues, graces, months));
END
$$;

-- -- reading -------------------------------------------------------------------------------

-- For readers: what the counts kept lack at this moment, of the periods asked for, inside the
-- reader's territory. A period that is not kept lacks everything.
CREATE OR REPLACE FUNCTION gridward.coverage_tail(
    rules integer[], sinces date[], dues date[], graces date[], as_of date)
RETURNS TABLE (rule_no integer, edition_no integer, grace_until date, grid_no integer,
               due integer, on_time integer, late integer, excluded integer)
LANGUAGE plpgsql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
#variable_conflict use_column
DECLARE
    mine int4multirange := scope();
    parts integer[] := ARRAY(SELECT a.part_no FROM asked_parts(rules, sinces, dues, graces, as_of) a);
BEGIN           -- most of the time nothing is lacking: each half is planned where there is work
    IF EXISTS (SELECT 1 FROM coverage_log) THEN
        RETURN QUERY
        SELECT p.rule_no, p.edition_no, turn.latest, d.grid_no, d.due, d.on_time, d.late, d.excluded
        FROM stale_parts() s
        JOIN coverage_part p ON p.no = s.part_no
        JOIN part_turns() turn ON turn.part_no = s.part_no
        CROSS JOIN LATERAL part_differences(
            s.part_no, turn.sinces, turn.dues, turn.graces,
            ARRAY(SELECT one.no FROM unnest(s.grids) AS one (no) WHERE one.no <@ mine)) d
        WHERE s.part_no = ANY (parts);
    END IF;
    IF cardinality(rules) > (SELECT count(*) FROM coverage_period k WHERE k.part_no = ANY (parts)) THEN
        RETURN QUERY
        SELECT a.no, edition_on(a.due), a.grace, s.grid_no,
               count(*) FILTER (WHERE NOT s.excluded)::int,
               count(*) FILTER (WHERE NOT s.excluded AND s.done_on <= a.due)::int,
               count(*) FILTER (WHERE NOT s.excluded AND s.done_on > a.due)::int,
               count(*) FILTER (WHERE s.excluded)::int
        FROM unnest(rules, sinces, dues, graces) AS a (no, since, due, grace)
        CROSS JOIN LATERAL all_duty_states(a.no, a.since, a.due, a.grace, 'infinity', mine) s
        WHERE NOT EXISTS (SELECT 1 FROM coverage_period k
                          WHERE k.part_no = ANY (parts) AND k.rule_no = a.no AND k.due_on = a.due)
        GROUP BY a.no, a.due, a.grace, s.grid_no;
    END IF;
END
$$;

-- For doctor: kept counts that differ from counting anew, or that do not add up from grid to grid. Of
-- a dozen parts and some hundred grids of each, others every day, without what the log has yet to tell.
CREATE OR REPLACE FUNCTION gridward.coverage_faults() RETURNS TABLE (fault text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    WITH part AS MATERIALIZED (
        SELECT p.no, p.edition_no, r.programme_key || '/' || r.key AS rule, turn.sinces, turn.dues,
               turn.graces, coalesce(s.grids, '{}') AS stale,
               'due by ' || turn.latest_due || ' (' || cardinality(turn.dues) || ')' AS days
        FROM coverage_part p
        JOIN duty_rule r ON r.no = p.rule_no
        JOIN part_turns() turn ON turn.part_no = p.no
        LEFT JOIN stale_parts() s ON s.part_no = p.no
        ORDER BY md5(current_date || ':' || p.no) LIMIT 12),
    looked AS MATERIALIZED (
        SELECT part.no, ARRAY(
                   (SELECT c.grid_no FROM coverage_count c
                    WHERE c.part_no = part.no AND c.grid_no <> ALL (part.stale)
                    ORDER BY md5(part.no || ':' || c.grid_no) LIMIT 100)
                   UNION
                   (SELECT s.grid_no FROM grid_shape s
                    WHERE s.edition_no = part.edition_no AND s.grid_no <> ALL (part.stale)
                    ORDER BY md5(part.no || ':' || s.grid_no) LIMIT 100)) AS grids
        FROM part),
    added AS (
        SELECT c.part_no, up.depth, up.ancestor_no AS grid_no, sum(c.own_due) AS due,
               sum(c.own_on_time) AS on_time, sum(c.own_late) AS late,
               sum(c.own_excluded) AS excluded
        FROM part
        JOIN coverage_count c ON c.part_no = part.no
        JOIN grid_chain up ON up.edition_no = part.edition_no AND up.grid_no = c.grid_no
        GROUP BY c.part_no, up.depth, up.ancestor_no)
    SELECT part.rule || ' ' || part.days || ': the counts kept of grid ' || g.code || ' lack '
           || d.due || ' due, ' || d.on_time || ' on time, ' || d.late || ' late, ' || d.excluded
           || ' excluded'
    FROM part
    JOIN looked ON looked.no = part.no
    CROSS JOIN LATERAL part_differences(part.no, part.sinces, part.dues, part.graces,
                                        looked.grids) d
    JOIN grid g ON g.no = d.grid_no
    UNION ALL
    SELECT part.rule || ' ' || part.days || ': the counts kept of grid ' || g.code
           || ' are not the sum of those in it'
    FROM added
    FULL JOIN (SELECT c.* FROM coverage_count c JOIN part ON part.no = c.part_no) c
        USING (part_no, depth, grid_no)
    JOIN part ON part.no = part_no
    JOIN grid g ON g.no = grid_no
    WHERE (added.due, added.on_time, added.late, added.excluded)
          IS DISTINCT FROM (c.due, c.on_time, c.late, c.excluded)
$$;

DO $$
DECLARE
    inner_ones text[] := ARRAY['log_inspections()', 'log_correction()', 'log_target()',
        'log_targets()', 'part_turns()', 'stale_parts()',
        'part_differences(integer, date[], date[], date[], integer[])',
        'add_to_part(integer, date[], date[], date[], integer[])', 'fold_log(bigint)',
        'uncounted_periods(integer[], date[], date[], date[], date[])',
        'drop_unwanted_parts(integer[], date[], date[], date[])'];
    open_ones text[] := ARRAY['asked_parts(integer[], date[], date[], date[], date)',
        'fold_coverage(integer[], date[], date[], date[], date[], bigint)',
        'coverage_tail(integer[], date[], date[], date[], date)', 'coverage_faults()'];
    made text;
BEGIN
    GRANT CREATE ON SCHEMA gridward TO @scope@;
    FOREACH made IN ARRAY inner_ones || open_ones LOOP
        EXECUTE format('ALTER FUNCTION gridward.%s OWNER TO @scope@', made);
        EXECUTE format('REVOKE ALL ON FUNCTION gridward.%s FROM PUBLIC', made);
    END LOOP;
    FOREACH made IN ARRAY open_ones LOOP
        EXECUTE format('GRANT EXECUTE ON FUNCTION gridward.%s TO @app@', made);
    END LOOP;
    REVOKE CREATE ON SCHEMA gridward FROM @scope@;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON gridward.coverage_log, gridward.coverage_part,
    gridward.coverage_period, gridward.coverage_count TO @scope@;
