INSERT INTO p VALUES (1, 'a'), (3, 'c'); INSERT INTO h SELECT 1 WHERE satisfies_hash_partition('h'::regclass, 2, 0, 1);
