-- A fault keeps its sentence with the values apart, so that pages say it in the reader's language.
ALTER TABLE edition_fault ADD COLUMN said jsonb;  -- NULL: noted before; `detail` is shown
