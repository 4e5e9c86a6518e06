CREATE TABLE t (id integer PRIMARY KEY, small smallint DEFAULT 1, code varchar(10) DEFAULT 'x', amount numeric(6,2) DEFAULT 1.25, at timestamp DEFAULT '2024-01-01 10:00', day date, flag integer DEFAULT 0, j json DEFAULT '{}', r real, c char(3), iv interval, tm time, bits bit varying(8), arr integer[] DEFAULT '{1}', u text);
CREATE INDEX t_code ON t (code) WHERE small > 0; CREATE INDEX t_expression ON t ((amount * 2)); CREATE UNIQUE INDEX t_day ON t (day) INCLUDE (at);
ALTER TABLE t ADD CONSTRAINT t_amount CHECK (amount > 0 AND code <> ''); CREATE STATISTICS t_s ON small, day FROM t;
CREATE VIEW v AS SELECT id, small, code, amount, at FROM t; CREATE VIEW w AS SELECT code, amount + 1 AS more FROM v; CREATE MATERIALIZED VIEW m AS SELECT small, count(*) FROM t GROUP BY small;
CREATE FUNCTION f(t) RETURNS numeric LANGUAGE sql AS $$ SELECT $1.amount $$; CREATE FUNCTION g() RETURNS SETOF v LANGUAGE sql AS $$ SELECT * FROM v $$;
CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER tr BEFORE UPDATE OF code, amount ON t FOR EACH ROW WHEN (NEW.amount > 1) EXECUTE FUNCTION tr();
ALTER TABLE t ENABLE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (small > 0 AND code <> 'hidden'); COMMENT ON COLUMN t.code IS 'code'; COMMENT ON POLICY p ON t IS 'p'; COMMENT ON TRIGGER tr ON t IS 'tr'; COMMENT ON INDEX t_code IS 'i';
