//! What makes a table a foreign one: its server and its options. All else is as with other tables, but that its rows are
//! elsewhere: none is asked, rewritten or lost here.

use schema_sync_store::ObjectId;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::super::quote::{identifier, outer_name};
use super::foreign_options::{self, ForeignOptions};
use super::lineage;
use crate::kind::{Change, Rule, Sides};
use crate::plan::MigrationStep;

#[derive(Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Foreign {
    server: String,
    #[serde(flatten)]
    options: ForeignOptions,
}

/// SQL for [`Foreign`] of the relation `c`, null where it is not foreign.
pub(super) fn select() -> String {
    format!(
        "CASE WHEN c.relkind = 'f' THEN (SELECT jsonb_strip_nulls(jsonb_build_object('server', s.srvname::text, {}))::text \
           FROM pg_foreign_table f JOIN pg_foreign_server s ON s.oid = f.ftserver WHERE f.ftrelid = c.oid) END",
        foreign_options::options("f.ftoptions")
    )
}

/// SQL for the options of the column `a`, null where it has none.
pub(super) fn select_of_column() -> String {
    format!(
        "CASE WHEN a.attfdwoptions IS NOT NULL THEN jsonb_strip_nulls(jsonb_build_object({}))::text END",
        foreign_options::options("a.attfdwoptions")
    )
}

/// A cell that [`select`] made, and the names of the options that are left out: these count for nothing.
pub(super) fn parse(cell: Option<&str>) -> Result<(Option<Foreign>, Vec<String>), String> {
    let Some(text) = cell else { return Ok((None, Vec::new())) };
    let mut foreign: Foreign = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let left_out = std::mem::take(&mut foreign.options.left_out);
    Ok((Some(foreign), left_out))
}

/// A cell that [`select_of_column`] made, as [`parse`].
pub(super) fn parse_of_column(cell: Option<&str>) -> Result<(Option<ForeignOptions>, Vec<String>), String> {
    let Some(text) = cell else { return Ok((None, Vec::new())) };
    let mut options: ForeignOptions = serde_json::from_str(text).map_err(|error| error.to_string())?;
    let left_out = std::mem::take(&mut options.left_out);
    Ok((Some(options).filter(|options| *options != ForeignOptions::default()), left_out))
}

/// Only options can change in place.
pub(super) fn rule(change: &Change<'_>) -> Rule {
    let server = |side: Option<&Value>| side.and_then(|foreign| foreign.get("server")).cloned();
    if server(change.from) == server(change.to) { Rule::Alter } else { Rule::Replace }
}

/// What ends the statement that makes a table: for a foreign one, where it is.
pub(super) fn clause(foreign: &Foreign) -> String {
    format!(" SERVER {}{}", identifier(&foreign.server), foreign.options.clause())
}

/// The step to other options, where they differ by more than what is left out.
pub(super) fn alter(id: &ObjectId, before: Option<&Foreign>, after: Option<&Foreign>) -> Option<MigrationStep> {
    let changes = after?.options.changes_from(&before?.options);
    (!changes.is_empty()).then(|| MigrationStep::alter(id, format!("ALTER FOREIGN TABLE {}{changes}", outer_name(id))))
}

/// Whether the table that an object is, or is part of, is foreign; asked of the side that has it.
pub(super) fn is_foreign(id: &ObjectId, sides: &Sides<'_>) -> bool {
    let table = lineage::table_of(id);
    let table = sides.to.get(&table).or_else(|| sides.from.get(&table));
    table.is_some_and(|table| table.attribute("foreign").is_some())
}

/// The same steps, without what only concerns rows where the table is foreign.
pub(super) fn without_rows(mut steps: Vec<MigrationStep>, id: &ObjectId, sides: &Sides<'_>) -> Vec<MigrationStep> {
    if is_foreign(id, sides) {
        for step in &mut steps {
            step.hazards.clear();
            step.checks.clear();
        }
    }
    steps
}
