INSERT INTO app.message (at, body) VALUES ('2020-03-01', 'x'), ('2021-06-01', 'y'); INSERT INTO app.pin SELECT id, at FROM app.message WHERE body = 'x';
