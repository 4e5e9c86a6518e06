CREATE TABLE tenants (id integer PRIMARY KEY, code text NOT NULL, CONSTRAINT tenants_code UNIQUE (code));
CREATE TABLE users (id integer NOT NULL, tenant integer NOT NULL REFERENCES tenants, email text NOT NULL, CONSTRAINT users_email UNIQUE (tenant, email), CONSTRAINT users_pkey PRIMARY KEY (tenant, id), CONSTRAINT users_id UNIQUE (id));
CREATE TABLE posts (id integer PRIMARY KEY, tenant integer, author integer, author_email text, FOREIGN KEY (tenant, author) REFERENCES users ON DELETE CASCADE, FOREIGN KEY (tenant, author_email) REFERENCES users (tenant, email));
CREATE TABLE likes (post integer REFERENCES posts, who integer REFERENCES users (id), PRIMARY KEY (who, post));
CREATE VIEW counted AS SELECT u.tenant, u.id, u.email, count(p.id) AS n FROM users u LEFT JOIN posts p ON p.author = u.id GROUP BY u.tenant, u.id;
CREATE FUNCTION top() RETURNS SETOF counted LANGUAGE sql AS $$ SELECT * FROM counted ORDER BY n DESC $$; COMMENT ON CONSTRAINT users_pkey ON users IS 'both';
ALTER TABLE users CLUSTER ON users_id; ALTER TABLE users REPLICA IDENTITY USING INDEX users_id;
