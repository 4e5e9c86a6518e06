CREATE FUNCTION f() RETURNS int LANGUAGE sql SET search_path = "$user", public, 'Mixed, "Case"', '' AS 'SELECT 1';
CREATE FUNCTION g() RETURNS int LANGUAGE sql
    SET local_preload_libraries = 'a/b', 'c:/''a"/path', '' SET work_mem = '4MB' SET "my.Own" = 'it''s, "so"' AS 'SELECT 1';
