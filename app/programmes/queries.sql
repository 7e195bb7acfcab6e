-- name: list_programmes
SELECT key, name_zh, name_en, purpose_zh, purpose_en, legal_basis FROM programme ORDER BY set_at, key

-- name: find_programme
SELECT key, name_zh, name_en, purpose_zh, purpose_en, legal_basis
FROM programme WHERE key = %(key)s::text

-- name: hold_programme
-- One programme is set by one transaction at a time.
SELECT pg_advisory_xact_lock(hashtext('programme ' || %(key)s::text))

-- name: put_programme
INSERT INTO programme (key, name_zh, name_en, purpose_zh, purpose_en, legal_basis, source, set_by)
VALUES (%(key)s::text, %(name_zh)s::text, %(name_en)s::text, %(purpose_zh)s::text,
        %(purpose_en)s::text, %(legal_basis)s::text, %(source)s::text, person())
ON CONFLICT (key) DO UPDATE
SET name_zh = excluded.name_zh, name_en = excluded.name_en, purpose_zh = excluded.purpose_zh,
    purpose_en = excluded.purpose_en, legal_basis = excluded.legal_basis,
    source = excluded.source, set_by = excluded.set_by, set_at = now()

-- name: list_rules
-- All that were ever in force, of one programme or of all; one that ended on the day on which it
-- began never was.
SELECT no, programme_key, key, name_zh, name_en, depth, role, target_kind, classes, importances,
       period, working_days, season_from, season_until, grace_days, percent, seed, checklist_key,
       minutes, source, valid_from, valid_until
FROM duty_rule
WHERE (%(programme)s::text IS NULL OR programme_key = %(programme)s::text)
  AND (valid_until IS NULL OR valid_until > valid_from)
ORDER BY programme_key, key, valid_from

-- name: insert_rule
INSERT INTO duty_rule (programme_key, key, name_zh, name_en, depth, role, target_kind, classes,
                       importances, period, working_days, season_from, season_until, grace_days,
                       percent, seed, checklist_key, minutes, source, valid_from, valid_until)
VALUES (%(programme_key)s::text, %(key)s::text, %(name_zh)s::text, %(name_en)s::text,
        %(depth)s::smallint, %(role)s::text, %(target_kind)s::text, %(classes)s::text[],
        %(importances)s::text[], %(period)s::text, %(working_days)s::boolean,
        %(season_from)s::text, %(season_until)s::text, %(grace_days)s::smallint,
        %(percent)s::numeric, %(seed)s::int, %(checklist_key)s::text, %(minutes)s::smallint,
        %(source)s::text, %(valid_from)s::date, %(valid_until)s::date)
RETURNING no

-- name: end_rule
UPDATE duty_rule SET valid_until = %(valid_until)s::date WHERE no = %(no)s::int

-- name: delete_rule
DELETE FROM duty_rule WHERE no = %(no)s::int

-- name: list_checklists
-- Every version, the latest last.
SELECT no, programme_key, key, version, name_zh, name_en, items, valid_from, withdrawn_on
FROM checklist
WHERE (%(programme)s::text IS NULL OR programme_key = %(programme)s::text)
ORDER BY programme_key, no

-- name: insert_checklist
INSERT INTO checklist (programme_key, key, version, name_zh, name_en, items, valid_from)
VALUES (%(programme_key)s::text, %(key)s::text, %(version)s::smallint, %(name_zh)s::text,
        %(name_en)s::text, %(items)s::jsonb, %(valid_from)s::date)

-- name: withdraw_checklist
UPDATE checklist SET withdrawn_on = greatest(%(on)s::date, valid_from) WHERE no = %(no)s::int

-- name: list_classes
-- The classes that the registers hold, beside those that the product knows.
SELECT 'unit' AS kind, class AS held FROM unit GROUP BY class
UNION ALL
SELECT 'facility', class FROM facility GROUP BY class
UNION ALL
SELECT 'building', class FROM building GROUP BY class
UNION ALL
SELECT kind, class FROM place GROUP BY kind, class

-- name: list_calendar_days
SELECT day, working, name_zh, name_en FROM calendar_day
WHERE day BETWEEN %(first)s::date AND %(last)s::date ORDER BY day

-- name: list_calendar_years
SELECT year, source FROM calendar_year ORDER BY year

-- name: put_calendar_year
INSERT INTO calendar_year (year, source) VALUES (%(year)s::smallint, %(source)s::text)
ON CONFLICT (year) DO UPDATE SET source = excluded.source

-- name: delete_calendar_days
DELETE FROM calendar_day WHERE day BETWEEN %(first)s::date AND %(last)s::date

-- name: insert_calendar_days
INSERT INTO calendar_day (day, working, name_zh, name_en) VALUES %s

-- name: count_grids
-- Of the level in the active edition.
SELECT count(*) FROM edition e
JOIN grid_shape s ON s.edition_no = e.no
JOIN grid g ON g.no = s.grid_no AND g.depth = %(depth)s::smallint
WHERE e.state = 'active'

-- name: count_units
-- Present on the day and of the rule's classes and importance, in the reader's territory.
SELECT count(*)
FROM unit u
JOIN target t ON t.no = u.target_no
WHERE t.grid_no > 0 AND t.valid_from <= %(on)s::date
  AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date)
  AND (cardinality(%(classes)s::text[]) = 0 OR u.class = ANY (%(classes)s::text[]))
  AND (cardinality(%(importances)s::text[]) = 0 OR coalesce((
        SELECT c.class FROM unit_class c
        WHERE c.target_no = u.target_no AND c.scheme = 'importance'
          AND c.valid_from <= %(on)s::date
          AND (c.valid_until IS NULL OR c.valid_until > %(on)s::date)
        LIMIT 1), 'ordinary') = ANY (%(importances)s::text[]))

-- name: count_places
-- Facilities, buildings, places or roads of the rule's classes.
SELECT count(*)
FROM target t
LEFT JOIN facility f ON f.target_no = t.no
LEFT JOIN building b ON b.target_no = t.no
LEFT JOIN place d ON d.target_no = t.no
WHERE t.kind = %(kind)s::text AND t.grid_no > 0 AND t.valid_from <= %(on)s::date
  AND (t.valid_until IS NULL OR t.valid_until > %(on)s::date)
  AND (cardinality(%(classes)s::text[]) = 0
       OR coalesce(f.class, b.class, d.class) = ANY (%(classes)s::text[]))
