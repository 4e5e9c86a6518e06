CREATE TABLE t (a INT, b INT, s INT AS (a * b) STORED, w INT AS (s + 1), x INT AS (w + 1));
