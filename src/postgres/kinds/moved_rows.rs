//! Rows that belong to another partition once a table is attached: those of the default partition, and those of the table
//! itself under its new bound. Whether there are such rows is known only when the server finds one: then they wait in a
//! temporary table, and come back through the partitioned table once all partitions are there.

use schema_sync_store::{Object, ObjectId, SnapshotHash};
use serde_json::Value;

use super::super::quote::{dollar_quoted, identifier, last_part, literal, outer_name};
use super::{lineage, remade_table};
use crate::kind::Sides;
use crate::plan::{Fold, HazardKind, MigrationStep};

/// The steps that attach a partition by this one, whatever rows there are.
pub(super) fn attach(id: &ObjectId, mut step: MigrationStep, sides: &Sides<'_>) -> Vec<MigrationStep> {
    let through = lineage::ancestors(id, sides.to).into_iter().next_back().unwrap_or_else(|| id.clone());
    let own = Emptied::of(id, &through, sides);
    let default = default_beside(id, sides).and_then(|default| Emptied::of(default, &through, sides));
    if own.is_none() && default.is_none() {
        return vec![step];
    }
    let statement = step.statements.pop().unwrap_or_default();
    step.statements.push(attempt(&statement, own.as_ref(), default.as_ref()));
    let detail =
        "where it, or the default partition, has rows that belong to another one, all its rows are written again";
    vec![step.hazard(HazardKind::TableRewrite, detail), refill(id, &through, sides)]
}

/// The step that brings back the rows of all partitions below a table, as they were: no trigger fires.
fn refill(id: &ObjectId, through: &ObjectId, sides: &Sides<'_>) -> MigrationStep {
    let into = outer_name(through);
    let found = format!(
        "SELECT c.oid FROM pg_catalog.pg_class c WHERE c.relnamespace = pg_catalog.pg_my_temp_schema() \
         AND pg_catalog.starts_with(c.relname, {})",
        literal(&format!("{}_", place_of(through)))
    );
    let body = format!(
        "DECLARE off text[]; again text[]; command text; place regclass; list text; BEGIN \
         IF NOT EXISTS ({found}) THEN RETURN; END IF; SET LOCAL row_security = off; \
         SELECT pg_catalog.array_agg(pg_catalog.format('ALTER TABLE ONLY %s DISABLE TRIGGER %I', t.relid, g.tgname)), \
         pg_catalog.array_agg(pg_catalog.format('ALTER TABLE ONLY %s ENABLE %s TRIGGER %I', t.relid, \
         CASE g.tgenabled WHEN 'A' THEN 'ALWAYS' WHEN 'R' THEN 'REPLICA' ELSE '' END, g.tgname)) INTO off, again \
         FROM pg_catalog.pg_partition_tree({}) t JOIN pg_catalog.pg_trigger g ON g.tgrelid = t.relid \
         WHERE g.tgenabled <> 'D' AND (NOT g.tgisinternal OR (g.tgparentid <> 0 AND g.tgconstraint = 0)); \
         FOREACH command IN ARRAY coalesce(off, '{{}}') LOOP EXECUTE command; END LOOP; \
         FOR place, list IN SELECT f.oid, pg_catalog.string_agg(pg_catalog.quote_ident(a.attname), ', ') FROM ({found}) f \
         JOIN pg_catalog.pg_attribute a ON a.attrelid = f.oid AND a.attnum > 0 GROUP BY f.oid LOOP \
         EXECUTE pg_catalog.format({}, list, place); END LOOP; SET CONSTRAINTS ALL IMMEDIATE; \
         FOREACH command IN ARRAY coalesce(again, '{{}}') LOOP EXECUTE command; END LOOP; END",
        literal(&into),
        literal(&format!(
            "INSERT INTO {} (%1$s) OVERRIDING SYSTEM VALUE SELECT %1$s FROM %2$s",
            into.replace('%', "%%")
        )),
    );
    let step = MigrationStep::alter(id, format!("DO {}", dollar_quoted(&body)));
    // It waits for the tables, and they do not for it.
    let attachments = remade_table::all_attachments(through, sides);
    let tables: Vec<ObjectId> = attachments.iter().map(|moment| moment.sibling("table", moment.name.clone())).collect();
    let mut step = step.after(tables).after(attachments);
    // Once for all that are attached.
    step.fold = Fold::Once(format!("rows of {into} are back"));
    step
}

