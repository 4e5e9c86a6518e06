CREATE TABLE t (id integer PRIMARY KEY, a integer, b text, c date);
CREATE SCHEMA s;
CREATE STATISTICS s1 ON a, b FROM t;
CREATE STATISTICS s2 (ndistinct, mcv) ON a, c FROM t;
CREATE STATISTICS s3 (mcv, dependencies) ON a, (upper(b)), (date_part('year', c)) FROM t;
CREATE STATISTICS s.s4 ON (a + 1) FROM t;
CREATE STATISTICS s5 (mcv) ON b, c FROM t;
ALTER STATISTICS s2 SET STATISTICS 0;
COMMENT ON STATISTICS s1 IS 'one and only'; COMMENT ON STATISTICS s5 IS 'five';
