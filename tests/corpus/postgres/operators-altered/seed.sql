INSERT INTO releases VALUES (1, '(1,0)'), (2, '(1,2)');
