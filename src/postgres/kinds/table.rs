//! Tables: ordinary, unlogged, inherited, partitioned, and partitions. Columns and constraints are kinds of their own;
//! a new table takes in those that its one statement can hold.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::is_default;
use super::super::quote::{identifier, last_part, outer_name};
use super::foreign_table::{self, Foreign};
use super::joining::{self, attach, before_joining, check_clauses, checks_of_ancestors, left_checks};
use super::{
    check, column, column_change, key, leaving, lineage, moved_index, not_null, persistence, remade_table, sequence,
    typed_table,
};
use crate::kind::{Change, Kind, Release, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

/// What goes along when a table is dropped.
const PARTS: [&str; 10] =
    ["check", "column", "default", "exclusion", "foreign_key", "index", "policy", "primary_key", "rule", "trigger"];

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Attributes {
    /// The order of its columns.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) columns: Vec<SmolStr>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) unlogged: bool,
    /// Storage parameters, `name=value`, sorted.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) options: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) access_method: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) tablespace: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) of_type: Option<String>,
    /// Its parents as the server prints them, in order.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) inherits: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) partition_by: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) partition_of: Option<Partition>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) row_security: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) force_row_security: bool,
    /// `full`, `nothing`, or `index`, which tells of itself that it is the one.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) replica_identity: Option<String>,
    /// Where it is, for a foreign table.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) foreign: Option<Foreign>,
    /// The names of its options that are secrets.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) left_out: Vec<String>,
}

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Partition {
    pub(super) parent: String,
    pub(super) bound: String,
}

pub(super) struct Table;

impl Kind for Table {
    fn name(&self) -> &'static str {
        "table"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        match change.attribute {
            "columns" | "tablespace" | "left_out" => Rule::Cosmetic,
            "partition_by" => Rule::Replace,
            "foreign" => foreign_table::rule(change),
            _ => Rule::Alter,
        }
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let (statement, makes) = definition(object, &attributes, sides)?;
        let keys = makes.iter().filter(|made| matches!(made.kind.as_str(), "primary_key" | "unique"));
        let mut marks = Vec::new();
        for key in keys.filter_map(|key| sides.to.get(key)) {
            marks.extend(key::mark_steps(key, sides)?);
        }
        let step = MigrationStep::create(&object.id, statement).making(makes);
        let namesakes = not_null::namesakes(&object.id, sides.to);
        let mut steps = vec![step.after(lineage::defaults_above(object, sides.to)).after(namesakes)];
        steps.extend(without_defaults(&object.id, sides));
        steps.extend(attributes.of_type.iter().map(|of_type| altering(&object.id, format!("OF {of_type}"))));
        steps.extend(marks);
        steps.extend(column_change::extras_of_table(&object.id, sides)?);
        if let Some(partition) = &attributes.partition_of {
            steps.push(attach(&object.id, partition, sides));
        }
        let mut filled = remade_table::refill(object, sides).into_iter();
        let back = filled.next_back();
        steps.extend(filled);
        let none = Attributes::default();
        for clause in flag_clauses(&none, &attributes) {
            steps.push(altering(&object.id, clause));
        }
        steps.extend(back);
        Ok(steps)
    }

    fn alter(
        &self,
        object: &Object,
        changes: &[Change<'_>],
        sides: &Sides<'_>,
    ) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let changes_any = |names: &[&str]| changes.iter().any(|change| names.contains(&change.attribute));
        let mut steps = Vec::new();
        if changes_any(&["unlogged"]) {
            steps.push(persistence::step(&object.id, after.unlogged, sides));
        }
        steps.extend(foreign_table::alter(&object.id, before.foreign.as_ref(), after.foreign.as_ref()));
        steps.extend(set_access_method(&object.id, &before, &after));
        for clause in super::option_clauses(&before.options, &after.options) {
            steps.push(altering(&object.id, clause));
        }
        for clause in flag_clauses(&before, &after) {
            steps.push(altering(&object.id, clause));
        }
        let joined = after.inherits.iter().filter(|parent| !before.inherits.contains(parent));
        let (early, late) = joined.partition::<Vec<_>, _>(|_| joining::joins_early(&object.id, sides));
        for parent in early {
            let awaited = joining::before_joining_early(&object.id, sides);
            steps.push(altering(&object.id, format!("INHERIT {parent}")).after(awaited));
        }
        steps.extend(leaving::leave_parents(&object.id, &before, &after));
        if let Some(last) = steps.last_mut().filter(|_| before.inherits != after.inherits) {
            last.statements.extend(left_checks(&object.id, sides));
        }
        steps.extend(leaving::leave_partitioned(&object.id, &before, &after, sides));
        if before.of_type != after.of_type {
            steps.extend(before.of_type.iter().map(|_| typed_table::release(&object.id)));
            if let Some(of_type) = &after.of_type {
                steps.push(typed_table::bind(object, of_type, sides)?);
            }
        }
        steps.extend(leaving::drop_left_behind(&object.id, sides));
        if before.partition_of != after.partition_of || before.inherits != after.inherits {
            steps.extend(not_null::rename_with_table(&object.id, sides)?);
        }
        for parent in late {
            steps.push(altering(&object.id, format!("INHERIT {parent}")).after(before_joining(&object.id, sides)));
        }
        if let Some(partition) = after.partition_of.as_ref().filter(|_| before.partition_of != after.partition_of) {
            let awaited = before_joining(&object.id, sides);
            for clause in check_clauses(object, sides)? {
                steps.push(altering(&object.id, clause).after(awaited.clone()));
            }
            steps.push(attach(&object.id, partition, sides));
        }
        Ok(foreign_table::without_rows(steps, &object.id, sides))
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let name = outer_name(&object.id);
        let parts = PARTS.iter().chain(&["unique"]).flat_map(|kind| sides.from.parts(kind, &object.id));
        let owned = sequence::owned_by(&object.id, sides.from);
        // A foreign key of a partitioned table on itself is also one on its partitions, which go first.
        let is_on_itself = |part: &&Object| {
            part.id.kind == "foreign_key"
                && lineage::references(part, &object.id)
                && lineage::loses_partitions(&object.id, sides)
        };
        let comments = super::comments_within(&object.id, sides.from);
        let unmade = parts.chain(owned).filter(|part| !is_on_itself(part)).map(|part| part.id.clone());
        let unmade: Vec<ObjectId> = unmade.chain(comments).collect();
        let is_foreign = object.attribute("foreign").is_some();
        let words = if is_foreign { "FOREIGN TABLE" } else { "TABLE" };
        let mut step = MigrationStep::drop(&object.id, format!("DROP {words} {name}")).unmaking(unmade);
        let keys = lineage::keys_on_ancestors(object, sides);
        // A reference to the partitioned table leans on each of its partitions.
        if keys.iter().any(|key| sides.to.get(key).is_some())
            && let Some(partition) = attributes_of::<Attributes>(object)?.partition_of
        {
            step.statements.insert(0, format!("ALTER TABLE {} DETACH PARTITION {name}", partition.parent));
        }
        step = step.after(keys);
        let step = step.locking(access_exclusive(&name));
        let mut step = step;
        if let Some(kept) = remade_table::kept(object, sides) {
            step.statements.splice(0..0, kept.statements);
            step.hazards.extend(kept.hazards);
            step.checks.extend(kept.checks);
        } else if !is_foreign {
            step = step.hazard(HazardKind::DataLoss, "every row of the table is lost");
        }
        Ok(vec![step])
    }

    /// A table of a composite type is released from it while that is made anew.
    fn can_let_go(&self, object: &Object, need: &ObjectId, sides: &Sides<'_>) -> bool {
        let stays = sides.to.get(&object.id).is_some_and(|to| to.attribute("of_type") == object.attribute("of_type"));
        need.kind == "composite_type" && typed_table::type_of(object).is_some() && stays
    }

    fn release(&self, object: &Object, _: &[&ObjectId], sides: &Sides<'_>) -> Result<Release, PlanError> {
        let Some(of_type) = typed_table::type_of(object) else { return Ok(Release::default()) };
        let bind = typed_table::bind(object, of_type, sides)?;
        Ok(Release { before: vec![typed_table::release(&object.id)], after: vec![bind] })
    }

    /// The server does not detach a partition whose rows are referred to: foreign keys to the tables above go first.
    fn displaces(&self, object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
        if remade_table::is_remade(&object.id, sides) {
            return vec![object.id.clone()];
        }
        if !lineage::is_moved(&object.id, sides) {
            return Vec::new();
        }
        let above = lineage::ancestors(&object.id, sides.from);
        let refers =
            |key: &&Object| above.iter().any(|table| key.needs.contains(table) && lineage::table_of(&key.id) != *table);
        let keys = sides.from.of_kind("foreign_key").filter(refers).map(|key| key.id.clone());
        keys.chain(moved_index::in_the_way(&object.id, sides)).collect()
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::relation_name(&object.id), super::type_name(&object.id)]
    }
}

