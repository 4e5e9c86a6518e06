INSERT INTO t (id,a,b) VALUES (3,'q',1);
