INSERT INTO t VALUES (1, ROW('a "b", c', 3, NULL), ARRAY[ROW('x', 4, NULL)::place, NULL], ROW(ROW('y', 5, NULL), 2)),
    (2, NULL, NULL, NULL), (3, ROW(NULL, NULL, NULL), '{}', ROW(NULL, NULL));
