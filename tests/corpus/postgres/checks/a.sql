CREATE TABLE t (a integer CONSTRAINT positive CHECK (a > 0), b integer, c text, CONSTRAINT ordered CHECK (a < b), CONSTRAINT later CHECK (c <> ''));
ALTER TABLE t ADD CONSTRAINT unproven CHECK (b > 1) NOT VALID;
COMMENT ON CONSTRAINT ordered ON t IS 'ordered';
