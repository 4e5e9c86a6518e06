CREATE TABLE owners (id serial PRIMARY KEY, code varchar(10) UNIQUE, above integer REFERENCES owners);
CREATE TABLE pets (id integer PRIMARY KEY, owner integer NOT NULL REFERENCES owners ON DELETE CASCADE, code varchar(10) CONSTRAINT by_code REFERENCES owners (code) DEFERRABLE, UNIQUE (owner, code));
CREATE TABLE visits (pet integer REFERENCES pets, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE visits_all PARTITION OF visits DEFAULT;
COMMENT ON CONSTRAINT by_code ON pets IS 'by its code';
