CREATE TABLE owners (id text PRIMARY KEY DEFAULT gen_random_uuid(), code text UNIQUE, above text REFERENCES owners);
CREATE TABLE pets (id numeric PRIMARY KEY, owner text NOT NULL REFERENCES owners ON DELETE CASCADE, code text CONSTRAINT by_code REFERENCES owners (code) DEFERRABLE, UNIQUE (owner, code));
CREATE TABLE visits (pet numeric REFERENCES pets, at date NOT NULL) PARTITION BY RANGE (at);
CREATE TABLE visits_all PARTITION OF visits DEFAULT;
COMMENT ON CONSTRAINT by_code ON pets IS 'by its code';
