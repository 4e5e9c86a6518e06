CREATE TABLE readings (id bigint PRIMARY KEY, at timestamptz NOT NULL, value double precision, note varchar(30));
CREATE VIEW daily AS SELECT at::date AS day, count(*)::integer AS n, sum(value)::numeric AS total, max(note)::text AS note FROM readings GROUP BY at::date;
COMMENT ON COLUMN daily.n IS 'how many';
CREATE VIEW weekly AS SELECT date_trunc('week', day) AS week, sum(n) AS n, sum(total) AS total FROM daily GROUP BY 1;
CREATE MATERIALIZED VIEW monthly AS SELECT date_trunc('month', day) AS month, sum(n) AS n FROM daily GROUP BY 1 WITH NO DATA;
COMMENT ON COLUMN monthly.n IS 'in a month';
