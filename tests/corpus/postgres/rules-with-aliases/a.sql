CREATE TABLE t (id integer, a integer);
CREATE TABLE log (id integer, a integer, note text);
CREATE RULE changed AS ON UPDATE TO t DO ALSO UPDATE log AS x SET a = new.a WHERE x.id = old.id;
CREATE RULE gone AS ON DELETE TO t DO ALSO DELETE FROM ONLY log "X y" USING t u WHERE "X y".id = old.id AND u.id = old.a;
CREATE RULE made AS ON INSERT TO t DO ALSO WITH w AS (UPDATE log AS set SET note = 'UPDATE log x' WHERE set.id = 1 RETURNING set.id) INSERT INTO log AS l SELECT id, new.a FROM w;
CREATE FUNCTION f() RETURNS void BEGIN ATOMIC UPDATE log AS x SET a = 1 WHERE x.id = 2; DELETE FROM log x WHERE x.a = 1; INSERT INTO log AS x (id) VALUES (1); END;
