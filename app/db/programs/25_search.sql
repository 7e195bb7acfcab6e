-- The pieces by which things are found, and the triggers that keep them.
--
--   东湖  abc  12     two characters side by side, three letters or digits, a short word whole
--   ^东湖             the beginning of a name           =东湖面馆   a whole name or number
--   ~dhm  ~^dhm       initials of three sounds, anywhere and at the beginning of a name
--   `dong hu  `^dong  two sounds side by side, the first sound
--   @shop             the class
-- When this text changes, the migration run makes all pieces anew.

-- Small letters, narrow forms, no accents: what is the same to a reader is the same here.
CREATE OR REPLACE FUNCTION gridward.search_text(written text) RETURNS text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS
$$ SELECT lower(normalize(regexp_replace(normalize(written, NFKD), '[\u0300-\u036f]', '', 'g'), NFKC)) $$;

CREATE OR REPLACE FUNCTION gridward.text_grams(written text) RETURNS SETOF text
LANGUAGE plpgsql IMMUTABLE PARALLEL SAFE AS
$$
BEGIN
    RETURN QUERY
    SELECT DISTINCT substr(piece.run, at, piece.size)
    FROM (SELECT hit[1] AS run,
                 CASE WHEN hit[1] ~ '^[\u3400-\u9fff]' THEN 2 ELSE 3 END AS size
          FROM regexp_matches(search_text(written),
                              '[\u3400-\u9fff]+|[^\u3400-\u9fff[:punct:][:space:]]+', 'g') AS hit
         ) piece
    CROSS JOIN generate_series(1, greatest(length(piece.run) - piece.size + 1, 1)) AS at;
END
$$;

-- How the Chinese characters of a text sound, whatever stands between them.
CREATE OR REPLACE FUNCTION gridward.sound_grams(written text) RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS
$$
BEGIN
    IF coalesce(written, '') !~ '[\u3400-\u9fff]' THEN
        RETURN;      -- codes and Latin names are many, and the look-ups below are dear
    END IF;
    RETURN QUERY
    WITH sound AS (
        SELECT sign.place, heard.syllable, left(heard.syllable, 1) AS initial
        FROM regexp_split_to_table(left(regexp_replace(written, '[^\u3400-\u9fff]', '', 'g'), 60), '')
             WITH ORDINALITY AS sign (character, place)
        CROSS JOIN LATERAL unnest(      -- one look-up for each, whatever the planner knows
            (SELECT r.readings FROM reading r WHERE r.character = sign.character)) AS heard (syllable))
    SELECT '`' || a.syllable || ' ' || b.syllable FROM sound a JOIN sound b ON b.place = a.place + 1
    UNION
    SELECT '`^' || syllable FROM sound WHERE place = 1
    UNION
    SELECT mark || a.initial || b.initial || c.initial
    FROM sound a JOIN sound b ON b.place = a.place + 1 JOIN sound c ON c.place = a.place + 2
    CROSS JOIN LATERAL unnest(CASE a.place WHEN 1 THEN '{~,~^}'::text[] ELSE '{~}' END) AS mark
    UNION
    SELECT '~' || a.initial || b.initial FROM sound a JOIN sound b ON a.place = 1 AND b.place = 2
    WHERE NOT EXISTS (SELECT 1 FROM sound WHERE place = 3);
END
$$;

-- The beginning and the whole of a name; of a bilingual name also of either part.
CREATE OR REPLACE FUNCTION gridward.whole_grams(written text) RETURNS SETOF text
LANGUAGE plpgsql IMMUTABLE STRICT PARALLEL SAFE AS
$$
BEGIN
    RETURN QUERY
    SELECT DISTINCT mark.gram
    FROM (SELECT regexp_replace(search_text(written), '[[:punct:][:space:]]', '', 'g') AS whole) n
    CROSS JOIN LATERAL (VALUES
        (n.whole),
        (regexp_replace(n.whole, '[^\u3400-\u9fff]', '', 'g')),
        (regexp_replace(n.whole, '[\u3400-\u9fff]', '', 'g'))) AS part (text)
    CROSS JOIN LATERAL (VALUES
        ('=' || left(part.text, 60)),
        ('^' || left(part.text, CASE WHEN part.text ~ '^[\u3400-\u9fff]' THEN 2 ELSE 3 END))) AS mark (gram)
    WHERE part.text <> '';
END
$$;

CREATE OR REPLACE FUNCTION gridward.target_grams(id text, name text, address text, class text)
RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS
$$
BEGIN
    RETURN QUERY
    SELECT text_grams(concat_ws(' ', name, id, address, class))
    UNION ALL SELECT whole_grams(name)
    UNION ALL SELECT '=' || left(regexp_replace(search_text(id), '[[:punct:][:space:]]', '', 'g'), 60)
    UNION ALL SELECT sound_grams(name)
    UNION ALL SELECT '@' || class WHERE class IS NOT NULL;
