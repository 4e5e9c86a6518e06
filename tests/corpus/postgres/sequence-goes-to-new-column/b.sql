CREATE SEQUENCE numbers;
CREATE TABLE things (id integer, n bigint DEFAULT nextval('numbers'));
ALTER SEQUENCE numbers OWNED BY things.n;
