CREATE TABLE staff (id integer PRIMARY KEY, first_name text, last_name text, salary integer, boss integer REFERENCES staff (id));
CREATE VIEW wages AS SELECT id, salary AS pay FROM staff;
CREATE VIEW people AS SELECT id, first_name AS given, last_name AS family, salary FROM staff;
COMMENT ON COLUMN people.given IS 'first';
COMMENT ON COLUMN people.salary IS 'secret';
CREATE VIEW bosses AS SELECT p.id, p.given FROM people p WHERE EXISTS (SELECT FROM staff s WHERE s.boss = p.id);
CREATE VIEW pay_by_name (who, how_much) AS SELECT p.family, w.pay FROM people p JOIN wages w USING (id);
COMMENT ON VIEW pay_by_name IS 'a list of columns';
