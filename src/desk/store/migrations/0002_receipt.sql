-- What stands behind a decision, without the words it was made about, so that it can be repeated and compared. None of what was
-- decided before this column.
ALTER TABLE decision ADD COLUMN receipt TEXT;
