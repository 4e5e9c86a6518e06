CREATE DOMAIN list AS bigint[];
CREATE TABLE t (id integer, l list, m list[]);
