INSERT INTO t (id, other) VALUES (1, 'x'); INSERT INTO other.u VALUES (1);
