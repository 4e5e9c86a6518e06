CREATE FUNCTION noted() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := NEW.note || ' noted'; RETURN NEW; END $$;
CREATE TABLE log (at integer);
CREATE SEQUENCE shared_numbers;
-- Referred to by others and by itself, with all that a table can have.
CREATE TABLE node (id serial, big bigserial, k integer DEFAULT nextval('shared_numbers') NOT NULL, above integer, note text, hidden boolean DEFAULT false NOT NULL, CONSTRAINT node_key PRIMARY KEY (id, k), CONSTRAINT positive CHECK (k > 0));
ALTER TABLE node ADD CONSTRAINT above_fits FOREIGN KEY (above, k) REFERENCES node (id, k) DEFERRABLE INITIALLY DEFERRED;
CREATE TABLE leaf (id integer PRIMARY KEY, node integer NOT NULL, k integer NOT NULL, FOREIGN KEY (node, k) REFERENCES node (id, k) ON DELETE CASCADE);
CREATE TABLE twig (node integer, k integer, CONSTRAINT on_node FOREIGN KEY (node, k) REFERENCES node (id, k) NOT VALID);
CREATE INDEX node_note ON node (lower(note)) WHERE NOT hidden;
CREATE TRIGGER notes BEFORE INSERT OR UPDATE ON node FOR EACH ROW EXECUTE FUNCTION noted();
CREATE RULE logs AS ON INSERT TO node DO ALSO INSERT INTO log VALUES (1);
ALTER TABLE node ENABLE ROW LEVEL SECURITY;
ALTER TABLE node REPLICA IDENTITY FULL;
CREATE POLICY shown ON node FOR SELECT USING (NOT hidden);
CREATE POLICY deep ON leaf USING (EXISTS (SELECT FROM node n WHERE n.id = leaf.node));
ALTER TABLE leaf ENABLE ROW LEVEL SECURITY;
CREATE VIEW tops AS SELECT id, note FROM node WHERE above IS NULL;
CREATE VIEW over_tops AS SELECT count(*) AS n FROM tops;
CREATE MATERIALIZED VIEW kept AS SELECT id, note FROM node;
CREATE UNIQUE INDEX kept_id ON kept (id);
CREATE FUNCTION of_node(node) RETURNS text LANGUAGE sql AS $$ SELECT $1.note $$;
CREATE STATISTICS node_statistics (dependencies) ON k, hidden FROM node;
CREATE PUBLICATION remade_rows FOR TABLE node;
COMMENT ON TABLE node IS 'a table'; COMMENT ON COLUMN node.note IS 'its note'; COMMENT ON CONSTRAINT positive ON node IS 'its check';
COMMENT ON TRIGGER notes ON node IS 'its trigger'; COMMENT ON POLICY shown ON node IS 'its policy'; COMMENT ON INDEX node_note IS 'its index';
COMMENT ON VIEW tops IS 'its view'; COMMENT ON CONSTRAINT above_fits ON node IS 'its foreign key'; COMMENT ON SEQUENCE node_id_seq IS 'its sequence';
GRANT SELECT ON node TO pg_monitor; GRANT UPDATE (note) ON node TO pg_monitor; GRANT SELECT ON tops TO pg_monitor; GRANT USAGE ON SEQUENCE node_id_seq TO pg_monitor;
-- Two that refer to each other and are both made anew.
CREATE TABLE left_one (id integer PRIMARY KEY, other integer); CREATE TABLE right_one (id integer PRIMARY KEY, other integer REFERENCES left_one (id));
ALTER TABLE left_one ADD CONSTRAINT to_right FOREIGN KEY (other) REFERENCES right_one (id);
-- Its own columns become a parent's.
CREATE TABLE parent (id integer, name text); CREATE TABLE child (id integer, extra text, UNIQUE (id)); CREATE TABLE grandchild () INHERITS (child);
-- Identity, generated, arrays, a domain, hostile names.
CREATE DOMAIN short AS text CHECK (length(VALUE) < 10);
CREATE TABLE "odd ""one" ("Id" integer GENERATED ALWAYS AS IDENTITY (START WITH 5 INCREMENT BY 5), "a b" integer[] NOT NULL, s short, twice integer GENERATED ALWAYS AS (array_length("a b", 1) * 2) STORED, j jsonb);
