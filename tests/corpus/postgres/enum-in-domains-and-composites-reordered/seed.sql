INSERT INTO t VALUES (1, 'max', 'mid', 'low', '(mid,"{low,mid}",low)', '{"(mid,\"{low,mid}\",low)"}', '("(mid,\"{low}\",mid)",)');