/// The statement that makes a table, and what it makes along with it.
fn definition(
    object: &Object,
    attributes: &Attributes,
    sides: &Sides<'_>,
) -> Result<(String, Vec<ObjectId>), PlanError> {
    let id = &object.id;
    let own = |part: &&Object| part.needs.iter().all(|need| need == id || need.is_inside(id));
    let mut lines = Vec::new();
    let mut makes = Vec::new();
    for name in &attributes.columns {
        let column_id = id.sibling("column", [id.name[0].clone(), name.clone()]);
        let Some(column) = sides.to.get(&column_id) else {
            let reason = format!("its column `{name}` is not in the snapshot");
            return Err(PlanError::Malformed { object: id.clone(), reason });
        };
        let default_id = column_id.sibling("default", column_id.name.clone());
        let default = sides.to.get(&default_id).filter(own);
        if attributes.partition_of.is_some() || !column::is_inherited(column) {
            let own = sides.to.get(&default_id).is_some() || default_above(column, sides).is_none();
            let none = if own { "" } else { " DEFAULT NULL" };
            let line = column::definition_in_table(column, default, sides.to)?;
            lines.push(not_null::with_taken_name(line, &column.id, sides.from) + none);
            makes.extend(default.map(|default| default.id.clone()));
        }
        makes.push(column_id);
    }
    let inline_keys: &[&str] = if attributes.partition_by.is_some() { &[] } else { &["primary_key", "unique"] };
    let keys = inline_keys.iter().flat_map(|kind| sides.to.parts(kind, id));
    for constraint in key::without_equals(keys.collect()) {
        if let Some(line) = key::inline(constraint)? {
            lines.push(line);
            makes.push(constraint.id.clone());
        }
    }
    for constraint in sides.to.parts("check", id).filter(own) {
        if let Some(line) = check::inline(constraint)? {
            lines.push(line);
            makes.push(constraint.id.clone());
        }
    }
    if attributes.partition_of.is_some() {
        for constraint in checks_of_ancestors(object, sides.to) {
            lines.push(check::of_partition(constraint)?);
        }
    }
    let mut statement = String::from(match (&attributes.foreign, attributes.unlogged) {
        (Some(_), _) => "CREATE FOREIGN TABLE ",
        (None, true) => "CREATE UNLOGGED TABLE ",
        (None, false) => "CREATE TABLE ",
    });
    statement.push_str(&outer_name(id));
    let body = if lines.is_empty() { String::new() } else { format!("\n    {}\n", lines.join(",\n    ")) };
    statement.push_str(&format!(" ({body})"));
    if !attributes.inherits.is_empty() {
        statement.push_str(&format!(" INHERITS ({})", attributes.inherits.join(", ")));
    }
    if let Some(strategy) = &attributes.partition_by {
        statement.push_str(&format!(" PARTITION BY {strategy}"));
    }
    if let Some(method) = &attributes.access_method {
        statement.push_str(&format!(" USING {}", identifier(method)));
    }
    if !attributes.options.is_empty() {
        statement.push_str(&format!(" WITH ({})", super::options_text(&attributes.options)));
    }
    statement.push_str(&attributes.foreign.as_ref().map_or_else(String::new, foreign_table::clause));
    Ok((statement, makes))
}

