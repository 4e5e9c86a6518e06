CREATE TABLE t (id serial PRIMARY KEY);
CREATE SEQUENCE free; CREATE TABLE u (id integer DEFAULT nextval('free'));
CREATE SEQUENCE moving; CREATE TABLE v (a integer, b integer); ALTER SEQUENCE moving OWNED BY v.a;
