INSERT INTO items VALUES (1, 'x'); INSERT INTO boxes VALUES (1, ARRAY[(1, 'y')::item]);
