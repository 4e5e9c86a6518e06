INSERT INTO raw.events VALUES (1, 'click', '{"user":"a"}', '2020-01-01Z'), (2, 'view', '{"user":"b"}', '2020-01-02Z');
REFRESH MATERIALIZED VIEW mart.top;
