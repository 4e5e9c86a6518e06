CREATE TYPE later;
CREATE TABLE kept (a int);
