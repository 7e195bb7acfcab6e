-- Units that are grids of their own: a mall, a school, a factory somebody answers for alone. Such a
-- grid has no shape in any edition; it owns by membership.
CREATE TABLE establishment (
    grid_no   integer PRIMARY KEY REFERENCES grid,
    target_no bigint NOT NULL UNIQUE REFERENCES target ON DELETE CASCADE,
    made_by   integer NOT NULL REFERENCES person,
    made_at   timestamptz NOT NULL DEFAULT now()
);
