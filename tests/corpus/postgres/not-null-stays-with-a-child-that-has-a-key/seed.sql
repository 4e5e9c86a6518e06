INSERT INTO parent VALUES (1, 1);
INSERT INTO child VALUES (2, 2);
INSERT INTO grandchild VALUES (3, 3);
INSERT INTO other_child VALUES (4, 4);
