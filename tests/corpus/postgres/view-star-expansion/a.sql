CREATE TABLE left_side (id integer PRIMARY KEY, a text);
CREATE TABLE right_side (id integer PRIMARY KEY, b text);
CREATE VIEW joined AS SELECT * FROM left_side JOIN right_side USING (id);
CREATE VIEW natural_one AS SELECT * FROM left_side NATURAL LEFT JOIN right_side;
CREATE VIEW outer_one AS SELECT id, j.b FROM joined j FULL JOIN natural_one n USING (id);
CREATE VIEW sub AS SELECT * FROM (SELECT * FROM left_side) s;
