-- What the pages of coverage call a target: number and name of its register. It asks as the reader
-- does, so that a household has neither for those who do not answer for it. A grid has the name of
-- the last edition that holds it. Sub-selects, not joins: they are asked for the rows of a page
-- alone.
CREATE OR REPLACE VIEW gridward.target_words WITH (security_invoker = true) AS
SELECT t.no, t.kind, t.grid_no,
       CASE t.kind
           WHEN 'unit' THEN (SELECT u.id FROM gridward.unit u WHERE u.target_no = t.no)
           WHEN 'household' THEN (SELECT h.id FROM gridward.household h WHERE h.target_no = t.no)
           WHEN 'facility' THEN (SELECT f.id FROM gridward.facility f WHERE f.target_no = t.no)
           WHEN 'building' THEN (SELECT b.id FROM gridward.building b WHERE b.target_no = t.no)
           WHEN 'place' THEN (SELECT d.id FROM gridward.place d WHERE d.target_no = t.no)
           WHEN 'road' THEN (SELECT d.id FROM gridward.place d WHERE d.target_no = t.no)
           WHEN 'grid' THEN (SELECT l.key || ':' || g.code FROM gridward.grid g
                             JOIN gridward.level l ON l.depth = g.depth WHERE g.no = t.grid_no)
       END AS id,
       CASE t.kind
           WHEN 'unit' THEN (SELECT u.name FROM gridward.unit u WHERE u.target_no = t.no)
           WHEN 'household' THEN (SELECT h.building FROM gridward.household h
                                  WHERE h.target_no = t.no)
           WHEN 'facility' THEN (SELECT f.name FROM gridward.facility f WHERE f.target_no = t.no)
           WHEN 'building' THEN (SELECT b.name FROM gridward.building b WHERE b.target_no = t.no)
           WHEN 'place' THEN (SELECT d.name FROM gridward.place d WHERE d.target_no = t.no)
           WHEN 'road' THEN (SELECT d.name FROM gridward.place d WHERE d.target_no = t.no)
           WHEN 'grid' THEN (SELECT s.name FROM gridward.grid_shape s
                             JOIN gridward.edition e ON e.no = s.edition_no AND e.state <> 'draft'
                             WHERE s.grid_no = t.grid_no
                             ORDER BY e.valid_from DESC, e.no DESC LIMIT 1)
       END AS name,
       CASE t.kind
           WHEN 'grid' THEN (SELECT s.name_en FROM gridward.grid_shape s
                             JOIN gridward.edition e ON e.no = s.edition_no AND e.state <> 'draft'
                             WHERE s.grid_no = t.grid_no
                             ORDER BY e.valid_from DESC, e.no DESC LIMIT 1)
       END AS name_en
FROM gridward.target t;
ALTER VIEW gridward.target_words OWNER TO @owner@;
GRANT SELECT ON gridward.target_words TO @app@;

-- The class of a target in its register, of a grid its level, asked for as the reader.
CREATE OR REPLACE VIEW gridward.target_class WITH (security_invoker = true) AS
SELECT target_no, class FROM gridward.unit
UNION ALL SELECT target_no, class FROM gridward.household
UNION ALL SELECT target_no, class FROM gridward.facility
UNION ALL SELECT target_no, class FROM gridward.building
UNION ALL SELECT target_no, class FROM gridward.place
UNION ALL SELECT t.no, l.key FROM gridward.target t
          JOIN gridward.grid g ON g.no = t.grid_no JOIN gridward.level l ON l.depth = g.depth
          WHERE t.kind = 'grid';
ALTER VIEW gridward.target_class OWNER TO @owner@;
GRANT SELECT ON gridward.target_class TO @app@;
