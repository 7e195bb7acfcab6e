-- Where folding stopped early: the parts up to this number have yet to hear what the row says.
ALTER TABLE coverage_log ADD COLUMN rest_no integer;
