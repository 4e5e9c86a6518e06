CREATE TABLE teams (id integer PRIMARY KEY, name text);
CREATE TABLE memberships (team integer REFERENCES teams (id), who text, level integer, PRIMARY KEY (team, who));
CREATE TABLE files (id integer PRIMARY KEY, team integer REFERENCES teams (id), path text);
ALTER TABLE files ENABLE ROW LEVEL SECURITY;
CREATE POLICY team_files ON files USING (team IN (SELECT m.team FROM memberships m WHERE m.who = current_user));
CREATE POLICY admin_files ON files FOR ALL USING (EXISTS (SELECT 1 FROM memberships m JOIN teams t ON t.id = m.team WHERE m.level > 9 AND t.id = files.team));
CREATE VIEW admins AS SELECT who, level FROM memberships WHERE level > 9;
CREATE POLICY by_view ON teams FOR UPDATE USING (current_user IN (SELECT who FROM admins));
