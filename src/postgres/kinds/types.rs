//! The source of types that are not a relation's: enums, domains, composite types and base types, each handed to its kind.

use schema_sync_store::ObjectId;
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class};
use super::{base_type, composite_type, domain, enumeration, unmodelled};

pub(in super::super) const SOURCE: Source = Source { name: "type", body, read };

/// Row types of tables and array types are no entries of their namespace, so that they do not come here.
fn body(_: &Server) -> String {
    format!(
        "SELECT y.oid, y.typname::text, y.typtype::text, y.typarray, \
     CASE WHEN y.typtype = 'e' THEN \
       (SELECT array_agg(e.enumlabel::text ORDER BY e.enumsortorder) FROM pg_enum e WHERE e.enumtypid = y.oid) END, \
     CASE WHEN y.typtype = 'd' THEN format_type(y.typbasetype, y.typtypmod) END, y.typnotnull, \
     CASE WHEN y.typtype = 'd' THEN pg_get_expr(y.typdefaultbin, 0) END, \
     CASE WHEN y.typtype = 'd' AND y.typcollation <> 0 THEN (SELECT y.typcollation::regcollation::text FROM pg_type b \
       WHERE b.oid = y.typbasetype AND b.typcollation <> y.typcollation) END, \
     CASE WHEN y.typtype = 'd' THEN (SELECT array_agg(k.conname::text ORDER BY k.conname) \
       FROM pg_constraint k WHERE k.contypid = y.oid AND k.contype = 'c') END, \
     CASE WHEN y.typtype = 'd' THEN (SELECT array_agg(pg_get_constraintdef(k.oid) ORDER BY k.conname) \
       FROM pg_constraint k WHERE k.contypid = y.oid AND k.contype = 'c') END, \
     CASE WHEN y.typtype = 'd' THEN (SELECT array_agg(k.oid ORDER BY k.conname) \
       FROM pg_constraint k WHERE k.contypid = y.oid) END, \
     y.typrelid, \
     CASE WHEN y.typtype = 'c' THEN (SELECT array_agg(a.attname::text ORDER BY a.attnum) \
       FROM pg_attribute a WHERE a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END, \
     CASE WHEN y.typtype = 'c' THEN (SELECT array_agg(format_type(a.atttypid, a.atttypmod) || CASE WHEN a.attcollation <> 0 \
         AND a.attcollation <> (SELECT p.typcollation FROM pg_type p WHERE p.oid = a.atttypid) THEN ' COLLATE ' || a.attcollation::regcollation::text ELSE '' END ORDER BY a.attnum) \
       FROM pg_attribute a WHERE a.attrelid = y.typrelid AND a.attnum > 0 AND NOT a.attisdropped) END, \
     CASE WHEN y.typtype = 'c' THEN (SELECT c.relkind::text FROM pg_class c WHERE c.oid = y.typrelid) END, \
     NOT pg_type_is_visible(y.oid), \
     CASE WHEN y.typtype = 'd' AND y.typnotnull THEN (SELECT k.conname::text \
       FROM pg_constraint k WHERE k.contypid = y.oid AND k.contype = 'n') END, {} \
     FROM pg_depend d JOIN pg_type y ON y.oid = d.objid \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1247 \
     AND y.typnamespace = t.ns",
        base_type::select()
    )
}

fn read(cells: &Cells<'_>, namespace: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let oid: u32 = cells.get(1)?;
    let relation_kind: Option<&str> = cells.get(16)?;
    let is_row_type = relation_kind.is_some_and(|kind| kind != "c");
    if reading.is_extension_member(class::TYPE, oid) || is_row_type {
        return Ok(());
    }
    let name = SmolStr::new(cells.get::<&str>(2)?);
    let id = |kind: &str| ObjectId::new(kind, [name.clone()]).in_schema(namespace.schema.clone());
    let address = (class::TYPE, oid, 0);
    let mut object = match cells.get::<&str>(3)? {
        "e" => enumeration::read(cells, id("enum"))?,
        "d" => domain::read(cells, id("domain"))?,
        "c" => composite_type::read(cells, id("composite_type"))?,
        // A range comes from a source of its own, and a multirange is told by its range.
        "m" | "r" => return Ok(()),
        "b" | "p" => base_type::read(cells, id("base_type"))?,
        _ => unmodelled::object("type", namespace, name.clone()),
    };
    if namespace.schema.is_none() && object.id.kind != "unmodelled" && cells.get(17)? {
        object.attributes.insert(super::SHADOWED.to_owned(), true.into());
    }
    reading.add(address, object);
    reading.alias((class::TYPE, cells.get(4)?, 0), address);
    let relation: u32 = cells.get(13)?;
    if relation != 0 {
        reading.alias((class::RELATION, relation, 0), address);
    }
    for constraint in cells.get::<Option<Vec<u32>>>(12)?.unwrap_or_default() {
        reading.alias((class::CONSTRAINT, constraint, 0), address);
    }
    Ok(())
}
