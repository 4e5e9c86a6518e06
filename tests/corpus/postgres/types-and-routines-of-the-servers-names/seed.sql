INSERT INTO text VALUES (1, 'x'); INSERT INTO t (id, b) VALUES (1, 'Y'); INSERT INTO other.holds VALUES (1, NULL, NULL);