END
$$;

CREATE OR REPLACE FUNCTION gridward.name_grams(code text, name text, name_en text)
RETURNS SETOF text
LANGUAGE plpgsql STABLE PARALLEL SAFE AS
$$
BEGIN
    RETURN QUERY
    SELECT text_grams(concat_ws(' ', name, name_en, code))
    UNION ALL SELECT whole_grams(name)
    UNION ALL SELECT whole_grams(name_en)
    UNION ALL SELECT '=' || regexp_replace(search_text(code), '[[:punct:][:space:]]', '', 'g')
    UNION ALL SELECT sound_grams(name);
END
$$;

-- -- keeping them -------------------------------------------------------------------------
-- As the owner: whoever may write a register need not be able to write here. The rows come from
-- the statement itself, so no policy hides them.

CREATE OR REPLACE FUNCTION gridward.index_written_details() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    INSERT INTO search_gram (gram, grid_no, target_no)
    SELECT piece, n.grid_no, n.target_no
    FROM written n CROSS JOIN LATERAL target_grams(n.id, n.name, n.address, n.class) AS piece;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gridward.index_changed_details() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
DECLARE changed bigint[] := ARRAY(
    SELECT n.target_no FROM written n JOIN former f USING (target_no)
    WHERE (n.id, n.name, n.address, n.class) IS DISTINCT FROM (f.id, f.name, f.address, f.class));
BEGIN
    IF cardinality(changed) > 0 THEN
        DELETE FROM search_gram WHERE target_no = ANY (changed);
        INSERT INTO search_gram (gram, grid_no, target_no)
        SELECT piece, n.grid_no, n.target_no
        FROM written n CROSS JOIN LATERAL target_grams(n.id, n.name, n.address, n.class) AS piece
        WHERE n.target_no = ANY (changed);
    END IF;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gridward.forget_deleted_details() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    DELETE FROM search_gram WHERE target_no IN (SELECT target_no FROM former);
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gridward.index_moved_targets() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    UPDATE search_gram g SET grid_no = n.grid_no
    FROM written n JOIN former f ON f.no = n.no AND f.grid_no <> n.grid_no
    WHERE g.target_no = n.no;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gridward.index_active_edition() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    DELETE FROM grid_gram;
    INSERT INTO grid_gram (gram, grid_no)
    SELECT piece, g.no
    FROM grid_shape s JOIN grid g ON g.no = s.grid_no
    CROSS JOIN LATERAL name_grams(g.code, s.name, s.name_en) AS piece
    WHERE s.edition_no = NEW.no;
    RETURN NULL;
END
$$;

CREATE OR REPLACE FUNCTION gridward.index_person() RETURNS trigger LANGUAGE plpgsql
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
BEGIN
    DELETE FROM person_gram WHERE person_no = NEW.no;
    INSERT INTO person_gram (gram, person_no)
    SELECT name_grams(NEW.sign_in, NEW.name, NEW.organisation), NEW.no WHERE NEW.kind = 'person';
    RETURN NULL;
END
$$;

-- Everything anew, by the migration run.
CREATE OR REPLACE FUNCTION gridward.rebuild_search() RETURNS void LANGUAGE plpgsql
SET search_path = gridward, pg_temp AS
$$
DECLARE detail text;
BEGIN
    TRUNCATE search_gram, grid_gram, person_gram;
    FOREACH detail IN ARRAY ARRAY['unit', 'building', 'facility', 'hazard', 'place'] LOOP
        EXECUTE format('INSERT INTO search_gram (gram, grid_no, target_no) '
            'SELECT piece, d.grid_no, d.target_no FROM %I d '
            'CROSS JOIN LATERAL target_grams(d.id, d.name, d.address, d.class) AS piece', detail);
    END LOOP;
    INSERT INTO grid_gram (gram, grid_no)
    SELECT piece, g.no
    FROM edition e JOIN grid_shape s ON s.edition_no = e.no JOIN grid g ON g.no = s.grid_no
    CROSS JOIN LATERAL name_grams(g.code, s.name, s.name_en) AS piece
    WHERE e.state = 'active';
    INSERT INTO person_gram (gram, person_no)
    SELECT name_grams(p.sign_in, p.name, p.organisation), p.no FROM person p WHERE p.kind = 'person';
    ANALYZE search_gram, grid_gram, person_gram;
END
$$;

