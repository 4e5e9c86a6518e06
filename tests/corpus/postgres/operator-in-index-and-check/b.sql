CREATE FUNCTION plus_one(int, int) RETURNS int LANGUAGE sql IMMUTABLE RETURN $1 + $2 + 1;
CREATE FUNCTION plus_two(int, int) RETURNS int LANGUAGE sql IMMUTABLE RETURN $1 + $2 + 2;
CREATE OPERATOR +#+ (FUNCTION = plus_two, LEFTARG = int, RIGHTARG = int, COMMUTATOR = +#+);
CREATE TABLE t (id int PRIMARY KEY, a int DEFAULT (1 +#+ 2), CONSTRAINT positive CHECK ((a +#+ 1) > 0));
CREATE INDEX t_sum ON t ((id +#+ a)) WHERE (a +#+ 2) > 1;
COMMENT ON CONSTRAINT positive ON t IS 'leans on the operator';
