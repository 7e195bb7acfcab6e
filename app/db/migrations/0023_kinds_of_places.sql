-- A rule asks for the targets of its kind: with the kind beside the grid it finds them, few or many,
-- inside any territory by one index.
ALTER TABLE target_place ADD COLUMN kind text;
-- who migrates passes by row security, which binds the owner
RESET ROLE;
UPDATE target_place p SET kind = t.kind FROM target t WHERE t.no = p.target_no;
ALTER TABLE target_place ALTER COLUMN kind SET NOT NULL;
DROP INDEX target_place_grid;
CREATE INDEX target_place_grid ON target_place (kind, grid_no, target_no);