DO $$
DECLARE detail text;
BEGIN
    FOREACH detail IN ARRAY ARRAY['unit', 'building', 'facility', 'hazard', 'place'] LOOP
        EXECUTE format('CREATE OR REPLACE TRIGGER index_written AFTER INSERT ON gridward.%I '
            'REFERENCING NEW TABLE AS written '
            'FOR EACH STATEMENT EXECUTE FUNCTION gridward.index_written_details()', detail);
        EXECUTE format('CREATE OR REPLACE TRIGGER index_changed AFTER UPDATE ON gridward.%I '
            'REFERENCING OLD TABLE AS former NEW TABLE AS written '
            'FOR EACH STATEMENT EXECUTE FUNCTION gridward.index_changed_details()', detail);
        EXECUTE format('CREATE OR REPLACE TRIGGER index_deleted AFTER DELETE ON gridward.%I '
            'REFERENCING OLD TABLE AS former '
            'FOR EACH STATEMENT EXECUTE FUNCTION gridward.forget_deleted_details()', detail);
    END LOOP;
END $$;
CREATE OR REPLACE TRIGGER index_moved AFTER UPDATE ON gridward.target
    REFERENCING OLD TABLE AS former NEW TABLE AS written
    FOR EACH STATEMENT EXECUTE FUNCTION gridward.index_moved_targets();
CREATE OR REPLACE TRIGGER index_active AFTER UPDATE OF state ON gridward.edition
    FOR EACH ROW WHEN (NEW.state = 'active' AND OLD.state <> 'active')
    EXECUTE FUNCTION gridward.index_active_edition();
CREATE OR REPLACE TRIGGER index_person AFTER INSERT OR UPDATE OF sign_in, name, organisation
    ON gridward.person FOR EACH ROW EXECUTE FUNCTION gridward.index_person();

-- -- who sees and who writes --------------------------------------------------------------

ALTER TABLE gridward.search_gram ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.search_gram FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.search_gram;
CREATE POLICY territory ON gridward.search_gram FOR SELECT USING (
    grid_no BETWEEN (SELECT gridward.scope_low()) AND (SELECT gridward.scope_high())
    AND grid_no <@ (SELECT gridward.scope()));
ALTER TABLE gridward.person_gram ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.person_gram FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS colleagues ON gridward.person_gram;
CREATE POLICY colleagues ON gridward.person_gram FOR SELECT USING (
    EXISTS (SELECT 1 FROM gridward.assignment a WHERE a.person_no = person_gram.person_no));
DROP POLICY IF EXISTS filling ON gridward.search_gram;
CREATE POLICY filling ON gridward.search_gram TO @owner@ USING (true) WITH CHECK (true);
DROP POLICY IF EXISTS filling ON gridward.person_gram;
CREATE POLICY filling ON gridward.person_gram TO @owner@ USING (true) WITH CHECK (true);

CREATE OR REPLACE TRIGGER admin_writes
    BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON gridward.reading
    FOR EACH STATEMENT EXECUTE FUNCTION gridward.refuse_public_writes();
CREATE OR REPLACE TRIGGER admin_writes
    BEFORE INSERT OR UPDATE OR DELETE OR TRUNCATE ON gridward.grid_gram
    FOR EACH STATEMENT EXECUTE FUNCTION gridward.refuse_public_writes();

GRANT SELECT ON gridward.reading, gridward.search_gram, gridward.grid_gram, gridward.person_gram
    TO @app@;
REVOKE ALL ON FUNCTION gridward.search_text(text), gridward.text_grams(text),
    gridward.sound_grams(text), gridward.whole_grams(text),
    gridward.target_grams(text, text, text, text), gridward.name_grams(text, text, text),
    gridward.index_written_details(), gridward.index_changed_details(),
    gridward.forget_deleted_details(), gridward.index_moved_targets(),
    gridward.index_active_edition(), gridward.index_person(), gridward.rebuild_search()
    FROM PUBLIC, @app@;
GRANT EXECUTE ON FUNCTION gridward.search_text(text), gridward.text_grams(text),
    gridward.sound_grams(text), gridward.whole_grams(text) TO @owner@, @app@;
GRANT EXECUTE ON FUNCTION gridward.target_grams(text, text, text, text),
    gridward.name_grams(text, text, text) TO @owner@;
ALTER FUNCTION gridward.index_written_details() OWNER TO @owner@;
ALTER FUNCTION gridward.index_changed_details() OWNER TO @owner@;
ALTER FUNCTION gridward.forget_deleted_details() OWNER TO @owner@;
ALTER FUNCTION gridward.index_moved_targets() OWNER TO @owner@;
ALTER FUNCTION gridward.index_active_edition() OWNER TO @owner@;
ALTER FUNCTION gridward.index_person() OWNER TO @owner@;
