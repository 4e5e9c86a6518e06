CREATE TABLE staff (id integer PRIMARY KEY, first_name text, last_name text, salary integer, boss integer REFERENCES staff (id));
CREATE VIEW wages AS SELECT id, salary AS pay FROM staff;
CREATE VIEW people AS SELECT id, first_name AS forename, last_name AS surname FROM staff;
COMMENT ON COLUMN people.forename IS 'first';
COMMENT ON COLUMN people.surname IS 'last';
CREATE VIEW bosses AS SELECT p.id, p.forename AS given FROM people p WHERE EXISTS (SELECT FROM staff s WHERE s.boss = p.id);
CREATE VIEW pay_by_name (person, amount) AS SELECT p.surname, w.pay FROM people p JOIN wages w USING (id);
COMMENT ON VIEW pay_by_name IS 'a list of columns';
