-- A photo is seen where its visit is, by whom its visit is; before it has one, by who sent it.

-- Whether no visit shows it: also of a visit that the reader does not see. Whoever looks as
-- somebody else is told of none.
CREATE OR REPLACE FUNCTION gridward.photo_is_loose(wanted uuid) RETURNS boolean LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    SELECT coalesce(current_setting('gridward.viewer', true), '') = ''
       AND NOT EXISTS (SELECT 1 FROM inspection_photo s WHERE s.photo_id = wanted)
$$;

ALTER TABLE gridward.photo ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.photo FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.photo;
CREATE POLICY territory ON gridward.photo FOR SELECT USING (
    EXISTS (SELECT 1 FROM gridward.inspection_photo s WHERE s.photo_id = id)
    OR (uploaded_by = (SELECT gridward.person()) AND gridward.photo_is_loose(id)));
DROP POLICY IF EXISTS own_name ON gridward.photo;
CREATE POLICY own_name ON gridward.photo FOR INSERT WITH CHECK (
    uploaded_by = (SELECT gridward.person()) AND (SELECT gridward.holds_role(
        '{admin,grid_chief,grid_worker,area_manager,authority}')));

ALTER TABLE gridward.inspection_photo ENABLE ROW LEVEL SECURITY;
ALTER TABLE gridward.inspection_photo FORCE ROW LEVEL SECURITY;
DROP POLICY IF EXISTS territory ON gridward.inspection_photo;
CREATE POLICY territory ON gridward.inspection_photo FOR SELECT USING (
    EXISTS (SELECT 1 FROM gridward.inspection i WHERE i.id = inspection_id));
-- with a visit of one's own: a photo that no visit shows yet, or one of the visit that it corrects
DROP POLICY IF EXISTS own_visit ON gridward.inspection_photo;
CREATE POLICY own_visit ON gridward.inspection_photo FOR INSERT WITH CHECK (
    (carried_from IS NOT NULL OR gridward.photo_is_loose(photo_id))
    AND EXISTS (SELECT 1 FROM gridward.inspection i
                WHERE i.id = inspection_id AND i.recorded_by = (SELECT gridward.person())
                  AND (carried_from IS NULL OR i.supersedes = carried_from)));

-- events: neither is ever changed
GRANT SELECT, INSERT (id, original, picture, thumbnail, width, height, taken_at, uploaded_by)
    ON gridward.photo TO @app@;
GRANT SELECT, INSERT ON gridward.inspection_photo TO @app@;

-- The digest of every file that must be there; for who looks after the data.
CREATE OR REPLACE FUNCTION gridward.photo_digests() RETURNS SETOF text LANGUAGE sql STABLE
SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
    SELECT DISTINCT d.digest FROM photo p CROSS JOIN LATERAL (VALUES (p.picture), (p.thumbnail)) d (digest)
    WHERE (SELECT holds_role('{admin,auditor}'))
$$;

-- Forget photos that no visit shows and that were sent before that moment, and those of households
-- that were forgotten; answers how many. The files go afterwards.
CREATE OR REPLACE FUNCTION gridward.forget_photos(sent_before timestamptz) RETURNS integer
LANGUAGE plpgsql SECURITY DEFINER SET search_path = gridward, pg_temp AS
$$
DECLARE gone uuid[];
BEGIN
    IF NOT holds_role('{admin}') THEN
        RAISE insufficient_privilege USING MESSAGE = 'only an admin has photos forgotten';
    END IF;
    SELECT coalesce(array_agg(s.photo_id), '{}') INTO gone
    FROM inspection_photo s
    JOIN inspection i ON i.id = s.inspection_id
    JOIN target t ON t.no = i.target_no AND t.kind = 'household'
    WHERE NOT EXISTS (SELECT 1 FROM household h WHERE h.target_no = t.no);
    gone := gone || ARRAY(
        SELECT p.id FROM photo p
        WHERE p.uploaded_at < sent_before
          AND NOT EXISTS (SELECT 1 FROM inspection_photo s WHERE s.photo_id = p.id));
    DELETE FROM inspection_photo WHERE photo_id = ANY (gone);
    DELETE FROM photo WHERE id = ANY (gone);
    RETURN cardinality(gone);
END
$$;

DO $$
DECLARE made regprocedure;
BEGIN
    GRANT CREATE ON SCHEMA gridward TO @scope@;
    FOREACH made IN ARRAY ARRAY['gridward.photo_is_loose(uuid)', 'gridward.photo_digests()',
                                'gridward.forget_photos(timestamptz)']::regprocedure[] LOOP
        EXECUTE format('ALTER FUNCTION %s OWNER TO @scope@', made);
        EXECUTE format('REVOKE ALL ON FUNCTION %s FROM PUBLIC', made);
        EXECUTE format('GRANT EXECUTE ON FUNCTION %s TO @app@', made);
    END LOOP;
    REVOKE CREATE ON SCHEMA gridward FROM @scope@;
END $$;
GRANT SELECT (id, picture, thumbnail, uploaded_at), DELETE ON gridward.photo TO @scope@;
GRANT SELECT (inspection_id, photo_id, carried_from), DELETE ON gridward.inspection_photo TO @scope@;
