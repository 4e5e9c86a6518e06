CREATE TABLE t (a integer NOT NULL, b integer CONSTRAINT filled NOT NULL, c integer, d integer NOT NULL, e integer CONSTRAINT alone NOT NULL NO INHERIT, f integer, g integer CONSTRAINT "Hostile ""name"" $$" NOT NULL);
CREATE TABLE k (id integer PRIMARY KEY, n integer CONSTRAINT k_n NOT NULL);
ALTER TABLE t ADD CONSTRAINT later NOT NULL f NOT VALID;
COMMENT ON CONSTRAINT filled ON t IS 'must be there';
COMMENT ON CONSTRAINT t_a_not_null ON t IS 'chosen by the server';
CREATE DOMAIN d AS integer CONSTRAINT given NOT NULL;
CREATE DOMAIN e AS integer NOT NULL;
COMMENT ON CONSTRAINT given ON DOMAIN d IS 'of a domain';
