INSERT INTO t VALUES (1, '[v1,v3)', '[a,b)', '[1,2)', '[1,3)', '{[1,3)}', NULL);
