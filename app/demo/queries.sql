-- name: find_stage
SELECT value FROM setting WHERE key = 'demo_stage'

-- name: set_stage
INSERT INTO setting (key, value) VALUES ('demo_stage', %(value)s::text)
ON CONFLICT (key) DO UPDATE SET value = excluded.value

-- name: has_data
SELECT EXISTS (SELECT 1 FROM level) OR EXISTS (SELECT 1 FROM person WHERE kind = 'person')

-- name: delete_backdrop
DELETE FROM backdrop

-- name: insert_backdrop
INSERT INTO backdrop (kind, rank, name, name_en, geom) VALUES %s
