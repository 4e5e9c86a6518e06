CREATE TABLE keep (id integer PRIMARY KEY, at timestamp); CREATE VIEW kept AS SELECT k.id FROM keep k;
