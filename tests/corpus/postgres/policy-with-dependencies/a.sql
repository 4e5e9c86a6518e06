CREATE FUNCTION may(integer) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT $1 > 0'; CREATE FUNCTION gone(integer) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT $1 > 0';
CREATE TYPE mood AS ENUM ('sad', 'happy'); CREATE TABLE members (team integer, who text); CREATE VIEW mine AS SELECT team FROM members WHERE who = current_user;
CREATE TABLE t (id integer PRIMARY KEY, owner text, dropped text, feeling mood, team integer); CREATE TABLE other (id integer);
CREATE POLICY calls ON t USING (may(id)); CREATE POLICY called ON t USING (gone(id)); CREATE POLICY reads ON t USING (dropped = 'x') WITH CHECK (id > 0);
CREATE POLICY typed ON t USING (id > 0); CREATE POLICY feels ON t USING (feeling = 'happy'); CREATE POLICY joins ON t USING (team IN (SELECT team FROM mine));
CREATE POLICY "both" ON t USING (owner = 'x' AND dropped = 'y'); COMMENT ON POLICY "both" ON t IS 'of two columns'; CREATE POLICY elsewhere ON other USING (EXISTS (SELECT 1 FROM t WHERE t.id = other.id));
