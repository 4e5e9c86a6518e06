CREATE TABLE left_side (id integer PRIMARY KEY, a text, c integer);
CREATE TABLE right_side (id integer PRIMARY KEY, b varchar(10), d integer);
CREATE VIEW joined AS SELECT * FROM left_side JOIN right_side USING (id);
CREATE VIEW natural_one AS SELECT * FROM left_side NATURAL LEFT JOIN right_side;
CREATE VIEW outer_one AS SELECT id, j.a FROM joined j FULL JOIN natural_one n USING (id);
CREATE VIEW sub AS SELECT * FROM (SELECT * FROM left_side) s;
