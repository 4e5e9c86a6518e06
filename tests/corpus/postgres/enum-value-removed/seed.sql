INSERT INTO t VALUES (1, 'sad', '{ok}', 'happy'); INSERT INTO u VALUES ('ok'); INSERT INTO r VALUES ('ok');
