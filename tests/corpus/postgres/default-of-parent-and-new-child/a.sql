CREATE SEQUENCE numbers;
CREATE TABLE parent (id integer DEFAULT nextval('numbers'));
