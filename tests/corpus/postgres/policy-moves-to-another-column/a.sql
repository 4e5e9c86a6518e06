CREATE TABLE notes (id integer, owner text);
CREATE POLICY own ON notes USING (owner = CURRENT_USER);

