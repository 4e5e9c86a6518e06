CREATE SCHEMA other;
CREATE TABLE t (id integer PRIMARY KEY, "Amount" numeric, label text);
CREATE FUNCTION rows_of_t() RETURNS SETOF t LANGUAGE sql STABLE AS 'SELECT * FROM public.t';
CREATE FUNCTION other.row_of_t(first integer) RETURNS t LANGUAGE sql STABLE
    AS 'SELECT * FROM public.t WHERE id >= first LIMIT 1';
CREATE VIEW every AS SELECT * FROM rows_of_t();
CREATE VIEW chosen AS SELECT x.label, y.id FROM rows_of_t() x, other.row_of_t(1) y WHERE x.id = y.id;
CREATE VIEW renamed AS SELECT a, b FROM rows_of_t() x(a, b, c);
CREATE MATERIALIZED VIEW numbered AS SELECT x.id, x.ordinality FROM rows_of_t() WITH ORDINALITY x;
