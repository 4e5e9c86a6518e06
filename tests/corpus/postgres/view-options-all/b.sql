CREATE TABLE docs (id integer PRIMARY KEY, owner text, body text, secret boolean DEFAULT false);
CREATE VIEW plain WITH (security_barrier = true, check_option = local) AS SELECT id, owner, body FROM docs WHERE NOT secret;
CREATE VIEW barrier AS SELECT id, body FROM docs WHERE NOT secret;
CREATE VIEW barrier_off WITH (security_barrier = true) AS SELECT id, body FROM docs;
CREATE VIEW cascaded AS SELECT id, owner FROM docs WHERE id > 0 WITH LOCAL CHECK OPTION;
CREATE VIEW local_one WITH (security_barrier) AS SELECT id, owner FROM docs WHERE id > 1 AND owner <> '' WITH CASCADED CHECK OPTION;
CREATE VIEW none AS SELECT id FROM docs WHERE id > 2 WITH CHECK OPTION;
COMMENT ON VIEW cascaded IS 'checked';
CREATE VIEW above AS SELECT id FROM cascaded;
