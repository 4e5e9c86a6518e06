CREATE TABLE t (id text PRIMARY KEY DEFAULT md5(random()::text), a text); CREATE TABLE r (t text REFERENCES t);
