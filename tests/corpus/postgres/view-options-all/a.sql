CREATE TABLE docs (id integer PRIMARY KEY, owner text, body text, secret boolean DEFAULT false);
CREATE VIEW plain AS SELECT id, owner, body FROM docs WHERE NOT secret;
CREATE VIEW barrier WITH (security_barrier) AS SELECT id, body FROM docs WHERE NOT secret;
CREATE VIEW barrier_off WITH (security_barrier = false) AS SELECT id, body FROM docs;
CREATE VIEW cascaded WITH (security_barrier = true) AS SELECT id, owner FROM docs WHERE id > 0 WITH CASCADED CHECK OPTION;
CREATE VIEW local_one AS SELECT id, owner FROM docs WHERE id > 1 WITH LOCAL CHECK OPTION;
CREATE VIEW none AS SELECT id FROM docs WHERE id > 2;
COMMENT ON VIEW cascaded IS 'checked';
CREATE VIEW above AS SELECT id FROM cascaded;
