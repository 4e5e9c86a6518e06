CREATE TABLE t (id serial PRIMARY KEY, a integer);
CREATE TABLE u (id integer DEFAULT nextval('t_id_seq'));
CREATE TABLE w (id serial); 
