-- The last part: every table has exactly the rows that the backup counted, or nothing is kept.
RESET ROLE;
SELECT set_config('gridward.expected', :'expected', true);
DO $$
DECLARE
    wrong text;
BEGIN
    SELECT string_agg(coalesce(e.key, h.name) || ' has ' || coalesce(h.rows::text, 'no table')
                      || ', the backup ' || coalesce(e.value, 'none'), '; ')
    INTO wrong
    FROM jsonb_each_text(current_setting('gridward.expected')::jsonb) e
    FULL JOIN (
        SELECT n.nspname || '.' || c.relname AS name,
               (xpath('/row/rows/text()', query_to_xml(
                   format('SELECT count(*) AS rows FROM %I.%I', n.nspname, c.relname),
                   false, true, '')))[1]::text::bigint AS rows
        FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
        WHERE n.nspname IN ('gridward', 'queue') AND c.relkind = 'r') h ON h.name = e.key
    WHERE e.value::bigint IS DISTINCT FROM h.rows;
    IF wrong IS NOT NULL THEN
        RAISE EXCEPTION '%', wrong;
    END IF;
END $$;
-- functions, policies and grants belong to the program that runs, not to the backup
DELETE FROM gridward.migration WHERE name = 'programs';
COMMIT;
