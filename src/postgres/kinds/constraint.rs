//! The source of constraints on tables, each handed to its kind.

use schema_sync_store::ObjectId;
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class};
use super::{check, exclusion, foreign_key, key, not_null, unmodelled};

pub(in super::super) const SOURCE: Source = Source { name: "constraint", body, read };

fn body(server: &Server) -> String {
    let set_columns = if server.version >= 150_000 { "k.confdelsetcols" } else { "NULL::int2[]" };
    let (enforced, period) =
        if server.version >= 180_000 { ("k.conenforced", "k.conperiod") } else { ("true", "false") };
    format!(
        "SELECT k.oid, k.conrelid, k.conname::text, k.contype::text, k.condeferrable, k.condeferred, k.convalidated, \
         k.conislocal, k.connoinherit, k.conindid, k.conparentid, k.conkey, k.confrelid, k.confkey, \
         k.confupdtype::text, k.confdeltype::text, k.confmatchtype::text, {set_columns}, \
         CASE WHEN k.contype = 'f' THEN k.confrelid::regclass::text END, \
         CASE WHEN k.contype = 'f' AND NOT EXISTS (SELECT FROM pg_class r WHERE r.oid = k.confrelid AND r.relnamespace = t.ns) \
           THEN (SELECT array_agg(a.attname::text ORDER BY u.place) FROM unnest(k.confkey) WITH ORDINALITY u (number, place) \
                 JOIN pg_attribute a ON a.attrelid = k.confrelid AND a.attnum = u.number) END, \
         CASE WHEN k.contype = 'x' THEN pg_get_constraintdef(k.oid) \
              WHEN k.conbin IS NOT NULL THEN pg_get_expr(k.conbin, k.conrelid) END, {enforced}, {period} \
         FROM pg_depend d JOIN pg_constraint k ON k.conrelid = d.objid \
         WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1259"
    )
}

/// A row of this source, as all its kinds need it.
pub(super) struct ConstraintRow<'a> {
    pub(super) cells: &'a Cells<'a>,
    pub(super) oid: u32,
    pub(super) table: ObjectId,
    pub(super) name: SmolStr,
    pub(super) columns: Vec<SmolStr>,
    /// The addresses of its columns.
    pub(super) column_addresses: Vec<(u32, u32, i32)>,
    pub(super) deferrable: bool,
    pub(super) initially_deferred: bool,
    pub(super) not_valid: bool,
    /// It is there to be read, and rows need not satisfy it (PostgreSQL 18).
    pub(super) not_enforced: bool,
    /// The last column of a key must not overlap, and that of a foreign key is covered (PostgreSQL 18).
    pub(super) is_temporal: bool,
    pub(super) index_oid: u32,
}

impl ConstraintRow<'_> {
    /// The constraint as an object's identity.
    pub(super) fn id(&self, kind: &str) -> ObjectId {
        self.table.sibling(kind, [self.table.name[0].clone(), self.name.clone()])
    }
}

fn read(cells: &Cells<'_>, namespace: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let (oid, relation_oid): (u32, u32) = (cells.get(1)?, cells.get(2)?);
    let Some(relation) = reading.relations.get(&relation_oid) else { return Ok(()) };
    let parent: u32 = cells.get(11)?;
    let (contype, is_local): (&str, bool) = (cells.get(4)?, cells.get(8)?);
    // What a parent table gives to its children is told by the parent's constraint.
    let is_implied = (contype == "f" && parent != 0) || (contype == "c" && !is_local);
    if is_implied || contype == "t" {
        return Ok(());
    }
    let (is_enforced, is_temporal): (bool, bool) = (cells.get(22)?, cells.get(23)?);
    let numbers: Vec<i16> = cells.get::<Option<Vec<i16>>>(12)?.unwrap_or_default();
    let name_of = |number: &i16| relation.columns.get(number).map(|column| column.name.clone());
    let row = ConstraintRow {
        cells,
        oid,
        table: relation.id.clone(),
        name: SmolStr::new(cells.get::<&str>(3)?),
        columns: numbers.iter().filter_map(name_of).collect(),
        column_addresses: numbers.iter().map(|number| (class::RELATION, relation_oid, i32::from(*number))).collect(),
        deferrable: cells.get(5)?,
        initially_deferred: cells.get(6)?,
        // What is not enforced is never valid.
        not_valid: is_enforced && !cells.get::<bool>(7)?,
        not_enforced: !is_enforced,
        is_temporal,
        index_oid: cells.get(10)?,
    };
    if contype == "n" {
        return not_null::read(&row, reading);
    }
    let address = (class::CONSTRAINT, oid, 0);
    let object = match contype {
        "p" => key::read(&row, "primary_key", reading)?,
        "u" => key::read(&row, "unique", reading)?,
        "c" => check::read(&row)?,
        "f" => foreign_key::read(&row, reading)?,
        "x" => exclusion::read(&row, reading)?,
        other => unmodelled::object(&format!("constraint of type {other}"), namespace, row.name.clone()),
    };
    reading.add(address, object);
    if row.index_oid != 0 && contype != "f" {
        reading.alias((class::RELATION, row.index_oid, 0), address);
    }
    let table_address = (class::RELATION, relation_oid, 0);
    reading.need(address, table_address);
    for column in row.column_addresses {
        reading.need(address, column);
    }
    Ok(())
}
