INSERT INTO t (c, h, l, arr) VALUES ('A', NULL, 'x.y', '{1,2}'); INSERT INTO u VALUES ('a@b', NULL);
