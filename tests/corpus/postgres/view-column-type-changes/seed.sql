INSERT INTO readings VALUES (1, '2020-01-01 10:00Z', 1.5, 'a'), (2, '2020-01-02 10:00Z', 2.5, 'b');
