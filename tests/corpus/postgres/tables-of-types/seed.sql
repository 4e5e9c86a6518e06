INSERT INTO becomes_typed VALUES (1, 'x', 2); INSERT INTO becomes_free VALUES (1); INSERT INTO changes_type VALUES (1, 'y'); INSERT INTO stays VALUES (3, 'z');
