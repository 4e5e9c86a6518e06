INSERT INTO rooms VALUES (1, 'a'); INSERT INTO bookings (room, during) VALUES (1, '[2024-01-01,2024-01-02)');
