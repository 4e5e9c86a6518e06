CREATE TABLE stays (id integer PRIMARY KEY, t integer, e text DEFAULT 'a', n integer);
CREATE VIEW over AS SELECT s.id, 'x'::text AS x FROM stays s;
