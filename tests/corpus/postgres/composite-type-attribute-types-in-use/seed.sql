INSERT INTO t (id, p, ps) VALUES (1, '(1,2,a)', '{"(3,4,b)","(5,6,)"}'), (2, NULL, NULL), (3, '(1,,)', '{}');
