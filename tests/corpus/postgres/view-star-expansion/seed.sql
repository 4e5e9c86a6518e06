INSERT INTO left_side VALUES (1, 'a'); INSERT INTO right_side VALUES (1, 'b');
