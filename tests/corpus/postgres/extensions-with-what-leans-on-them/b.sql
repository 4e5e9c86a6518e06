CREATE SCHEMA ext;
CREATE EXTENSION citext; CREATE EXTENSION btree_gist WITH SCHEMA ext; CREATE EXTENSION hstore;
CREATE TABLE users (id integer PRIMARY KEY, email citext NOT NULL UNIQUE, name text, tags hstore, EXCLUDE USING gist (id WITH =));
CREATE VIEW by_mail AS SELECT email, tags -> 'b' AS a FROM users;
CREATE FUNCTION find(citext) RETURNS SETOF users LANGUAGE sql STABLE AS 'SELECT * FROM users WHERE email = $1';
CREATE DOMAIN mail AS citext CHECK (VALUE ~ '@');
CREATE TABLE mails (m mail);
COMMENT ON EXTENSION hstore IS 'kept'; COMMENT ON COLUMN users.email IS 'no case';
