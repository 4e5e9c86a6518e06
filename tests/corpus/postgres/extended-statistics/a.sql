CREATE TABLE t (a integer, b integer, c text, d text); CREATE STATISTICS changes_target ON a, b FROM t; CREATE STATISTICS changes_kinds (mcv) ON a, c FROM t; COMMENT ON STATISTICS changes_kinds IS 'comes back';
CREATE STATISTICS changes_columns ON a, b FROM t; CREATE STATISTICS changes_expression ON lower(c), (a + b) FROM t; CREATE STATISTICS loses_target ON c, d FROM t; ALTER STATISTICS loses_target SET STATISTICS 10;
CREATE STATISTICS goes ON a, d FROM t; COMMENT ON STATISTICS goes IS 'gone'; CREATE STATISTICS stays ON b, d FROM t; COMMENT ON STATISTICS stays IS 'one';
