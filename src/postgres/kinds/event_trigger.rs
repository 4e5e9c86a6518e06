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
        let others = sides.to.objects().iter().map(|other| &other.id);
        let others = others.filter(|other| !matches!(other.kind.as_str(), "comment" | "event_trigger"));
        let step = MigrationStep::create(&object.id, text).after(others.cloned());
        Ok(vec![match enabled {
            Some(enabled) => step.then(enable(&object.id, Some(&enabled))),
            None => step,
        }])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let Attributes { enabled, .. } = attributes_of(object)?;
        Ok(vec![MigrationStep::alter(&object.id, enable(&object.id, enabled.as_deref()))])
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(vec![drop_step(&object.id, sides)])
    }
}
