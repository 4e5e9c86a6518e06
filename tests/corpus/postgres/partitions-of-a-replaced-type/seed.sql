INSERT INTO p VALUES (1, 'a'), (11, 'b'); INSERT INTO child VALUES ('c', 1); INSERT INTO parent VALUES ('d');
