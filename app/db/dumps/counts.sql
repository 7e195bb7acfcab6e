-- Rows of every table, as the transaction's snapshot sees them.
SELECT n.nspname || '.' || c.relname AS name,
       (xpath('/row/rows/text()', query_to_xml(
           format('SELECT count(*) AS rows FROM %I.%I', n.nspname, c.relname),
           false, true, '')))[1]::text::bigint AS rows
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE n.nspname IN ('gridward', 'queue') AND c.relkind = 'r'
ORDER BY name
