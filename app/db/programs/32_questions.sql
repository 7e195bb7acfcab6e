-- A question is seen by who recorded the visits and by the area manager right above, by nobody else,
-- and by nobody who looks as somebody else.

-- Grids of which the reader is the nearest area manager.
CREATE OR REPLACE FUNCTION gridward.supervised_scope() RETURNS int4multirange LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    WITH held AS (
        SELECT a.person_no, a.grid_no, t.numbers
        FROM assignment a
        JOIN person p ON p.no = a.person_no AND p.active
        JOIN territory t ON t.grid_no = a.grid_no
        WHERE a.role = 'area_manager' AND a.valid_from <= current_date
          AND (a.valid_until IS NULL OR a.valid_until > current_date))
    SELECT coalesce(range_agg(part.numbers), '{}'::int4multirange)
    FROM (SELECT unnest(h.numbers - coalesce((
              SELECT range_agg(below.numbers)
              FROM (SELECT unnest(o.numbers) AS numbers FROM held o
                    WHERE o.person_no <> h.person_no AND o.grid_no <> h.grid_no
                      AND o.numbers <@ h.numbers) below), '{}'::int4multirange)) AS numbers
          FROM held h
          WHERE h.person_no = person()
            AND nullif(current_setting('gridward.viewer', true), '') IS NULL) part
$$;

ALTER TABLE gridward.question ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.question FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS concerned ON gridward.question;
CREATE POLICY concerned ON gridward.question FOR SELECT USING (
    nullif(current_setting('gridward.viewer', true), '') IS NULL
    AND (person_no = (SELECT gridward.person())
         OR grid_no <@ (SELECT gridward.supervised_scope())));
ALTER TABLE gridward.question_event ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.question_event FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS concerned ON gridward.question_event;
CREATE POLICY concerned ON gridward.question_event FOR SELECT USING (EXISTS (
    SELECT 1 FROM gridward.question q WHERE q.no = question_no));
DROP POLICY IF EXISTS own_name ON gridward.question_event;
CREATE POLICY own_name ON gridward.question_event FOR INSERT WITH CHECK (
    recorded_by = (SELECT gridward.person())
    AND EXISTS (SELECT 1 FROM gridward.question q WHERE q.no = question_no));
ALTER TABLE gridward.question_look ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.question_look FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS administration ON gridward.question_look;
CREATE POLICY administration ON gridward.question_look
    USING ((SELECT gridward.holds_role('{admin}')))
    WITH CHECK ((SELECT gridward.holds_role('{admin}')));
GRANT SELECT ON gridward.question TO @app@;
GRANT SELECT, INSERT (id, question_no, person_no, kind, words, recorded_by)
    ON gridward.question_event TO @app@;
GRANT SELECT, INSERT (day) ON gridward.question_look TO @app@;

-- Whether it was new. The worker asks; it does not see what it asked.
CREATE OR REPLACE FUNCTION gridward.raise_question(
    rule_word text, key_word text, about integer, grid integer, told jsonb, day date)
RETURNS boolean LANGUAGE plpgsql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    IF NOT holds_role('{admin}') THEN
        RAISE insufficient_privilege USING MESSAGE = 'only the worker asks questions';
    END IF;
    INSERT INTO question (rule, key, person_no, grid_no, facts, raised_on)
    VALUES (rule_word, key_word, about, grid, told, day)
    ON CONFLICT (key) DO NOTHING;
    RETURN FOUND;
END
$$;

DO $$
DECLARE made regprocedure;
BEGIN
    GRANT CREATE ON SCHEMA gridward TO @scope@;
    FOREACH made IN ARRAY ARRAY['gridward.supervised_scope()',
            'gridward.raise_question(text, text, integer, integer, jsonb, date)']::regprocedure[] LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO @scope@', made);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO @app@', made);
    END LOOP;
    REVOKE CREATE ON SCHEMA gridward FROM @scope@;
END $$;
GRANT SELECT, INSERT ON gridward.question TO @scope@;
