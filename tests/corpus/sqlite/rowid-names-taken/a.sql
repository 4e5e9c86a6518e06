CREATE TABLE t (rowid TEXT, a INT);
CREATE TABLE u (rowid TEXT, oid TEXT, _rowid_ TEXT, a INT);
