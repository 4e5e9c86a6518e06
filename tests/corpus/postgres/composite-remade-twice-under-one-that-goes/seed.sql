INSERT INTO talk VALUES (1, ROW(ROW('sad', 3), ARRAY[ROW('glad', 4)::word])), (2, NULL), (3, ROW(NULL, NULL));
INSERT INTO noise VALUES (1, ARRAY[ROW('glad', 5)::word, NULL]), (2, NULL);
