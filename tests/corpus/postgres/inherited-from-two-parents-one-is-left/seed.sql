INSERT INTO one VALUES (1, 2, '2020-02-02');
INSERT INTO two VALUES (2, 3, '\x01', '2020-02-02');
INSERT INTO child (id, ref, y, w0) VALUES (3, 4, '\x02', 5);
INSERT INTO grandchild (id, ref, y, w0) VALUES (4, 5, '\x03', 6);
INSERT INTO both_ways (id, w, y) VALUES (5, 6, '\x04');
INSERT INTO below (id, w, y) VALUES (6, 7, '\x05');
INSERT INTO below_both (id, w, y) VALUES (7, 8, '\x06');
