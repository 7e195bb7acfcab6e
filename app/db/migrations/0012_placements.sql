-- What an administrator decided about targets that touch no grid, and what files claim of grids.

-- The decision that stands. It holds while the target lies where it lay then: other coordinates
-- put it to rest, the same ones bring it back.
CREATE TABLE placement (
    target_no  bigint PRIMARY KEY REFERENCES target ON DELETE CASCADE,
    grid_no    integer CHECK (grid_no > 0),     -- NULL: outside the city
    geom       geometry(Geometry, 4326) NOT NULL,
    decided_by integer NOT NULL REFERENCES person,
    decided_at timestamptz NOT NULL DEFAULT now(),
    reason     text CHECK (length(reason) <= 300)
);

-- Every decision, for ever. It outlives the target, so it refers to none.
CREATE TABLE placement_event (
    no          bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    target_no   bigint NOT NULL,
    kind        text NOT NULL CHECK (kind IN ('placed', 'outside', 'taken_back')),
    grid_no     integer,                        -- where it lies from then on; 0: in no grid
    recorded_by integer NOT NULL REFERENCES person,
    recorded_at timestamptz NOT NULL DEFAULT now(),
    reason      text CHECK (length(reason) <= 300),
    CHECK ((kind = 'outside') = (grid_no IS NULL))
);
CREATE INDEX placement_event_target ON placement_event (target_no, no);

-- The grid that a file named where the point lay in another one.
CREATE TABLE placement_claim (
    target_no    bigint PRIMARY KEY REFERENCES target ON DELETE CASCADE,
    claimed      text NOT NULL CHECK (length(claimed) BETWEEN 1 AND 100),
    batch_no     integer REFERENCES import_batch,
    settled_grid integer,                       -- the located grid that somebody kept
    settled_by   integer REFERENCES person,
    settled_at   timestamptz,
    CHECK ((settled_grid IS NULL) = (settled_at IS NULL)),
    CHECK ((settled_by IS NULL) = (settled_at IS NULL))
);
CREATE INDEX placement_claim_batch ON placement_claim (batch_no) WHERE batch_no IS NOT NULL;
