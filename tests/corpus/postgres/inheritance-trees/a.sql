CREATE TABLE base (id integer NOT NULL, name text DEFAULT 'x', CONSTRAINT base_id CHECK (id > 0)); CREATE TABLE stamped (at timestamptz DEFAULT now(), by text);
CREATE TABLE mid (extra integer) INHERITS (base); CREATE TABLE leaf (own text, CONSTRAINT leaf_own CHECK (own <> '')) INHERITS (mid, stamped); CREATE TABLE other () INHERITS (base);
CREATE INDEX base_id_i ON base (id); CREATE INDEX leaf_id_i ON leaf (id); ALTER TABLE leaf ADD PRIMARY KEY (id); ALTER TABLE leaf ALTER name SET DEFAULT 'leaf';
CREATE VIEW v AS SELECT id, name FROM base; CREATE FUNCTION tr() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NEW; END $$; CREATE TRIGGER tr BEFORE INSERT ON leaf FOR EACH ROW EXECUTE FUNCTION tr(); COMMENT ON COLUMN leaf.name IS 'of leaf';
