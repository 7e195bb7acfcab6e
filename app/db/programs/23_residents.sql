-- Who may see persons, and the only ways to write them. The tables are read through one policy;
-- every change goes through a function here, so that an admin imports households without ever
-- reading one. The functions belong to the scope role.

-- Where the reader is chief, worker or the nearest manager above: a part that has a manager of its
-- own is that manager's. Nowhere while an admin looks through somebody else's eyes.
CREATE OR REPLACE FUNCTION gridward.person_scope() RETURNS int4multirange LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    WITH held AS (
        SELECT a.person_no, a.role, a.grid_no, t.numbers
        FROM assignment a
        JOIN person p ON p.no = a.person_no AND p.active
        JOIN territory t ON t.grid_no = a.grid_no
        WHERE a.role IN ('grid_chief', 'grid_worker', 'area_manager')
          AND a.valid_from <= current_date
          AND (a.valid_until IS NULL OR a.valid_until > current_date))
    SELECT coalesce(range_agg(part.numbers), '{}'::int4multirange)
    FROM (
        SELECT unnest(CASE WHEN h.role <> 'area_manager' THEN h.numbers ELSE h.numbers - coalesce((
                   SELECT range_agg(below.numbers) FROM (
                       SELECT unnest(o.numbers) AS numbers FROM held o
                       WHERE o.role = 'area_manager' AND o.person_no <> h.person_no
                         AND o.grid_no <> h.grid_no AND o.numbers <@ h.numbers) below),
                   '{}'::int4multirange) END) AS numbers
        FROM held h
        WHERE h.person_no = person()
          AND nullif(current_setting('gridward.viewer', true), '') IS NULL) part
$$;

CREATE OR REPLACE FUNCTION gridward.person_scope_low() RETURNS integer LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$ SELECT lower(range_merge(person_scope())) $$;

CREATE OR REPLACE FUNCTION gridward.person_scope_high() RETURNS integer LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$ SELECT upper(range_merge(person_scope())) - 1 $$;

ALTER TABLE gridward.household ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.household FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS persons ON gridward.household;
CREATE POLICY persons ON gridward.household FOR SELECT USING (
    grid_no BETWEEN (SELECT gridward.person_scope_low()) AND (SELECT gridward.person_scope_high())
    AND grid_no <@ (SELECT gridward.person_scope()));

ALTER TABLE gridward.resident ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.resident FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS persons ON gridward.resident;
CREATE POLICY persons ON gridward.resident FOR SELECT USING (
    grid_no BETWEEN (SELECT gridward.person_scope_low()) AND (SELECT gridward.person_scope_high())
    AND grid_no <@ (SELECT gridward.person_scope()));

ALTER TABLE gridward.household_count ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.household_count FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.household_count;
CREATE POLICY territory ON gridward.household_count FOR SELECT USING (
    grid_no BETWEEN (SELECT gridward.scope_low()) AND (SELECT gridward.scope_high())
    AND grid_no <@ (SELECT gridward.scope()));

-- -- counts --------------------------------------------------------------------------------

CREATE OR REPLACE FUNCTION gridward.count_household() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    -- differences in any order, below zero for a moment: a foreign key that takes a household along
    -- tells of it later than the triggers of the same statement
    IF TG_OP <> 'INSERT' THEN
        INSERT INTO household_count AS c (grid_no, building, tile_key, class, households, persons)
        VALUES (OLD.grid_no, OLD.building, OLD.tile_key, OLD.class, -1, -OLD.persons)
        ON CONFLICT (grid_no, building, tile_key, class) DO UPDATE
        SET households = c.households - 1, persons = c.persons + excluded.persons;
        DELETE FROM household_count c
        WHERE c.grid_no = OLD.grid_no AND c.building = OLD.building AND c.class = OLD.class
          AND c.tile_key IS NOT DISTINCT FROM OLD.tile_key AND c.households = 0 AND c.persons = 0;
    END IF;
    IF TG_OP <> 'DELETE' THEN
        INSERT INTO household_count AS c (grid_no, building, tile_key, class, households, persons)
        VALUES (NEW.grid_no, NEW.building, NEW.tile_key, NEW.class, 1, NEW.persons)
        ON CONFLICT (grid_no, building, tile_key, class) DO UPDATE
        SET households = c.households + 1, persons = c.persons + excluded.persons;
        DELETE FROM household_count c
        WHERE c.grid_no = NEW.grid_no AND c.building = NEW.building AND c.class = NEW.class
          AND c.tile_key IS NOT DISTINCT FROM NEW.tile_key AND c.households = 0 AND c.persons = 0;
    END IF;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER household_counts
    AFTER INSERT OR DELETE OR UPDATE OF grid_no, building, tile_key, class, persons
    ON gridward.household FOR EACH ROW EXECUTE FUNCTION gridward.count_household();

