CREATE SEQUENCE numbers CACHE 7;
CREATE TABLE things (id integer);
