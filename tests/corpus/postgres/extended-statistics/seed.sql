INSERT INTO t SELECT n, n % 3, n::text, 'd' FROM generate_series(1, 50) n;