-- a target that is moved takes its household's place in the counts along
CREATE OR REPLACE FUNCTION gridward.move_household() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    UPDATE household SET tile_key = NEW.tile_key
    WHERE target_no = NEW.no AND tile_key IS DISTINCT FROM NEW.tile_key;
    RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER household_moves AFTER UPDATE OF tile_key ON gridward.target
    FOR EACH ROW WHEN (NEW.kind = 'household') EXECUTE FUNCTION gridward.move_household();

-- Where the buildings with households in a range of tile keys stand, for the map of counts. The middle
-- of the different places in a building, to a metre: how many live at which of them changes nothing.
CREATE OR REPLACE FUNCTION gridward.building_places(first bigint, last bigint)
RETURNS TABLE (grid_no integer, building text, tile_key bigint, lon float8, lat float8)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    SELECT place.grid_no, place.building, place.tile_key,
           round(avg(place.lon)::numeric, 5)::float8, round(avg(place.lat)::numeric, 5)::float8
    FROM (SELECT DISTINCT h.grid_no, h.building, h.tile_key, public.ST_X(t.geom) AS lon, public.ST_Y(t.geom) AS lat
          FROM target t JOIN household h ON h.target_no = t.no
          WHERE t.tile_key BETWEEN first AND last AND t.kind = 'household'
            AND t.grid_no <@ (SELECT scope())) place
    GROUP BY 1, 2, 3
$$;

-- For doctor, which sees no household: what differs from counting anew.
CREATE OR REPLACE FUNCTION gridward.household_faults() RETURNS TABLE (fault text)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    SELECT 'households of grid ' || coalesce(kept.grid_no, anew.grid_no) || ' are counted wrongly'
    FROM household_count kept
    FULL JOIN (SELECT grid_no, building, tile_key, class, count(*) AS households,
                      sum(persons) AS persons
               FROM household GROUP BY 1, 2, 3, 4) anew
      ON (kept.grid_no, kept.building, coalesce(kept.tile_key, -1), kept.class)
       = (anew.grid_no, anew.building, coalesce(anew.tile_key, -1), anew.class)
    WHERE kept.households IS DISTINCT FROM anew.households
       OR kept.persons IS DISTINCT FROM anew.persons
    UNION ALL
    SELECT 'household ' || h.target_no || ' differs from its target'
    FROM household h JOIN target t ON t.no = h.target_no
    WHERE h.tile_key IS DISTINCT FROM t.tile_key OR h.grid_no <> t.grid_no
       OR h.imported_by <> t.imported_by
$$;

-- -- writing, for the admin who reads nothing -------------------------------------------------

CREATE OR REPLACE FUNCTION gridward.require_household_writer() RETURNS void LANGUAGE plpgsql STABLE
SET search_path = gridward, pg_temp AS
$$
BEGIN
    IF NOT holds_role('{admin}') THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an admin writes households';
    END IF;
END
$$;

-- Which of these ids are registered, and the digests of their rows.
CREATE OR REPLACE FUNCTION gridward.known_households(ids text[])
RETURNS TABLE (id text, target_no bigint, content text) LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    PERFORM require_household_writer();
    RETURN QUERY SELECT h.id::text, h.target_no, h.content FROM household h WHERE h.id = ANY (ids);
END
$$;

-- The rows as they are, sealed values in hex: for undoing an import and for changing the key.
CREATE OR REPLACE FUNCTION gridward.sealed_households(numbers bigint[])
RETURNS TABLE (target_no bigint, household jsonb) LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    PERFORM require_household_writer();
    RETURN QUERY
    SELECT h.target_no,
           to_jsonb(h) - '{grid_no,imported_by,tile_key,door_sealed}'::text[]
           || jsonb_build_object('door', encode(h.door_sealed, 'hex'), 'residents', coalesce((
                  SELECT jsonb_agg(jsonb_build_object('position', r.position, 'role', r.role,
                             'name', encode(r.name_sealed, 'hex'),
                             'phone', encode(r.phone_sealed, 'hex')) ORDER BY r.position)
                  FROM resident r WHERE r.household_no = h.target_no), '[]'))
    FROM household h WHERE h.target_no = ANY (numbers);
END
$$;

-- Whose seal is of another key: a batch of them, and how many rows each key holds.
CREATE OR REPLACE FUNCTION gridward.households_of_other_keys(present text, most integer)
RETURNS SETOF bigint LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    PERFORM require_household_writer();
    RETURN QUERY SELECT h.target_no FROM household h WHERE h.key_id <> present
                 ORDER BY h.target_no LIMIT most;
END
$$;
CREATE OR REPLACE FUNCTION gridward.household_keys() RETURNS TABLE (key_id text, households bigint)
LANGUAGE sql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$ SELECT h.key_id, count(*) FROM household h WHERE (SELECT holds_role('{admin}')) GROUP BY 1 $$;

