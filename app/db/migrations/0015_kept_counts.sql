-- Counts of coverage that stay small in a large city: the days and weeks that are over are kept
-- together, month by month. They are a cache, which the worker fills anew.

DROP FUNCTION IF EXISTS gridward.coverage_tail(integer[], date[], date[], date[]);
DROP FUNCTION IF EXISTS gridward.fold_coverage(integer[], date[], date[], date[], integer);
DROP FUNCTION IF EXISTS gridward.fold_period(integer, date, date, date, integer[]);
DROP FUNCTION IF EXISTS gridward.count_differences(integer, date, date, date, integer[]);
DROP FUNCTION IF EXISTS gridward.stale_counts();
DROP FUNCTION IF EXISTS gridward.all_duty_counts(integer, date, date, date, date, int4multirange);
DROP TABLE coverage_count, coverage_period;

-- Due dates of one rule that are counted together.
CREATE TABLE coverage_part (
    no         integer GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    rule_no    integer NOT NULL REFERENCES duty_rule ON DELETE CASCADE,
    edition_no integer NOT NULL REFERENCES edition,     -- that held on them
    -- its first day, of due dates whose grace is over; NULL: a single due date
    month      date CHECK (extract(day FROM month) = 1)
);
CREATE UNIQUE INDEX coverage_part_month ON coverage_part (rule_no, edition_no, month)
    WHERE month IS NOT NULL;

-- Which duty periods the counts hold; the others are counted when they are asked for.
CREATE TABLE coverage_period (
    rule_no     integer NOT NULL REFERENCES duty_rule ON DELETE CASCADE,
    due_on      date NOT NULL,
    since       date NOT NULL,
    grace_until date NOT NULL,
    part_no     integer NOT NULL REFERENCES coverage_part ON DELETE CASCADE,
    PRIMARY KEY (rule_no, due_on)
);
CREATE INDEX coverage_period_part ON coverage_period (part_no);

-- A grid with any duty in the part: of all targets in and below it by the part's edition, and of
-- those that lie directly in it.
CREATE TABLE coverage_count (
    part_no      integer NOT NULL REFERENCES coverage_part ON DELETE CASCADE,
    depth        smallint NOT NULL,             -- of the grid
    grid_no      integer NOT NULL,
    due          integer NOT NULL,
    on_time      integer NOT NULL,
    late         integer NOT NULL,
    excluded     integer NOT NULL,
    own_due      integer NOT NULL,
    own_on_time  integer NOT NULL,
    own_late     integer NOT NULL,
    own_excluded integer NOT NULL,
    PRIMARY KEY (part_no, depth, grid_no)
);

-- The log is only ever read whole, and each visit writes into it: no key, no index.
ALTER TABLE coverage_log DROP COLUMN no;
