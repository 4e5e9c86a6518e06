INSERT INTO accounts DEFAULT VALUES; INSERT INTO accounts DEFAULT VALUES; INSERT INTO transfers (src, dst, amount) VALUES (1, 2, 5); DELETE FROM audit.log;
