//! Event triggers, where the tenant is a database.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};

use super::super::catalog::{Server, is_default};
use super::super::quote::{literal, outer_name};
use super::described::{Described, function};
use super::replaced::{drop_step, target};
use super::trigger::enabled_word;
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    event: String,
    #[serde(skip_serializing_if = "is_default")]
    tags: Vec<String>,
    function: String,
    /// As `pg_event_trigger` has it; absent where it is enabled as usual.
    #[serde(skip_serializing_if = "is_default")]
    enabled: Option<String>,
}

pub(super) const DESCRIBED: Described = Described {
    kind: "event_trigger",
    class: 3466,
    catalogue: "pg_event_trigger",
    name: "ARRAY[x.evtname::text]",
    attributes,
};

fn attributes(_: &Server) -> String {
    let function = function("x.evtfoid");
    format!(
        "'event', x.evtevent::text, 'tags', to_jsonb(x.evttags), 'function', {function}, \
         'enabled', nullif(x.evtenabled::text, 'O')"
    )
}

pub(super) struct EventTrigger;

fn enable(id: &ObjectId, enabled: Option<&str>) -> String {
    let word = enabled.and_then(enabled_word).unwrap_or_else(|| "ENABLE".to_owned());
    format!("ALTER {} {word}", target(id))
}

/// All for which an event trigger would fire.
fn all_else(sides: &Sides<'_>) -> Vec<ObjectId> {
    let ids = sides.to.objects().iter().chain(sides.from.objects()).map(|other| &other.id);
    ids.filter(|other| other.kind != "event_trigger").filter(|other| !is_comment_on_one(other)).cloned().collect()
}

fn is_comment_on_one(id: &ObjectId) -> bool {
    id.kind == "comment" && id.name.last().is_some_and(|kind| kind == "event_trigger")
}

impl Kind for EventTrigger {
    fn name(&self) -> &'static str {
        "event_trigger"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        if change.attribute == "enabled" { Rule::Alter } else { Rule::Replace }
    }

    /// It comes last, as it would fire for what comes after it.
    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let Attributes { event, tags, function, enabled } = attributes_of(object)?;
        let tags: Vec<String> = tags.iter().map(|tag| literal(tag)).collect();
        let when = if tags.is_empty() { String::new() } else { format!(" WHEN TAG IN ({})", tags.join(", ")) };
        let name = outer_name(&object.id);
        let text = format!("CREATE EVENT TRIGGER {name} ON {event}{when} EXECUTE FUNCTION {function}()");
        let step = MigrationStep::create(&object.id, text).after(all_else(sides));
        Ok(vec![match enabled {
            Some(enabled) => step.then(enable(&object.id, Some(&enabled))),
            None => step,
        }])
    }

    /// One that is disabled is so before all else, and one that is enabled after it.
    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let Attributes { enabled, .. } = attributes_of(object)?;
        let step = MigrationStep::alter(&object.id, enable(&object.id, enabled.as_deref()));
        Ok(vec![if enabled.as_deref() == Some("D") { step.early() } else { step.after(all_else(sides)) }])
    }

    /// It goes first, as it would fire for what comes before it.
    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(vec![drop_step(&object.id, sides).early()])
    }
}