/// The default that a new child's column would have from a parent.
fn default_above<'a>(column: &Object, sides: &Sides<'a>) -> Option<&'a Object> {
    let has_values = ["generated", "identity"].iter().any(|name| column.attribute(name).is_some());
    let table = sides.to.get(&lineage::table_of(&column.id)).filter(|_| !has_values);
    let is_child = table.is_some_and(|table| table.attribute("inherits").is_some());
    let mut parents = column.needs.iter().filter(|need| is_child && need.kind == "column");
    parents.find_map(|parent| sides.to.get(&parent.sibling("default", parent.name.clone())))
}

/// The steps that take away the defaults that a new child has from its parents alone, and should not have.
fn without_defaults(table: &ObjectId, sides: &Sides<'_>) -> Vec<MigrationStep> {
    let columns = sides.to.parts("column", table).filter(|column| column::is_inherited(column));
    let has_none = |column: &&Object| sides.to.get(&column.id.sibling("default", column.id.name.clone())).is_none();
    let columns = columns.filter(has_none).filter(|column| default_above(column, sides).is_some());
    let drop = |column: &Object| {
        let clause = format!("ALTER COLUMN {} DROP DEFAULT", identifier(last_part(&column.id)));
        MigrationStep::alter(table, "").clause(head_of_one(table, sides), clause)
    };
    columns.map(drop).collect()
}

