CREATE SCHEMA ops;
CREATE TABLE t (id integer PRIMARY KEY, a text, b text);
CREATE FUNCTION ops.alike(text, text) RETURNS boolean LANGUAGE sql IMMUTABLE AS 'SELECT lower($1) = lower($2)';
CREATE OPERATOR ops.=~= (FUNCTION = ops.alike, LEFTARG = text, RIGHTARG = text, COMMUTATOR = OPERATOR(ops.=~=));
CREATE VIEW v AS SELECT id FROM t WHERE a OPERATOR(ops.=~=) b;
CREATE POLICY p ON t USING (a OPERATOR(ops.=~=) b);
ALTER TABLE t ADD CONSTRAINT c CHECK (a OPERATOR(ops.=~=) a);
CREATE TRIGGER tr BEFORE UPDATE ON t FOR EACH ROW WHEN (old.a OPERATOR(ops.=~=) new.a) EXECUTE FUNCTION suppress_redundant_updates_trigger();
COMMENT ON OPERATOR ops.=~= (text, text) IS 'alike';
