CREATE TABLE reading (low int, high int, unit varchar(8), code char(3), share numeric);
CREATE TABLE note (status varchar(8), words varchar(8)[]);
CREATE TABLE calendar (day int, hour int) PARTITION BY LIST ((hour BETWEEN 0 AND 12 AND day >= 0));
CREATE TABLE calendar_morning PARTITION OF calendar FOR VALUES IN (true);
CREATE VIEW waits AS SELECT low FROM reading WHERE unit IN ('m', 'cm') AND low > 1;
CREATE DOMAIN small AS int CHECK (VALUE BETWEEN 1 AND 9 AND VALUE <> 5);
CREATE TABLE kept (n small, s varchar(4) CHECK (s IN ('a', 'b')), CHECK (n BETWEEN 1 AND 7 AND s <> 'x'));