/// A clause on a table, folded with its neighbours.
pub(super) fn altering(id: &ObjectId, clause: impl Into<String>) -> MigrationStep {
    let name = outer_name(id);
    MigrationStep::alter(id, "").clause(head(id), clause).locking(access_exclusive(&name))
}

/// What statements on the table of an object begin with.
pub(super) fn head(id: &ObjectId) -> String {
    format!("ALTER TABLE {}", outer_name(id))
}

/// As [`head`], leaving the table's children alone where it has any.
pub(super) fn head_of_one(id: &ObjectId, sides: &Sides<'_>) -> String {
    let table = id.sibling("table", [id.name[0].clone()]);
    let has_children =
        [sides.from, sides.to].iter().any(|side| side.dependents("table", &table).any(|other| other.id != table));
    if has_children { format!("ALTER TABLE ONLY {}", outer_name(id)) } else { head(id) }
}

pub(super) fn access_exclusive(name: &str) -> String {
    format!("ACCESS EXCLUSIVE on {name}")
}

/// The step to another access method, which servers have from PostgreSQL 15 on. Where none is told it is `heap`; a
/// partitioned table, which from 17 on may tell one for its new partitions, then tells none.
fn set_access_method(id: &ObjectId, before: &Attributes, after: &Attributes) -> Option<MigrationStep> {
    if before.access_method == after.access_method {
        return None;
    }
    let is_partitioned = after.partition_by.is_some();
    let method = match &after.access_method {
        Some(method) => identifier(method),
        None if is_partitioned => "DEFAULT".to_owned(),
        None => "heap".to_owned(),
    };
    let step = altering(id, format!("SET ACCESS METHOD {method}"));
    Some(if is_partitioned { step } else { step.hazard(HazardKind::TableRewrite, "every row is written again") })
}

/// What changes the row security and the replica identity of a table.
fn flag_clauses(before: &Attributes, after: &Attributes) -> Vec<String> {
    let mut clauses = Vec::new();
    if before.row_security != after.row_security {
        clauses.push(format!("{} ROW LEVEL SECURITY", if after.row_security { "ENABLE" } else { "DISABLE" }));
    }
    if before.force_row_security != after.force_row_security {
        clauses.push(format!("{} ROW LEVEL SECURITY", if after.force_row_security { "FORCE" } else { "NO FORCE" }));
    }
    if before.replica_identity != after.replica_identity {
        match after.replica_identity.as_deref() {
            Some("full") => clauses.push("REPLICA IDENTITY FULL".to_owned()),
            Some("nothing") => clauses.push("REPLICA IDENTITY NOTHING".to_owned()),
            None => clauses.push("REPLICA IDENTITY DEFAULT".to_owned()),
            // By an index, which does it itself.
            Some(_) => {}
        }
    }
    clauses
}
