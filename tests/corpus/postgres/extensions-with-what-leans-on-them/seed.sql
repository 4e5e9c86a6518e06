INSERT INTO users VALUES (1, 'A@b', 'x', 'a=>1'); INSERT INTO mails VALUES ('X@y');
