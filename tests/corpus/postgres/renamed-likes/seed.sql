INSERT INTO usr (mail) VALUES ('a'); INSERT INTO blog (usr_id, body) VALUES (1, 'b');
