//! Views and materialised views: two kinds of one shape, carried as the server prints them.

use std::collections::{BTreeMap, BTreeSet};

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use smol_str::SmolStr;

use super::super::catalog::{Cells, Reading, class, is_default, object};
use super::super::printed;
use super::super::quote::{identifier, outer_name};
use super::relation::RelationRow;
use super::{column, column_change, remade_table, table};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    definition: String,
    /// The newest version that prints the definition so, where it could not be brought to the one form of all versions.
    #[serde(skip_serializing_if = "is_default")]
    printed_by: Option<u32>,
    #[serde(skip_serializing_if = "is_default")]
    options: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    unlogged: bool,
    #[serde(skip_serializing_if = "is_default")]
    access_method: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    tablespace: Option<String>,
    /// What a materialised view's columns say of how their values are stored, of those that say something.
    #[serde(skip_serializing_if = "is_default")]
    columns: BTreeMap<SmolStr, column::Attributes>,
    /// Of a view: its columns in order, as `name type`, with collations.
    #[serde(skip_serializing_if = "is_default")]
    row: Vec<String>,
}

/// Once all is read: tells each view its columns.
pub(super) fn finish(reading: &mut Reading) {
    let mut all: Vec<(u32, Vec<String>)> = Vec::new();
    for (oid, relation) in reading.relations.iter().filter(|(_, relation)| relation.id.kind == "view") {
        let mut columns: Vec<_> = relation.columns.iter().collect();
        columns.sort_unstable_by_key(|(number, _)| **number);
        all.push((*oid, columns.into_iter().filter_map(|(_, column)| column.printed.clone()).collect()));
    }
    for (oid, columns) in all {
        if let Some(view) = reading.at_mut((class::RELATION, oid, 0)).filter(|_| !columns.is_empty()) {
            view.attributes.insert("row".to_owned(), columns.into());
        }
    }
}

/// The last version that prints views in the older way.
const OLDER: u32 = 15;

pub(super) fn read(cells: &Cells<'_>, row: &RelationRow) -> Result<Object, String> {
    let printed: Vec<&str> = cells.get(18)?;
    let text = printed.first().copied().unwrap_or_default().trim_end_matches(';');
    let (definition, printed_by) = match printed::view(text.to_owned(), printed.get(1).copied()) {
        Ok(definition) => (definition, None),
        Err(definition) => (definition, Some(OLDER)),
    };
    let attributes = Attributes {
        definition,
        printed_by,
        options: row.options.clone(),
        unlogged: row.unlogged,
        access_method: cells.get(10)?,
        tablespace: cells.get(11)?,
        columns: BTreeMap::new(),
        row: Vec::new(),
    };
    object(row.id.clone(), &attributes, [])
}

/// Notes a column of a materialised view, where it says more than that it is there.
pub(super) fn add_column(
    reading: &mut Reading,
    view: u32,
    name: &str,
    column: column::Attributes,
) -> Result<(), String> {
    let column = column.of_storage();
    let Some(view) = reading.at_mut((class::RELATION, view, 0)).filter(|_| column.says_anything()) else {
        return Ok(());
    };
    let columns = view.attributes.entry("columns").or_insert_with(|| Value::Object(Map::new()));
    let column = serde_json::to_value(column).map_err(|error| format!("{}: {error}", view.id))?;
    columns.as_object_mut().into_iter().for_each(|columns| drop(columns.insert(name.to_owned(), column.clone())));
    Ok(())
}

/// The steps that change how the values of a materialised view's columns are stored.
fn column_steps(id: &ObjectId, before: &Attributes, after: &Attributes, sides: &Sides<'_>) -> Vec<MigrationStep> {
    let names: BTreeSet<&SmolStr> = before.columns.keys().chain(after.columns.keys()).collect();
    let mut steps = Vec::new();
    for name in names {
        let find = |columns: &BTreeMap<SmolStr, column::Attributes>| columns.get(name).cloned();
        let old = find(&before.columns).unwrap_or_default();
        let new = find(&after.columns).unwrap_or_else(|| old.without_storage());
        let mut column_id = id.clone();
        column_id.name.push(name.clone());
        steps.extend(column_change::extras(&column_id, &old, &new, sides));
    }
    steps.into_iter().map(|step| MigrationStep { object: id.clone(), ..step }).collect()
}

