CREATE FUNCTION any_of(wanted bigint[] DEFAULT ARRAY[1, 2], is_so boolean DEFAULT (1 BETWEEN 0 AND 2 AND true)) RETURNS bigint
  LANGUAGE sql IMMUTABLE AS 'SELECT wanted[1]';
CREATE FUNCTION told() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN new; END';
CREATE TABLE reading (low int, high int, unit varchar(8), code char(3), share numeric,
  is_so boolean GENERATED ALWAYS AS (low BETWEEN 1 AND 9 AND high > 2) STORED,
  sum bigint DEFAULT any_of(ARRAY[1, 2]),
  CONSTRAINT list_first CHECK (low BETWEEN 1 AND 9 AND high > 2),
  CONSTRAINT other_list_first CHECK (low NOT BETWEEN 100 AND 200 OR high > 2),
  CONSTRAINT list_last CHECK (high > 2 AND low BETWEEN 1 AND 9),
  CONSTRAINT both_ways CHECK (low BETWEEN SYMMETRIC 9 AND 1 OR high > 2),
  CONSTRAINT rows_differ CHECK ((low, high, unit) IS DISTINCT FROM (1, 2, 'x')),
  CONSTRAINT any_of_columns CHECK (low IN (high, low, 3)),
  CONSTRAINT any_of_texts CHECK (unit IN ('m', 'cm')),
  CONSTRAINT none_of_texts CHECK (code NOT IN ('abc', 'def')),
  CONSTRAINT any_of_numbers CHECK (share = ANY (ARRAY[1, 2])),
  EXCLUDE (low WITH =) WHERE (low BETWEEN 1 AND 9 AND high > 2));
CREATE INDEX reading_some ON reading (low, (unit IN ('m', 'km')), (high BETWEEN 1 AND 2 AND low > 3)) WHERE low BETWEEN 1 AND 9 AND high > 2;
CREATE STATISTICS reading_of ON (high BETWEEN 1 AND 2 AND low > 3), (unit IN ('m', 'km')) FROM reading;
CREATE TABLE note (status varchar(8), words varchar(8)[]);
CREATE TRIGGER told BEFORE INSERT ON note FOR EACH ROW WHEN (new.status IN ('open', 'done') AND length(new.status) > 1) EXECUTE FUNCTION told();
CREATE RULE tells AS ON UPDATE TO note WHERE old.status IN ('open', 'done') AND (old.words, old.status) IS DISTINCT FROM (new.words, new.status)
  DO ALSO INSERT INTO note VALUES ('done', ARRAY['x', 'y']);
ALTER TABLE note ENABLE ROW LEVEL SECURITY;
CREATE POLICY seen ON note USING (status IN ('open', 'done')) WITH CHECK (length(status) BETWEEN 1 AND 9 AND status <> 'x');
CREATE TABLE calendar (day int, hour int) PARTITION BY LIST ((hour BETWEEN 0 AND 11 AND day >= 0));
CREATE TABLE calendar_morning PARTITION OF calendar FOR VALUES IN (true);
CREATE VIEW waits AS SELECT low, any_of(ARRAY[low, 1]) AS any, CASE WHEN low BETWEEN 1 AND 2 AND high > 3 THEN 1 END AS one FROM reading WHERE low BETWEEN 1 AND 2 AND unit IN ('m', 'cm');
CREATE FUNCTION is_some(unit varchar) RETURNS boolean LANGUAGE sql BEGIN ATOMIC SELECT length(unit) BETWEEN 1 AND 9 AND unit IN ('m', 'cm'); END;
CREATE DOMAIN small AS int CHECK (VALUE BETWEEN 1 AND 9 AND VALUE <> 6);
CREATE TABLE kept (n small, s varchar(4) CHECK (s IN ('a', 'b')), t text, CHECK (n BETWEEN 1 AND 7 AND s <> 'x'));
