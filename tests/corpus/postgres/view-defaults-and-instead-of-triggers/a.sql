CREATE TABLE accounts (id integer PRIMARY KEY, login text NOT NULL, closed boolean NOT NULL DEFAULT false);
CREATE FUNCTION write_account() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
  IF tg_op = 'INSERT' THEN INSERT INTO accounts VALUES (NEW.id, NEW.login); RETURN NEW; END IF;
  IF tg_op = 'DELETE' THEN UPDATE accounts SET closed = true WHERE id = OLD.id; RETURN OLD; END IF;
  UPDATE accounts SET login = NEW.login WHERE id = OLD.id; RETURN NEW; END $$;
CREATE VIEW active_accounts AS SELECT id, login FROM accounts WHERE NOT closed;
ALTER VIEW active_accounts ALTER COLUMN login SET DEFAULT 'nobody';
CREATE TRIGGER write INSTEAD OF INSERT OR UPDATE OR DELETE ON active_accounts FOR EACH ROW EXECUTE FUNCTION write_account();
COMMENT ON TRIGGER write ON active_accounts IS 'soft deletes';
CREATE TRIGGER stmt AFTER INSERT ON active_accounts FOR EACH STATEMENT EXECUTE FUNCTION write_account();
CREATE RULE keep AS ON DELETE TO active_accounts WHERE old.id = 1 DO ALSO NOTHING;
COMMENT ON RULE keep ON active_accounts IS 'the first stays';
