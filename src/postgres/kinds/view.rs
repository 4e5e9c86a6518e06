//! Views and materialised views: two kinds of one shape, carried as the server prints them.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};

use super::super::catalog::{Cells, is_default, object};
use super::super::quote::{identifier, outer_name};
use super::relation::RelationRow;
use super::{remade_table, table};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    definition: String,
    #[serde(skip_serializing_if = "is_default")]
    options: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    unlogged: bool,
    #[serde(skip_serializing_if = "is_default")]
    access_method: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    tablespace: Option<String>,
}

pub(super) fn read(cells: &Cells<'_>, row: &RelationRow) -> Result<Object, String> {
    let definition: &str = cells.get(18)?;
    let definition = definition.trim_end_matches(';').to_owned();
    let attributes = Attributes {
        definition,
        options: row.options.clone(),
        unlogged: row.unlogged,
        access_method: cells.get(10)?,
        tablespace: cells.get(11)?,
    };
    object(row.id.clone(), &attributes, [])
}

pub(super) struct View {
    name: &'static str,
    words: &'static str,
}

pub(super) const VIEW: View = View { name: "view", words: "VIEW" };
pub(super) const MATERIALIZED_VIEW: View = View { name: "materialized_view", words: "MATERIALIZED VIEW" };

impl Kind for View {
    fn name(&self) -> &'static str {
        self.name
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        match change.attribute {
            "options" => Rule::Alter,
            "tablespace" => Rule::Cosmetic,
            _ => Rule::Replace,
        }
    }

    fn rebinds(&self, _: &[Change<'_>]) -> bool {
        false
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let unlogged = if attributes.unlogged { "UNLOGGED " } else { "" };
        let mut text = format!("CREATE {unlogged}{} {}", self.words, outer_name(&object.id));
        if let Some(method) = &attributes.access_method {
            text.push_str(&format!(" USING {}", identifier(method)));
        }
        if !attributes.options.is_empty() {
            text.push_str(&format!(" WITH ({})", super::options_text(&attributes.options)));
        }
        text.push_str(&format!(" AS\n{}", attributes.definition));
        // A materialised view is filled when it is made.
        let is_filled = self.name == MATERIALIZED_VIEW.name;
        let awaited = Some(remade_table::rows_are_back()).filter(|_| is_filled);
        Ok(vec![MigrationStep::create(&object.id, text).after(awaited)])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let name = outer_name(&object.id);
        let clauses = table::option_clauses(&before.options, &after.options);
        let statements = clauses.into_iter().map(|clause| format!("ALTER {} {name} {clause}", self.words));
        Ok(statements.map(|statement| MigrationStep::alter(&object.id, statement)).collect())
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let kinds = ["comment", "default", "index", "rule", "trigger"];
        let parts: Vec<ObjectId> =
            kinds.into_iter().flat_map(|kind| sides.from.parts(kind, &object.id)).map(|part| part.id.clone()).collect();
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
