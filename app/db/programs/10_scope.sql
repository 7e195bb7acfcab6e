-- Who is asking, and what that person may see. The application sends one number, the person;
-- everything else is derived here. Owned by the scope role, which may read only person,
-- assignment, territory, api_token and, of the audit log, the attempts to sign in.

CREATE OR REPLACE FUNCTION gridward.person() RETURNS integer LANGUAGE sql STABLE AS
$$ SELECT nullif(current_setting('gridward.person', true), '')::integer $$;   -- unset: NULL, no rows

-- PL/pgSQL keeps its plans for the connection. Every statement on a territory table asks the next
-- three once a table; as SQL functions they would be planned anew each time, which costs more than
-- most of the statements that ask.
CREATE OR REPLACE FUNCTION gridward.scope() RETURNS int4multirange LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    RETURN (
        SELECT coalesce(range_agg(part.numbers), '{}'::int4multirange)
        FROM (
            -- bounded also for the whole city: the bounds of an unbounded range are NULL
            SELECT unnest(CASE WHEN a.grid_no IS NULL THEN '{[0,2147483647)}'::int4multirange
                               ELSE t.numbers END) AS numbers
            FROM assignment a
            JOIN person p ON p.no = a.person_no AND p.active
            LEFT JOIN territory t ON t.grid_no = a.grid_no
            WHERE a.person_no = person()
              AND a.valid_from <= current_date
              AND (a.valid_until IS NULL OR a.valid_until > current_date)
        ) part);
END
$$;

CREATE OR REPLACE FUNCTION gridward.scope_low() RETURNS integer LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$ BEGIN RETURN lower(range_merge(scope())); END $$;

CREATE OR REPLACE FUNCTION gridward.scope_high() RETURNS integer LANGUAGE plpgsql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$ BEGIN RETURN upper(range_merge(scope())) - 1; END $$;

CREATE OR REPLACE FUNCTION gridward.holds_role(wanted text[]) RETURNS boolean LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    SELECT EXISTS (
        SELECT 1 FROM assignment a JOIN person p ON p.no = a.person_no AND p.active
        WHERE a.person_no = person() AND a.role = ANY (wanted)
          AND a.valid_from <= current_date
          AND (a.valid_until IS NULL OR a.valid_until > current_date))
$$;

-- The look-ups that happen before anybody is known. Password hashes leave here only.
CREATE OR REPLACE FUNCTION gridward.sign_in_lookup(wanted text)
RETURNS TABLE (no integer, password_hash text, session_epoch integer) LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    SELECT p.no, p.password_hash, p.session_epoch FROM person p
    WHERE p.sign_in = lower(wanted) AND p.active AND p.kind = 'person'
      AND p.password_hash IS NOT NULL
$$;

CREATE OR REPLACE FUNCTION gridward.token_lookup(wanted text) RETURNS integer LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    SELECT p.no FROM api_token t JOIN person p ON p.no = t.person_no AND p.active
    WHERE t.digest = wanted AND t.revoked_at IS NULL
      AND (t.expires_at IS NULL OR t.expires_at > now())
$$;

-- Until when nobody may try to sign in with this name or from this address; NULL: one may try.
-- Fifteen minutes from the last of five failures of a name, or of thirty from an address, which a
-- whole office may share. A refused try is no failure, so a lock always ends.
CREATE OR REPLACE FUNCTION gridward.sign_in_locked_until(wanted text, origin text)
RETURNS timestamptz LANGUAGE sql STABLE SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    WITH failure AS (
        SELECT 'name' AS counted, e.at, max(e.at) OVER () AS latest
        FROM audit_event e
        WHERE e.action = 'sign_in_failed' AND lower(e.subject) = lower(wanted)
          AND e.at > now() - interval '30 minutes'
          AND e.at > coalesce((SELECT max(s.at) FROM audit_event s
                               WHERE s.action IN ('sign_in', 'sign_in_released')
                                 AND lower(s.subject) = lower(wanted)
                                 AND s.at > now() - interval '30 minutes'), '-infinity')
        UNION ALL
        SELECT 'address', e.at, max(e.at) OVER ()
        FROM audit_event e
        WHERE e.action = 'sign_in_failed' AND e.detail ->> 'address' = origin
          AND e.at > now() - interval '30 minutes')
    SELECT max(locked.latest) + interval '15 minutes'
    FROM (SELECT f.latest FROM failure f
          WHERE f.at > f.latest - interval '15 minutes'
            AND f.latest > now() - interval '15 minutes'
          GROUP BY f.counted, f.latest
          HAVING count(*) >= CASE f.counted WHEN 'name' THEN 5 ELSE 30 END) locked
$$;

-- After much was written the planner needs to know it at once, not when autovacuum comes by;
-- only an owner may tell it.
CREATE OR REPLACE FUNCTION gridward.refresh_statistics() RETURNS void LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$ BEGIN ANALYZE target, unit, building, facility, hazard, place, search_gram, inspection, grid, grid_shape, grid_chain, tile_shape; END $$;
ALTER FUNCTION gridward.refresh_statistics() OWNER TO @owner@;

-- a function's new owner needs CREATE on the schema, only for the moment of the change
GRANT USAGE, CREATE ON SCHEMA gridward TO @scope@;
ALTER FUNCTION gridward.scope() OWNER TO @scope@;
ALTER FUNCTION gridward.scope_low() OWNER TO @scope@;
ALTER FUNCTION gridward.scope_high() OWNER TO @scope@;
ALTER FUNCTION gridward.holds_role(text[]) OWNER TO @scope@;
ALTER FUNCTION gridward.sign_in_lookup(text) OWNER TO @scope@;
ALTER FUNCTION gridward.token_lookup(text) OWNER TO @scope@;
ALTER FUNCTION gridward.sign_in_locked_until(text, text) OWNER TO @scope@;
GRANT EXECUTE ON FUNCTION gridward.person(), gridward.scope(), gridward.scope_low(),
    gridward.scope_high(), gridward.holds_role(text[]), gridward.sign_in_lookup(text),
    gridward.token_lookup(text), gridward.sign_in_locked_until(text, text),
    gridward.refresh_statistics() TO @app@;
GRANT EXECUTE ON FUNCTION gridward.person() TO @scope@;
REVOKE CREATE ON SCHEMA gridward FROM @scope@;
GRANT SELECT ON gridward.person, gridward.assignment, gridward.territory, gridward.api_token
    TO @scope@;
GRANT SELECT (at, action, subject, detail) ON gridward.audit_event TO @scope@;
