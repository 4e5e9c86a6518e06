CREATE FUNCTION may(number integer) RETURNS boolean LANGUAGE sql STABLE AS 'SELECT $1 > 1';
CREATE TYPE mood AS ENUM ('happy', 'sad'); CREATE TABLE members (team bigint, who text, extra text); CREATE VIEW mine AS SELECT team, extra FROM members WHERE who = current_user;
CREATE TABLE t (id bigint PRIMARY KEY, owner varchar(20), feeling mood, team bigint); CREATE TABLE other (id integer);
CREATE POLICY calls ON t USING (may(5)); CREATE POLICY reads ON t USING (owner = 'x') WITH CHECK (id > 0);
CREATE POLICY typed ON t USING (id > 0); CREATE POLICY feels ON t USING (feeling = 'happy'); CREATE POLICY joins ON t USING (team IN (SELECT team FROM mine));
CREATE POLICY "both" ON t USING (owner = 'x'); COMMENT ON POLICY "both" ON t IS 'of two columns'; CREATE POLICY elsewhere ON other USING (EXISTS (SELECT 1 FROM t WHERE t.id = other.id));
