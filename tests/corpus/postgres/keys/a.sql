CREATE TABLE t (a integer, b integer, c text, d text, PRIMARY KEY (a), CONSTRAINT t_bc UNIQUE (b, c), CONSTRAINT t_d UNIQUE (d) DEFERRABLE INITIALLY DEFERRED, CONSTRAINT filled UNIQUE (a, b) WITH (fillfactor = 70));
COMMENT ON CONSTRAINT t_bc ON t IS 'both';
CREATE TABLE nokey (a integer NOT NULL, b integer NOT NULL);
