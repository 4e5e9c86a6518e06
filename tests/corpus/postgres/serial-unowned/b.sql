CREATE TABLE t (id serial PRIMARY KEY); ALTER SEQUENCE t_id_seq OWNED BY NONE;
CREATE SEQUENCE free; CREATE TABLE u (id integer DEFAULT nextval('free')); ALTER SEQUENCE free OWNED BY u.id;
CREATE SEQUENCE moving; CREATE TABLE v (a integer, b integer); ALTER SEQUENCE moving OWNED BY v.b;