-- Write these rows, new or over the present ones, in the form of sealed_households. Grid, importer
-- and place are the target's own.
CREATE OR REPLACE FUNCTION gridward.put_households(rows jsonb) RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    PERFORM require_household_writer();
    INSERT INTO household (target_no, grid_no, imported_by, tile_key, id, building, class, persons,
                           evacuation, legal_basis, purpose, expires_on, door_sealed, key_id, content)
    SELECT t.no, t.grid_no, t.imported_by, t.tile_key, v.id, v.building, v.class, v.persons,
           v.evacuation, v.legal_basis, v.purpose, v.expires_on, decode(v.door, 'hex'), v.key_id,
           v.content
    FROM jsonb_to_recordset(rows) AS v (target_no bigint, id text, building text, class text,
             persons integer, evacuation text, legal_basis text, purpose text, expires_on date,
             door text, key_id text, content text)
    JOIN target t ON t.no = v.target_no AND t.kind = 'household'
    ON CONFLICT (target_no) DO UPDATE
    SET id = excluded.id, building = excluded.building, class = excluded.class,
        persons = excluded.persons, evacuation = excluded.evacuation,
        legal_basis = excluded.legal_basis, purpose = excluded.purpose,
        expires_on = excluded.expires_on, door_sealed = excluded.door_sealed,
        key_id = excluded.key_id, content = excluded.content, tile_key = excluded.tile_key;
    DELETE FROM resident r USING jsonb_to_recordset(rows) AS v (target_no bigint)
    WHERE r.household_no = v.target_no;
    INSERT INTO resident (household_no, grid_no, position, role, name_sealed, phone_sealed)
    SELECT h.target_no, h.grid_no, p.position, p.role, decode(p.name, 'hex'), decode(p.phone, 'hex')
    FROM jsonb_to_recordset(rows) AS v (target_no bigint, residents jsonb)
    JOIN household h ON h.target_no = v.target_no
    CROSS JOIN jsonb_to_recordset(v.residents) AS p (position smallint, role text, name text,
                                                     phone text);
END
$$;

-- An import that is undone takes what it made along.
CREATE OR REPLACE FUNCTION gridward.remove_households(numbers bigint[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    PERFORM require_household_writer();
    DELETE FROM household WHERE target_no = ANY (numbers);
END
$$;

-- What is left of households that are forgotten: a day on which there was one.
CREATE OR REPLACE FUNCTION gridward.bury_households(gone bigint[], on_day date) RETURNS void
LANGUAGE sql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    UPDATE target SET valid_until = greatest(on_day, valid_from) WHERE no = ANY (gone);
    -- nor does an import that could be undone remember them
    DELETE FROM batch_former WHERE target_no = ANY (gone);
$$;

-- Forgetting a person: the row of the target stays as a tombstone, and nothing in it tells of whom.
-- For the manager who answers there; answers which were forgotten.
CREATE OR REPLACE FUNCTION gridward.forget_households(numbers bigint[], on_day date)
RETURNS SETOF bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
DECLARE gone bigint[];
BEGIN
    IF NOT holds_role('{area_manager}') THEN
        RAISE insufficient_privilege USING MESSAGE = 'only the manager has households forgotten';
    END IF;
    WITH removed AS (
        DELETE FROM household h
        WHERE h.target_no = ANY (numbers) AND h.grid_no <@ (SELECT person_scope())
        RETURNING h.target_no)
    SELECT coalesce(array_agg(r.target_no), '{}') INTO gone FROM removed r;
    PERFORM bury_households(gone, on_day);
    RETURN QUERY SELECT unnest(gone);
END
$$;

DO $$
DECLARE made regprocedure;
BEGIN
    GRANT CREATE ON SCHEMA gridward TO @scope@;
    FOREACH made IN ARRAY ARRAY[
            'gridward.person_scope()', 'gridward.person_scope_low()', 'gridward.person_scope_high()',
            'gridward.count_household()', 'gridward.move_household()', 'gridward.household_faults()',
            'gridward.building_places(bigint, bigint)', 'gridward.require_household_writer()', 'gridward.known_households(text[])',
            'gridward.sealed_households(bigint[])',
            'gridward.households_of_other_keys(text, integer)', 'gridward.household_keys()',
            'gridward.bury_households(bigint[], date)', 'gridward.put_households(jsonb)', 'gridward.remove_households(bigint[])',
            'gridward.forget_households(bigint[], date)']::regprocedure[] LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO @scope@', made);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO @app@, @scope@', made);
    END LOOP;
    -- buries what its callers have removed, and nothing else
    REVOKE EXECUTE ON FUNCTION gridward.bury_households(bigint[], date) FROM @app@;
    REVOKE CREATE ON SCHEMA gridward FROM @scope@;
END $$;
GRANT SELECT, INSERT, UPDATE, DELETE ON gridward.household, gridward.resident,
    gridward.household_count TO @scope@;
GRANT SELECT, UPDATE (valid_until) ON gridward.target TO @scope@;
GRANT SELECT (target_no), DELETE ON gridward.batch_former TO @scope@;
-- reading by policy, writing by the functions alone
GRANT SELECT ON gridward.household, gridward.resident, gridward.household_count TO @app@;
