INSERT INTO reading VALUES (3, 3, 'cm', 'xyz', 2);
INSERT INTO note VALUES ('open', ARRAY['a']);
INSERT INTO calendar VALUES (1, 3);
INSERT INTO kept VALUES (3, 'a');
