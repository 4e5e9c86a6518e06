INSERT INTO probe VALUES (1, '5.00', 1, 1, 'high', 'a5cd0d2e-0000-4000-8000-000000000009', '{[1,5)}', B'00000101', '{x,NULL,"y z"}', '02:30', '08:00:2b:ff:fe:01:02:03', true, '[1, 2]', '["a", "b, c"]', false, '7.25', 3, '{4}');
INSERT INTO probe (id, spans, tags, numbers) VALUES (2, '{}', '{}', '[]');
