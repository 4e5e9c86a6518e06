INSERT INTO t (id, s) VALUES (1, 'draft'), (2, 'open'); INSERT INTO p VALUES (1, 'open'); REFRESH MATERIALIZED VIEW m;
