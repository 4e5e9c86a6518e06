CREATE SCHEMA other;
CREATE TABLE t (id integer PRIMARY KEY, made date, label text, "Amount" numeric);
CREATE FUNCTION rows_of_t() RETURNS SETOF t LANGUAGE sql STABLE AS 'SELECT * FROM public.t WHERE label <> ''''';
CREATE FUNCTION other.row_of_t(first integer) RETURNS t LANGUAGE sql STABLE
    AS 'SELECT * FROM public.t WHERE id >= first LIMIT 1';
CREATE VIEW every AS SELECT id, made, label, "Amount" FROM rows_of_t();
CREATE VIEW chosen AS SELECT x.label, x.made, y.id FROM rows_of_t() x, other.row_of_t(1) y WHERE x.id = y.id;
