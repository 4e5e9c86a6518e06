//! The source of everything in `pg_class`: tables, sequences and views, each handed to its kind.

use std::collections::HashMap;

use schema_sync_store::ObjectId;
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Relation, Server, Source, class};
use super::{foreign_table, sequence, table_rows, unmodelled, view};

pub(in super::super) const SOURCE: Source = Source { name: "relation", body, read };

fn body(server: &Server) -> String {
    // Before PostgreSQL 15, sequences are logged whatever their tables are.
    let is_logged_otherwise = if server.version >= 150_000 {
        "coalesce(s.deptype = 'i' AND (SELECT o.relpersistence <> c.relpersistence FROM pg_class o WHERE o.oid = s.refobjid), false)"
    } else {
        "false"
    };
    // Servers before 16 give names of their own to relations of views that are called `old` or `new`.
    let query = if server.version < 160_000 {
        "(SELECT ARRAY[q.text, CASE WHEN q.text ~ '\\m(old|new)_[0-9]' THEN (SELECT r.ev_action::text FROM pg_rewrite r \
          WHERE r.ev_class = c.oid AND r.rulename = '_RETURN') ELSE '' END] \
          FROM (SELECT pg_get_viewdef(c.oid) AS text OFFSET 0) q)"
    } else {
        "ARRAY[pg_get_viewdef(c.oid)]"
    };
    format!(
        "SELECT c.oid, c.relname::text, c.relkind::text, c.relpersistence::text, c.reltype, \
     c.reloptions, c.relrowsecurity, c.relforcerowsecurity, c.relreplident::text, \
     CASE WHEN c.relam NOT IN (0, 2) OR c.relam <> 0 AND c.relkind = 'p' THEN (SELECT a.amname::text FROM pg_am a WHERE a.oid = c.relam) END, \
     CASE WHEN c.reltablespace <> 0 THEN (SELECT s.spcname::text FROM pg_tablespace s WHERE s.oid = c.reltablespace) END, \
     CASE WHEN c.reloftype <> 0 THEN format_type(c.reloftype, NULL) END, \
     CASE WHEN c.relispartition THEN pg_get_expr(c.relpartbound, c.oid) END, \
     CASE WHEN c.relkind = 'p' THEN pg_get_partkeydef(c.oid) END, \
     CASE WHEN c.reltoastrelid <> 0 THEN (SELECT o.reloptions FROM pg_class o WHERE o.oid = c.reltoastrelid) END, \
     h.parents, h.parents::regclass[]::text[], \
     CASE WHEN c.relkind IN ('v', 'm') THEN {query} END, \
     format_type(s.seqtypid, NULL), s.seqstart, s.seqincrement, s.seqmax, s.seqmin, s.seqcache, s.seqcycle, \
     s.refobjid, s.refobjsubid, s.deptype::text, \
     CASE WHEN s.deptype = 'a' THEN s.refobjid::regclass::text || '.' || (SELECT quote_ident(a.attname) \
       FROM pg_attribute a WHERE a.attrelid = s.refobjid AND a.attnum = s.refobjsubid) END, {}, {is_logged_otherwise} \
     FROM pg_depend d JOIN pg_class c ON c.oid = d.objid \
     LEFT JOIN LATERAL (SELECT s.*, o.refobjid, o.refobjsubid, o.deptype FROM pg_sequence s \
       LEFT JOIN pg_depend o ON o.classid = 1259 AND o.objid = s.seqrelid AND o.objsubid = 0 \
         AND o.refclassid = 1259 AND o.deptype IN ('a', 'i') \
       WHERE c.relkind = 'S' AND s.seqrelid = c.oid OFFSET 0) s ON true \
     LEFT JOIN LATERAL (SELECT array_agg(i.inhparent ORDER BY i.inhseqno) AS parents FROM pg_inherits i \
       WHERE i.inhrelid = c.oid AND c.relkind IN ('r', 'p', 'f') GROUP BY i.inhrelid OFFSET 0) h ON true \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1259 \
     AND c.relnamespace = t.ns",
        foreign_table::select()
    )
}

/// A row of this source, as far as several kinds need it.
pub(super) struct RelationRow {
    pub(super) oid: u32,
    pub(super) id: ObjectId,
    pub(super) unlogged: bool,
    pub(super) options: Vec<String>,
}

fn read(cells: &Cells<'_>, namespace: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let oid: u32 = cells.get(1)?;
    let relkind: &str = cells.get(3)?;
    let persistence: &str = cells.get(4)?;
    if persistence == "t" || reading.is_extension_member(class::RELATION, oid) {
        return Ok(());
    }
    let name = SmolStr::new(cells.get::<&str>(2)?);
    let kind = match relkind {
        "r" | "p" | "f" => "table",
        "S" => "sequence",
        "v" => "view",
        "m" => "materialized_view",
        // Indexes and composite types come from sources of their own.
        "i" | "I" | "c" | "t" => return Ok(()),
        _ => {
            reading.add((class::RELATION, oid, 0), unmodelled::object("relation", namespace, name));
            return Ok(());
        }
    };
    let mut options: Vec<String> = cells.get::<Option<Vec<String>>>(6)?.unwrap_or_default();
    let toast: Vec<String> = cells.get::<Option<Vec<String>>>(15)?.unwrap_or_default();
    options.extend(toast.into_iter().map(|option| format!("toast.{option}")));
    options.sort_unstable();
    let id = ObjectId::new(kind, [name]).in_schema(namespace.schema.clone());
    let row = RelationRow { oid, id, unlogged: persistence == "u", options };
    let object = match kind {
        "sequence" => match sequence::read(cells, &row, reading)? {
            Some(object) => object,
            None => return Ok(()),
        },
        "table" => table_rows::read(cells, &row)?,
        _ => view::read(cells, &row)?,
    };
    let parents: Vec<u32> = cells.get::<Option<Vec<u32>>>(16)?.unwrap_or_default();
    let address = (class::RELATION, oid, 0);
    reading.add(address, object);
    reading.alias((class::TYPE, cells.get(5)?, 0), address);
    for parent in &parents {
        reading.later_need(address, (class::RELATION, *parent, 0));
    }
    reading.relations.insert(oid, Relation { id: row.id, columns: HashMap::new(), parents });
    Ok(())
}
