CREATE TABLE notes (id integer, author text) WITH (fillfactor = 70);
CREATE POLICY own ON notes USING (author = CURRENT_USER);
