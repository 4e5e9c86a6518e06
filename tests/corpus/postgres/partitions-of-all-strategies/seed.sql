INSERT INTO l VALUES (1, 'a'), (2, 'n'), (3, 'z'); INSERT INTO r VALUES (1, '2023-05-05', 'q'), (2, '2024-05-05', 'w'), (9, '2024-05-05', 'e'); INSERT INTO ref VALUES (1, 'a');
