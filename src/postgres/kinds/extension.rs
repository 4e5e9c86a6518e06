//! Extensions, where the tenant is a database. What belongs to an extension is told by it alone.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};
use serde::{Deserialize, Serialize};

use super::super::catalog::object;
use super::super::quote::{identifier, last_part, literal};
use super::comment;
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

/// Whether a version comes before another, where both are numbers parted by dots. Servers offer ways up, hardly ever down.
fn is_older(version: &str, than: &str) -> bool {
    let numbers = |text: &str| text.split('.').map(str::parse).collect::<Result<Vec<u32>, _>>().ok();
    matches!((numbers(version), numbers(than)), (Some(version), Some(than)) if version < than)
}

/// Whether anything leans on an extension but its comment.
fn is_needed(id: &ObjectId, side: &SchemaSnapshot) -> bool {
    let comment = comment::id_of(id);
    side.objects().iter().any(|object| object.needs.contains(id) && object.id != comment)
}

pub(super) struct Extension;

impl Kind for Extension {
    fn name(&self) -> &'static str {
        "extension"
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Alter
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(vec![made(object, sides, MigrationStep::create)?])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let attributes: Attributes = attributes_of(object)?;
        if is_older(&attributes.version, &before.version) && !is_needed(&object.id, sides.from) {
            return made_anew(object, sides);
        }
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
        Ok(vec![gone(object, MigrationStep::drop).unmaking(super::comments_of(&object.id, sides.from))])
    }
}

type NewStep = fn(&ObjectId, String) -> MigrationStep;

fn made(object: &Object, sides: &Sides<'_>, step: NewStep) -> Result<MigrationStep, PlanError> {
    let Attributes { version, installed_in } = attributes_of(object)?;
    let (name, quoted) = (identifier(last_part(&object.id)), literal(last_part(&object.id)));
    let query = format!(
        "SELECT NOT EXISTS (SELECT FROM pg_available_extension_versions WHERE name = {quoted} AND version = {})",
        literal(&version)
    );
    let message = format!("the server does not offer version {version} of extension {name}: install it there first");
    let text =
        format!("CREATE EXTENSION {name} WITH SCHEMA {} VERSION {}", identifier(&installed_in), literal(&version));
    let step = step(&object.id, text).check(query, message);
    // It comes with a comment of its own.
    let has_comment = sides.to.get(&comment::id_of(&object.id)).is_some();
    Ok(if has_comment { step } else { step.then(format!("COMMENT ON EXTENSION {name} IS NULL")) })
}

fn gone(object: &Object, step: NewStep) -> MigrationStep {
    step(&object.id, format!("DROP EXTENSION {}", identifier(last_part(&object.id))))
        .hazard(HazardKind::DataLoss, "what the extension keeps in its own tables is lost")
}

/// The way down where nothing leans on an extension. Its comment goes along.
fn made_anew(object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
    let mut steps = vec![gone(object, MigrationStep::alter), made(object, sides, MigrationStep::alter)?];
    let comment = comment::id_of(&object.id);
    if let Some(after) = sides.to.get(&comment)
        && sides.from.get(&comment) == Some(after)
    {
        steps.push(MigrationStep::alter(&object.id, comment::Comment::set(after, sides)?));
    }
    Ok(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_compared_by_their_numbers() {
        for (version, than, expected) in [
            ("1.9", "1.10", true),
            ("1.10", "1.9", false),
            ("1.1", "1.1", false),
            ("1", "1.0", true),
            ("a", "b", false),
        ] {
            assert_eq!(is_older(version, than), expected, "{version} {than}");
        }
    }
}
