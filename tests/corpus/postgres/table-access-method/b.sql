CREATE ACCESS METHOD heap2 TYPE TABLE HANDLER heap_tableam_handler;
CREATE TABLE t (a integer, b integer); CREATE TABLE u (a integer) USING heap2; CREATE TABLE v (a integer) USING heap2;
CREATE MATERIALIZED VIEW m AS SELECT a FROM v;
