INSERT INTO parent (n) VALUES ('x'); INSERT INTO child (n, m) VALUES ('x', 'y'); INSERT INTO measures (day) VALUES ('2020-02-02');
