CREATE FUNCTION is_fine(text) RETURNS boolean LANGUAGE sql IMMUTABLE AS $$ SELECT $1 IS NOT NULL $$;
CREATE TABLE t (a integer CONSTRAINT positive CHECK (a > 0) NO INHERIT, b integer, c text, CONSTRAINT ordered CHECK (a <= b), CONSTRAINT fine CHECK (is_fine(c)), CONSTRAINT unproven CHECK (b > 1));
