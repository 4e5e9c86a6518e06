INSERT INTO child VALUES (1, 'a', '3');
INSERT INTO grandchild VALUES (2, 'b', 4);
