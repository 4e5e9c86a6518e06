//! Kinds that no statement alters: each is dropped and made again, whatever of it changes. Also what statements call
//! the objects of these and of the other kinds that are read as described.

use schema_sync_store::{Object, ObjectId};

use super::super::quote::{identifier, last_part, outer_name, printed_name};
use crate::kind::{Change, Kind, Rule, Sides};
use crate::plan::{MigrationStep, PlanError};

/// A kind whose objects are made by one statement and never altered.
pub(super) struct Replaced {
    pub(super) name: &'static str,
    /// The statement that makes an object.
    pub(super) create: fn(&Object) -> Result<String, PlanError>,
    /// As [`Kind::claims`].
    pub(super) claims: fn(&Object) -> Vec<String>,
}

/// For kinds of which no object keeps another from being made.
pub(super) fn claims_nothing(_: &Object) -> Vec<String> {
    Vec::new()
}

impl Kind for Replaced {
    fn name(&self) -> &'static str {
        self.name
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Replace
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(vec![MigrationStep::create(&object.id, (self.create)(object)?)])
    }

    fn alter(&self, _: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(Vec::new())
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(vec![drop_step(&object.id, sides)])
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        (self.claims)(object)
    }
}

/// The step that drops an object, with the comment on it.
pub(super) fn drop_step(id: &ObjectId, sides: &Sides<'_>) -> MigrationStep {
    let step = MigrationStep::drop(id, format!("DROP {}", target(id)));
    step.unmaking(super::comments_of(id, sides.from))
}

/// What COMMENT ON, ALTER and DROP call an object: its kind in words, and its name.
pub(super) fn target(id: &ObjectId) -> String {
    let words = id.kind.to_uppercase().replace('_', " ");
    match id.kind.as_str() {
        "operator" => format!("{words} {}", printed_name(id)),
        "operator_class" | "operator_family" => {
            format!("{words} {} USING {}", outer_name(id), identifier(last_part(id)))
        }
        "cast" => format!("{words} {}", last_part(id)),
        "transform" => {
            format!("{words} FOR {} LANGUAGE {}", id.name.first().map_or("", |name| name), identifier(last_part(id)))
        }
        _ => format!("{words} {}", outer_name(id)),
    }
}

/// The kinds that [`target`] names.
const NAMED: &[&str] = &[
    "access_method",
    "cast",
    "conversion",
    "event_trigger",
    "foreign_data_wrapper",
    "language",
    "operator",
    "operator_class",
    "operator_family",
    "publication",
    "server",
    "subscription",
    "text_search_configuration",
    "text_search_dictionary",
    "text_search_parser",
    "text_search_template",
    "transform",
];

/// Whether an object is one that [`target`] names.
pub(super) fn is_named(id: &ObjectId) -> bool {
    NAMED.contains(&id.kind.as_str())
}
