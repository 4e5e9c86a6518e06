//! Canonicalising, hashing, reading and comparing snapshots of a large schema: 1,000 tables × 12 columns, 4 indexes and
//! 4 constraints each. Held against the SHA-256 and the comparison of the same bytes, which nothing can go below.
#![expect(clippy::print_stdout, reason = "a bench prints what it has measured")]

#[path = "support/report.rs"]
mod report;
#[path = "support/timing.rs"]
mod timing;

use std::collections::BTreeSet;
use std::error::Error;
use std::hint::black_box;
use std::time::Duration;

use report::Report;
use schema_sync::store::{DiffCalculator, ExactDiff, Object, ObjectId, SchemaSnapshot, SnapshotError, SnapshotHash};
use serde_json::{Value, json};
use timing::median;

const ROUNDS: usize = 15;
const TABLES: usize = 1000;
const COLUMNS: usize = 12;
const PARTS: usize = 4;

fn main() -> Result<(), Box<dyn Error>> {
    let (left, right) = (snapshot(false)?, snapshot(true)?);
    let bytes = left.to_bytes();
    let same_bytes = bytes.clone();
    assert_eq!(
        ExactDiff.calculate(&left, &right).change_count(),
        TABLES / 100,
        "one column of each 100th table differs"
    );

    let digest = median(ROUNDS, || SnapshotHash::of(&bytes));
    let comparison = median(ROUNDS, || black_box(&bytes) == black_box(&same_bytes));
    let mut report = Report::new();
    let hash = median(ROUNDS, || SnapshotHash::of(&left.to_bytes()));
    report.row("canonicalise + hash", hash, ("SHA-256 of the bytes", digest), Some(Duration::from_millis(50)));
    let read = median(ROUNDS, || SchemaSnapshot::from_bytes(&bytes));
    report.row("read from its bytes", read, ("SHA-256 of the bytes", digest), None);
    let diff = median(ROUNDS, || ExactDiff.calculate(&left, &right));
    report.row(
        "diff, 1 % of tables changed",
        diff,
        ("comparing the bytes", comparison),
        Some(Duration::from_millis(10)),
    );
    println!("snapshots of {} objects, {} bytes", left.objects().len(), bytes.len());
    Ok(())
}

/// A snapshot as PostgreSQL's inspection gives it; `is_changed` widens one column of each 100th table.
fn snapshot(is_changed: bool) -> Result<SchemaSnapshot, SnapshotError> {
    let mut objects = Vec::with_capacity(TABLES * (1 + COLUMNS + 2 * PARTS));
    for table in 0..TABLES {
        let name = format!("item_{table}");
        let table_id = ObjectId::new("table", [&name]);
        let columns: Vec<String> = (0..COLUMNS).map(|column| format!("column_{column}")).collect();
        let width = if is_changed && table % 100 == 0 { 80 } else { 40 };
        objects.push(object(table_id.clone(), json!({ "columns": columns }), []));
        for (index, column) in columns.iter().enumerate() {
            let shape = json!({ "type": format!("character varying({})", if index == 0 { width } else { 40 }), "not_null": true });
            objects.push(object(ObjectId::new("column", [&name, column]), shape, [table_id.clone()]));
        }
        for (part, column) in columns.iter().enumerate().take(PARTS) {
            let column_id = ObjectId::new("column", [&name, column]);
            let index = json!({ "definition": format!("btree ({column}) WHERE ({column} IS NOT NULL)") });
            let part_name = format!("{name}_{part}");
            objects.push(object(
                ObjectId::new("index", [&name, &part_name]),
                index,
                [table_id.clone(), column_id.clone()],
            ));
            let check = json!({ "expression": format!("(length({column}) > {part})") });
            objects.push(object(ObjectId::new("check", [&name, &part_name]), check, [table_id.clone(), column_id]));
        }
    }
    SchemaSnapshot::new("postgresql", BTreeSet::new(), objects)
}

fn object<const COUNT: usize>(id: ObjectId, attributes: Value, needs: [ObjectId; COUNT]) -> Object {
    let mut object = Object::new(id);
    if let Value::Object(attributes) = attributes {
        object.attributes = attributes;
    }
    object.needs.extend(needs);
    object
}
