CREATE TYPE mood AS ENUM ('ok', 'happy');
CREATE FUNCTION higher(mood, mood) RETURNS boolean LANGUAGE sql IMMUTABLE RETURN $1 > $2;
CREATE FUNCTION mood_of(int) RETURNS mood LANGUAGE sql IMMUTABLE RETURN 'ok'::mood;
CREATE OPERATOR >>> (FUNCTION = higher, LEFTARG = mood, RIGHTARG = mood);
CREATE CAST (int AS mood) WITH FUNCTION mood_of(int);
CREATE TABLE t (id int PRIMARY KEY, mood mood);
CREATE VIEW higher_than_ok AS SELECT id FROM t WHERE mood >>> 'ok'::mood;
COMMENT ON OPERATOR >>> (mood, mood) IS 'higher';
COMMENT ON CAST (int AS mood) IS 'always ok';
