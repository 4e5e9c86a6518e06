CREATE TABLE t (id INTEGER PRIMARY KEY, a TEXT, b INT);
CREATE VIRTUAL TABLE f USING fts5(a, tokenize = 'porter ascii', content='t', content_rowid='id');
CREATE TRIGGER ti AFTER INSERT ON t BEGIN INSERT INTO f (rowid, a) VALUES (new.id, new.a); END;
