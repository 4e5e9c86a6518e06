INSERT INTO holds VALUES (1, '(1,sad)', '{"(2,ok)"}', '(t,"(3,sad)","{""(4,ok)""}")', '{"(u,\"(5,sad)\",)"}', '(6,ok)');
INSERT INTO rows_of VALUES (7, 'ok');
INSERT INTO labelled VALUES (1, '(a,b)'), (2, NULL);
