//! Columns as the catalogue has them.

use schema_sync_store::Object;
use serde_json::Value;
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, RelationColumn, Server, Source, class, object};
use super::column::{Attributes, Generated};
use super::identity::Identity;
use super::{foreign_table, view};

pub(in super::super) const SOURCE: Source = Source { name: "column", body, read };

fn body(server: &Server) -> String {
    let statistics = if server.version >= 170_000 { "coalesce(a.attstattarget, -1)" } else { "a.attstattarget" };
    let foreign = foreign_table::select_of_column();
    format!(
        "SELECT a.attrelid, a.attnum, a.attname::text, a.atttypid, format_type(a.atttypid, a.atttypmod), a.attnotnull, \
         a.attidentity::text, a.attgenerated::text, a.attcollation, \
         CASE WHEN a.attcollation = 0 OR (a.attcollation = 100 AND a.atttypid < 16384 AND a.atttypid <> 19) THEN NULL \
           ELSE (SELECT a.attcollation::regcollation::text FROM pg_type y \
                 WHERE y.oid = a.atttypid AND y.typcollation <> a.attcollation) END, \
         CASE WHEN (a.attlen <> -1 AND a.attstorage = 'p') \
             OR (a.attstorage = 'x' AND a.atttypid IN (17, 25, 114, 1042, 1043, 3802)) \
             OR (a.attstorage = 'm' AND a.atttypid = 1700) THEN NULL \
           ELSE (SELECT a.attstorage::text FROM pg_type y WHERE y.oid = a.atttypid AND y.typstorage <> a.attstorage) END, \
         a.attcompression::text, {statistics}::int4, a.attoptions, a.attislocal, a.attinhcount::int4, {foreign} \
         FROM pg_depend d JOIN pg_class c ON c.oid = d.objid JOIN pg_attribute a ON a.attrelid = c.oid \
         WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1259 \
         AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND a.attnum > 0 AND NOT a.attisdropped"
    )
}

fn read(cells: &Cells<'_>, _: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let (relation_oid, number): (u32, i16) = (cells.get(1)?, cells.get(2)?);
    let Some(relation) = reading.relations.get_mut(&relation_oid) else { return Ok(()) };
    let name = SmolStr::new(cells.get::<&str>(3)?);
    let (type_oid, collation) = (cells.get(4)?, cells.get(9)?);
    let generated: &str = cells.get(8)?;
    let is_generated = !generated.is_empty();
    let table = relation.id.clone();
    let printed = if table.kind == "view" {
        let collation: Option<&str> = cells.get(10)?;
        let collation = collation.map_or_else(String::new, |collation| format!(" COLLATE {collation}"));
        Some(format!("{name} {}{collation}", cells.get::<&str>(5)?))
    } else {
        None
    };
    relation.columns.insert(number, RelationColumn { name: name.clone(), type_oid, collation, is_generated, printed });
    if !matches!(table.kind.as_str(), "table" | "materialized_view") {
        return Ok(());
    }
    let identity = match cells.get::<&str>(7)? {
        "" => None,
        identity => {
            // From PostgreSQL 17 on a partition shares the sequence of its partitioned table, which tells of it.
            let found = reading.identity_sequences.remove(&(relation_oid, i32::from(number)));
            let (by_default, column_type) = (identity == "d", cells.get::<&str>(5)?);
            found.map(|found| Identity::of(by_default, found, &table, (&name, column_type)))
        }
    };
    let generated = match generated {
        "" => None,
        kind => Some(Generated { expression: String::new(), virtual_column: kind == "v" }),
    };
    // PostgreSQL 15.20 keeps an internal `pg_attver` among the options; it differs between equal databases.
    let mut options: Vec<String> = cells.get::<Option<Vec<String>>>(14)?.unwrap_or_default();
    options.retain(|option| !option.starts_with("pg_attver="));
    options.sort_unstable();
    let (foreign, left_out) = foreign_table::parse_of_column(cells.get(17)?)?;
    let attributes = Attributes {
        type_name: cells.get(5)?,
        not_null: cells.get(6)?,
        not_null_constraint: None,
        collation: cells.get(10)?,
        identity,
        generated,
        storage: cells.get::<Option<&str>>(11)?.map(storage_name),
        compression: match cells.get::<&str>(12)? {
            "p" => Some("pglz".to_owned()),
            "l" => Some("lz4".to_owned()),
            _ => None,
        },
        statistics: Some(cells.get::<i32>(13)?).filter(|target| *target >= 0),
        options,
        inherited: !cells.get::<bool>(15)?,
        foreign,
        left_out,
    };
    if table.kind == "materialized_view" {
        return view::add_column(reading, relation_oid, &name, attributes);
    }
    let id = table.sibling("column", [table.name[0].clone(), name]);
    let address = (class::RELATION, relation_oid, i32::from(number));
    reading.add(address, object(id, &attributes, [table])?);
    if let Some(sequence) = reading.identity_addresses.remove(&(relation_oid, i32::from(number))) {
        reading.alias((class::RELATION, sequence, 0), address);
    }
    Ok(())
}

fn storage_name(code: &str) -> String {
    match code {
        "p" => "PLAIN",
        "e" => "EXTERNAL",
        "m" => "MAIN",
        _ => "EXTENDED",
    }
    .to_owned()
}

/// Puts the expression of a generated column in its place; it comes from the source of defaults.
pub(super) fn set_generated(column: &mut Object, expression: String) {
    if let Some(Value::Object(generated)) = column.attributes.get_mut("generated") {
        generated.insert("expression".to_owned(), Value::String(expression));
    }
}
