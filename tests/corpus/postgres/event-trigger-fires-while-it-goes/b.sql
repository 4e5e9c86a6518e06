CREATE TABLE t (id bigint PRIMARY KEY, a text);
CREATE TABLE u (id integer);
COMMENT ON TABLE t IS 'b';
