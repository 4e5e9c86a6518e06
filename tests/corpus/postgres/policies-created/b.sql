CREATE TABLE t (id integer PRIMARY KEY, owner text, active boolean); CREATE TABLE "odd ""t" ("odd ""c" integer);
ALTER TABLE t ENABLE ROW LEVEL SECURITY; ALTER TABLE t FORCE ROW LEVEL SECURITY;
CREATE POLICY everyone ON t; CREATE POLICY own ON t USING (owner = current_user) WITH CHECK (owner = current_user);
CREATE POLICY narrow ON t AS RESTRICTIVE FOR SELECT TO pg_monitor, postgres USING (active);
CREATE POLICY adding ON t FOR INSERT TO postgres WITH CHECK (owner <> '' OR true);
CREATE POLICY removing ON t FOR DELETE USING (EXISTS (SELECT 1 FROM "odd ""t" o WHERE o."odd ""c" = t.id));
CREATE POLICY changing ON t FOR UPDATE TO CURRENT_USER USING (id > 1) WITH CHECK (id > 2);
CREATE POLICY "odd ""p" ON "odd ""t" USING ("odd ""c" > 0); COMMENT ON POLICY "odd ""p" ON "odd ""t" IS 'it''s odd'; COMMENT ON POLICY own ON t IS 'own rows';
CREATE TABLE n (a integer); CREATE POLICY p ON n USING (a = 1);
