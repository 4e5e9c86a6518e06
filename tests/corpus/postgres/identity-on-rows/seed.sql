INSERT INTO t VALUES (7, 'a'), (41, 'b'); INSERT INTO down VALUES (-9), (4); INSERT INTO "Odd ""t" VALUES (3);
