INSERT INTO t VALUES (1, '[1,5)', '[1.5,2)', '{"[a,b)","(,c]"}', '[1,2)', '{[1,2),[5,6)}', '{[1,2)}', '{[7,9)}'), (2, 'empty', NULL, '{}', NULL, NULL, NULL, NULL);