pub(super) struct View {
    name: &'static str,
    words: &'static str,
}

pub(super) const VIEW: View = View { name: "view", words: "VIEW" };
pub(super) const MATERIALIZED_VIEW: View = View { name: "materialized_view", words: "MATERIALIZED VIEW" };

impl View {
    fn statement(&self, verb: &str, id: &ObjectId, attributes: &Attributes) -> String {
        let unlogged = if attributes.unlogged { "UNLOGGED " } else { "" };
        let mut text = format!("{verb} {unlogged}{} {}", self.words, outer_name(id));
        if let Some(method) = &attributes.access_method {
            text.push_str(&format!(" USING {}", identifier(method)));
        }
        if !attributes.options.is_empty() {
            text.push_str(&format!(" WITH ({})", super::options_text(&attributes.options)));
        }
        text.push_str(&format!(" AS\n{}", attributes.definition));
        text
    }
}

/// Whether a view keeps its columns, as names and types, and gets others behind them at most: only then can its query
/// be replaced (PostgreSQL manual, CREATE VIEW).
fn only_adds_columns(change: &Change<'_>) -> bool {
    match (change.from.and_then(Value::as_array), change.to.and_then(Value::as_array)) {
        (Some(before), Some(after)) => after.starts_with(before),
        _ => false,
    }
}

impl Kind for View {
    fn name(&self) -> &'static str {
        self.name
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        match change.attribute {
            "columns" | "options" => Rule::Alter,
            "tablespace" => Rule::Cosmetic,
            "printed_by" => Rule::Incomparable,
            "definition" if self.name == VIEW.name => Rule::Alter,
            "row" if only_adds_columns(change) => Rule::Alter,
            _ => Rule::Replace,
        }
    }

    fn rebinds(&self, changes: &[Change<'_>], _: &ObjectId) -> bool {
        changes.iter().any(|change| change.attribute == "definition")
    }

    fn is_derived(&self) -> bool {
        true
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let text = self.statement("CREATE", &object.id, &attributes);
        // A materialised view is filled when it is made.
        let is_filled = self.name == MATERIALIZED_VIEW.name;
        let awaited = Some(remade_table::rows_are_back()).filter(|_| is_filled);
        let mut steps = vec![MigrationStep::create(&object.id, text).after(awaited)];
        steps.extend(column_steps(&object.id, &Attributes::default(), &attributes, sides));
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
        if changes.iter().any(|change| change.attribute == "definition") {
            // Options are replaced along with the query.
            let text = self.statement("CREATE OR REPLACE", &object.id, &after);
            let step = MigrationStep::alter(&object.id, text);
            return Ok(vec![step.locking(table::access_exclusive(&outer_name(&object.id)))]);
        }
        let name = outer_name(&object.id);
        let clauses = super::option_clauses(&before.options, &after.options);
        let statements = clauses.into_iter().map(|clause| format!("ALTER {} {name} {clause}", self.words));
        let steps = statements.map(|statement| MigrationStep::alter(&object.id, statement));
        Ok(steps.chain(column_steps(&object.id, &before, &after, sides)).collect())
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let kinds = ["default", "index", "rule", "trigger"];
        let parts = kinds.into_iter().flat_map(|kind| sides.from.parts(kind, &object.id)).map(|part| part.id.clone());
        let parts: Vec<ObjectId> = parts.chain(super::comments_within(&object.id, sides.from)).collect();
        let name = outer_name(&object.id);
        let step = MigrationStep::drop(&object.id, format!("DROP {} {name}", self.words)).unmaking(parts);
        let step = step.locking(table::access_exclusive(&name));
        let is_rebuilt = self.name == MATERIALIZED_VIEW.name && sides.to.get(&object.id).is_some();
        Ok(vec![if is_rebuilt {
            step.hazard(HazardKind::TableRewrite, "the view's query is run again to fill it")
        } else {
            step
        }])
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::relation_name(&object.id), super::type_name(&object.id)]
    }
}