/// What the names of the tables begin with in which rows of a partitioned table wait.
fn place_of(through: &ObjectId) -> String {
    format!("schema_sync_elsewhere_{}", hash_of(through))
}

fn hash_of(table: &ObjectId) -> String {
    let hash = SnapshotHash::of(outer_name(table).as_bytes()).to_string();
    hash.get(..16).unwrap_or_default().to_owned()
}

/// The default partition of the same table, where it is there before.
fn default_beside<'a>(id: &ObjectId, sides: &Sides<'a>) -> Option<&'a ObjectId> {
    let parent = |table: &Object| table.needs.iter().find(|need| need.kind == "table").cloned();
    let own = sides.to.get(id).and_then(parent)?;
    let is_default = |table: &&Object| {
        let bound = table.attribute("partition_of").and_then(|partition| partition.get("bound"));
        table.id != *id && bound.and_then(Value::as_str) == Some("DEFAULT") && parent(table).as_ref() == Some(&own)
    };
    sides.to.of_kind("table").find(is_default).map(|table| &table.id).filter(|id| sides.from.get(id).is_some())
}

/// A table whose rows may have to wait.
struct Emptied {
    name: String,
    own_name: String,
    columns: String,
    /// Where they wait.
    rows: String,
}

impl Emptied {
    /// `None` for rows that are elsewhere, and for tables without columns.
    fn of(id: &ObjectId, through: &ObjectId, sides: &Sides<'_>) -> Option<Self> {
        let is_here = |table: Option<&Object>| table.is_some_and(|table| table.attribute("foreign").is_none());
        if !is_here(sides.from.get(id)) || !is_here(sides.to.get(id)) {
            return None;
        }
        let columns = sides.to.parts("column", id).filter(|column| column.attribute("generated").is_none());
        let columns: Vec<String> = columns.map(|column| identifier(last_part(&column.id))).collect();
        let rows = format!("pg_temp.{}_{}", place_of(through), hash_of(id));
        let own_name = last_part(id).to_owned();
        (!columns.is_empty()).then(|| Self { name: outer_name(id), own_name, columns: columns.join(", "), rows })
    }

    fn empty(&self) -> String {
        let Self { name, columns, rows, .. } = self;
        format!(
            "SET LOCAL row_security = off; CREATE TEMPORARY TABLE {rows} ON COMMIT DROP AS SELECT {columns} FROM {name}; \
             TRUNCATE {name};"
        )
    }

    fn is_unmoved(&self) -> String {
        format!("pg_catalog.to_regclass({}) IS NULL", literal(&self.rows))
    }
}

/// The statement that attaches, and empties one table after the other where rows are in the way.
fn attempt(statement: &str, own: Option<&Emptied>, default: Option<&Emptied>) -> String {
    let branch = |condition: &str, emptied: &Emptied| {
        format!("IF {condition}{} THEN {} ELS", emptied.is_unmoved(), emptied.empty())
    };
    let not_own = own.map_or_else(String::new, |own| format!("violated <> {} AND ", literal(&own.own_name)));
    let branches: String = [
        default.map(|default| branch(&not_own, default)),
        own.map(|own| branch("", own)),
        default.map(|default| branch("", default)),
    ]
    .into_iter()
    .flatten()
    .collect();
    let body = format!(
        "DECLARE violated text; BEGIN LOOP BEGIN {statement}; EXIT; EXCEPTION WHEN check_violation THEN \
         GET STACKED DIAGNOSTICS violated = TABLE_NAME; {branches}E RAISE; END IF; END; END LOOP; END"
    );
    format!("DO {}", dollar_quoted(&body))
}
