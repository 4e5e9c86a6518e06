INSERT INTO t VALUES (1, 'x', true), (2, 'y', false); INSERT INTO "odd ""t" VALUES (1);
