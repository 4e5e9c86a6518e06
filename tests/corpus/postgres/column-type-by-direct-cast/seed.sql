INSERT INTO things VALUES (1, B'101', 2.50, '1 day 02:03:04', '{a,"b c"}', '{abc}');
