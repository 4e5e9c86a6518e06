INSERT INTO t SELECT n, n, 'g', 'k' FROM generate_series(1, 9) n; INSERT INTO e VALUES ('a', 1);
