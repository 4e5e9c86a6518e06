CREATE TABLE tenants (id integer PRIMARY KEY, code text NOT NULL UNIQUE);
CREATE TABLE users (id integer PRIMARY KEY, tenant integer NOT NULL REFERENCES tenants, email text NOT NULL, CONSTRAINT users_email UNIQUE (email));
CREATE TABLE posts (id integer PRIMARY KEY, author integer REFERENCES users ON DELETE CASCADE, author_email text REFERENCES users (email) ON UPDATE CASCADE);
CREATE TABLE likes (post integer REFERENCES posts, who integer REFERENCES users, PRIMARY KEY (post, who));
CREATE VIEW counted AS SELECT u.id, u.email, count(p.id) AS n FROM users u LEFT JOIN posts p ON p.author = u.id GROUP BY u.id;
CREATE FUNCTION top() RETURNS SETOF counted LANGUAGE sql AS $$ SELECT * FROM counted ORDER BY n DESC $$; COMMENT ON CONSTRAINT users_pkey ON users IS 'key'; COMMENT ON CONSTRAINT posts_author_fkey ON posts IS 'fk';
ALTER TABLE users CLUSTER ON users_pkey; ALTER TABLE users REPLICA IDENTITY USING INDEX users_email;
