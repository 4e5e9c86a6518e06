CREATE TABLE a (id int PRIMARY KEY, amount int, old text);
CREATE TABLE gone (id int PRIMARY KEY);
CREATE TABLE remade (id int PRIMARY KEY);
CREATE PUBLICATION p FOR TABLE a (id, amount, old) WHERE (id > 5), gone, remade;
CREATE PUBLICATION q FOR TABLE remade;
COMMENT ON PUBLICATION q IS 'stays';
