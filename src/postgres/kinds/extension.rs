//! Extensions, where the tenant is a database. What belongs to an extension is told by it alone.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};
use serde::{Deserialize, Serialize};

use super::super::catalog::object;
use super::super::quote::{identifier, last_part, literal};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    version: String,
    /// The schema that holds what it brings; `schema` itself says where an object is.
    installed_in: String,
}

pub(in super::super) fn read(name: &str, version: &str, schema: &str) -> Result<Object, String> {
    let attributes = Attributes { version: version.to_owned(), installed_in: schema.to_owned() };
    object(ObjectId::new("extension", [name]), &attributes, [])
}

/// Whether an object of the `to` side needs an extension that moves to another schema, and its types with it.
pub(super) fn moves_under(object: &Object, sides: &Sides<'_>) -> bool {
    let moves = |need: &ObjectId| {
        let schema = |side: &SchemaSnapshot| side.get(need)?.attribute("installed_in").cloned();
        need.kind == "extension" && schema(sides.from).is_some() && schema(sides.from) != schema(sides.to)
    };
    object.needs.iter().any(moves)
}

/// Whether two types that an object is of are the same one elsewhere: that of an extension that moves.
pub(super) fn moves_type(object: &Object, before: &str, after: &str, sides: &Sides<'_>) -> bool {
    let bare = |type_name: &str| type_name.rsplit('.').next().unwrap_or_default().to_owned();
    before != after && bare(before) == bare(after) && moves_under(object, sides)
}

pub(super) struct Extension;

impl Kind for Extension {
    fn name(&self) -> &'static str {
        "extension"
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Alter
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let name = identifier(last_part(&object.id));
        let Attributes { version, installed_in } = attributes;
        let offered = "SELECT NOT EXISTS (SELECT FROM pg_available_extension_versions WHERE name =";
        let query = format!("{offered} {} AND version = {})", literal(last_part(&object.id)), literal(&version));
        let message =
            format!("the server does not offer version {version} of extension {name}: install it there first");
        let text =
            format!("CREATE EXTENSION {name} WITH SCHEMA {} VERSION {}", identifier(&installed_in), literal(&version));
        Ok(vec![MigrationStep::create(&object.id, text).check(query, message)])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let attributes: Attributes = attributes_of(object)?;
        let name = identifier(last_part(&object.id));
        let mut steps = Vec::new();
        if before.installed_in != attributes.installed_in {
            let fixed = "SELECT NOT extrelocatable FROM pg_extension WHERE extname =";
            let query = format!("{fixed} {}", literal(last_part(&object.id)));
            let message = format!("extension {name} cannot be moved to another schema: drop and create it by hand");
            let text = format!("ALTER EXTENSION {name} SET SCHEMA {}", identifier(&attributes.installed_in));
            steps.push(MigrationStep::alter(&object.id, text).check(query, message));
        }
        if before.version == attributes.version {
            return Ok(steps);
        }
        let paths = format!("pg_extension_update_paths({})", literal(last_part(&object.id)));
        let (from, to) = (literal(&before.version), literal(&attributes.version));
        let path = format!("SELECT FROM {paths} WHERE source = {from} AND target = {to} AND path IS NOT NULL");
        let message = format!(
            "the server has no way to bring extension {name} from version {} to {}: drop and create it by hand",
            before.version, attributes.version
        );
        let text = format!("ALTER EXTENSION {name} UPDATE TO {}", literal(&attributes.version));
        steps.push(MigrationStep::alter(&object.id, text).check(format!("SELECT NOT EXISTS ({path})"), message));
        Ok(steps)
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::drop(&object.id, format!("DROP EXTENSION {}", identifier(last_part(&object.id))));
        let step = step.unmaking(super::comments_of(&object.id, sides.from));
        Ok(vec![step.hazard(HazardKind::DataLoss, "what the extension keeps in its own tables is lost")])
    }
}
