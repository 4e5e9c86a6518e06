CREATE SCHEMA ext;
CREATE EXTENSION citext WITH SCHEMA ext; CREATE EXTENSION pg_trgm; CREATE EXTENSION hstore;
CREATE TABLE users (id integer PRIMARY KEY, email ext.citext NOT NULL UNIQUE, name text, tags hstore);
CREATE INDEX users_name ON users USING gin (name gin_trgm_ops);
CREATE VIEW by_mail AS SELECT email, tags -> 'a' AS a FROM users WHERE name % 'x';
CREATE FUNCTION find(ext.citext) RETURNS SETOF users LANGUAGE sql STABLE AS 'SELECT * FROM users WHERE email = $1';
CREATE DOMAIN mail AS ext.citext CHECK (VALUE ~ '@');
CREATE TABLE mails (m mail);
COMMENT ON EXTENSION pg_trgm IS 'mine'; COMMENT ON COLUMN users.email IS 'no case';
