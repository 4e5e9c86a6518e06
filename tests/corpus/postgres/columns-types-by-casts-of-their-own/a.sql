CREATE TYPE grade AS ENUM ('low', 'high');
CREATE DOMAIN flag AS boolean; CREATE DOMAIN price AS money; CREATE DOMAIN positive AS integer CHECK (VALUE > 0);
CREATE TABLE probe (id integer PRIMARY KEY, paid money, is_many numeric(8,2), is_few bigint, padded char(8), long_padded char(40), spans int4multirange, bits bit(8), tags text[], hours interval, device macaddr8, is_on boolean, numbers jsonb, words json, yes flag NOT NULL DEFAULT true, costs price, size positive, sizes positive[]);
CREATE VIEW sizes AS SELECT size, yes FROM probe;
