//! One schema has one hash, however it was written and whichever way it came about.

use schema_sync::adapter::DatabaseAdapter;
use schema_sync::sqlite::SqliteAdapter;
use schema_sync_store::SchemaSnapshot;

use crate::sqlite_support::{Outcome, runtime};

fn load(sql: &str) -> Outcome<SchemaSnapshot> {
    Ok(runtime()?.block_on(SqliteAdapter::new("x", &[])?.inspect_sql(sql, "test.sql"))?)
}

fn check(one: &str, other: &str, is_same: bool) -> Outcome {
    let (one_snapshot, other_snapshot) = (load(one)?, load(other)?);
    let text = |snapshot: &SchemaSnapshot| String::from_utf8_lossy(&snapshot.to_bytes()).into_owned();
    assert_eq!(
        one_snapshot.hash() == other_snapshot.hash(),
        is_same,
        "{one}\n{other}\n{}\n{}",
        text(&one_snapshot),
        text(&other_snapshot)
    );
    Ok(())
}

#[test]
fn comments_spaces_quotes_and_case_mean_nothing() -> Outcome {
    check(
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT DEFAULT 'x' NOT NULL, CHECK (b <> '' AND a > 0))",
        "create table \"t\"( -- one\n [a] integer primary key,`b` text not null default 'x' check( b<>''and /*two*/ a>0 ) ) ",
        true,
    )?;
    check(
        "CREATE TABLE t (a);\nCREATE TRIGGER x AFTER INSERT ON t BEGIN SELECT 1; END",
        "CREATE TABLE t (a);\nCREATE TRIGGER \"x\" after insert on [t] for each row begin\n  select 1 ; -- two\nEND",
        true,
    )?;
    check(
        "CREATE TABLE t (a, b); CREATE INDEX i ON t(b,a)",
        "CREATE TABLE t (a, b); CREATE INDEX i ON T (B, \"A\" ASC)",
        true,
    )?;
    check(
        "CREATE TABLE t (a); CREATE VIEW v AS SELECT a FROM t",
        "CREATE TABLE t (a); CREATE VIEW v AS\n  SELECT a\n  FROM t",
        true,
    )
}

#[test]
fn a_column_added_later_is_a_column() -> Outcome {
    check(
        "CREATE TABLE t (a INT, CHECK (a > 0)); ALTER TABLE t ADD COLUMN b TEXT REFERENCES t (a)",
        "CREATE TABLE t (a INT CHECK (a > 0), b TEXT, FOREIGN KEY (b) REFERENCES t (a))",
        true,
    )
}

#[test]
fn what_means_something_else_has_another_hash() -> Outcome {
    for (one, other) in [
        ("CREATE TABLE t (a INTEGER PRIMARY KEY)", "CREATE TABLE t (a INTEGER PRIMARY KEY DESC)"),
        ("CREATE TABLE t (a INTEGER PRIMARY KEY)", "CREATE TABLE t (a INTEGER PRIMARY KEY AUTOINCREMENT)"),
        ("CREATE TABLE t (a INT PRIMARY KEY)", "CREATE TABLE t (a INTEGER PRIMARY KEY)"),
        ("CREATE TABLE t (a UNIQUE)", "CREATE TABLE t (a UNIQUE ON CONFLICT IGNORE)"),
        ("CREATE TABLE t (a DEFAULT 'A')", "CREATE TABLE t (a DEFAULT 'a')"),
        ("CREATE TABLE t (a CHECK (a = 'A'))", "CREATE TABLE t (a CHECK (a = 'a'))"),
        ("CREATE TABLE t (a REFERENCES t)", "CREATE TABLE t (a REFERENCES t DEFERRABLE INITIALLY DEFERRED)"),
        (
            "CREATE TABLE t (a); CREATE VIEW v AS SELECT a+1 FROM t",
            "CREATE TABLE t (a); CREATE VIEW v AS SELECT a + 1 FROM t",
        ),
    ] {
        check(one, other, false)?;
    }
    Ok(())
}
