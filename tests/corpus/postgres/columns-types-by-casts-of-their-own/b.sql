CREATE TYPE grade AS ENUM ('low', 'high');
CREATE DOMAIN flag AS boolean; CREATE DOMAIN price AS money; CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE probe (id integer PRIMARY KEY, paid integer, is_many boolean, is_few boolean, padded grade DEFAULT 'low', long_padded uuid, spans int4range, bits integer, tags jsonb, hours time, device macaddr, is_on numeric(4,2), numbers integer[], words varchar(9)[], yes integer NOT NULL DEFAULT 1, costs numeric(9,2), size integer, sizes integer[]);
CREATE VIEW sizes AS SELECT size, yes FROM probe;
