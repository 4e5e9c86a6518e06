CREATE DOMAIN list AS integer[];
CREATE TABLE t (id integer, l list, m list[]);
