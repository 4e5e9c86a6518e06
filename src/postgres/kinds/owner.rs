//! Owners, where they are asked for: objects of their own, named after what they own, so that it is theirs again when it
//! is made again.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Reading, object};
use super::super::quote::{literal, outer_name, printed_name};
use super::super::spoken::{self, Spoken};
use super::access::Thing;
use super::sequence;
use crate::kind::{Change, Disturbance, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};
use crate::scope::Include;

#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes {
    role: String,
}

/// The identity of the owner of an object, or of the tenant's own schema.
pub(super) fn id_of(target: Option<&ObjectId>) -> ObjectId {
    match target {
        Some(target) => target.sibling("owner", target.name.iter().cloned().chain([target.kind.clone()])),
        None => ObjectId::new("owner", [SmolStr::new_static("schema")]),
    }
}

/// Whoever owns the schema `public` of every new database, and whoever did before PostgreSQL 15 (manual, 5.9.4).
const OWNER_OF_PUBLIC: &str = "pg_database_owner";

pub(super) fn read(thing: &Thing<'_>, reading: &mut Reading) -> Result<(), String> {
    // No statement changes the owner of an extension's parts apart from it.
    if thing.target.is_none() && reading.own_schema == "public" && thing.owner == OWNER_OF_PUBLIC {
        return Ok(());
    }
    let attributes = Attributes { role: reading.neutral_role(thing.owner) };
    let object = object(id_of(thing.target.as_ref()), &attributes, thing.target.clone())?;
    reading.add_part(object);
    Ok(())
}

/// What an owner owns.
fn target_of(object: &Object) -> Option<&ObjectId> {
    let sort = object.id.name.last()?;
    object.needs.iter().find(|need| need.kind == *sort && need.name.len() + 1 == object.id.name.len())
}

/// What ALTER calls an object when its owner changes.
fn owned(target: &ObjectId) -> Option<String> {
    Some(match target.kind.as_str() {
        "table" | "view" | "materialized_view" => format!("TABLE {}", outer_name(target)),
        "function" | "procedure" | "aggregate" => format!("ROUTINE {}", printed_name(target)),
        "enum" | "domain" | "composite_type" | "range_type" => format!("TYPE {}", outer_name(target)),
        "sequence" | "schema" | "statistics" | "collation" => {
            format!("{} {}", target.kind.to_uppercase(), outer_name(target))
        }
        _ if super::replaced::is_named(target) => super::replaced::target(target),
        _ => return None,
    })
}

/// SQL for the name of whoever owns an object now, or the tenant's own schema.
pub(super) fn asked(target: Option<&ObjectId>) -> String {
    let of = |column: &str, catalogue: &str, found: String| {
        format!("(SELECT pg_catalog.pg_get_userbyid({column}) FROM pg_catalog.{catalogue} WHERE {found})")
    };
    let Some(target) = target else {
        return of("nspowner", "pg_namespace", "nspname = pg_catalog.current_schema()".to_owned());
    };
    let by_oid = |name: &str, sort: &str| format!("oid = {}::pg_catalog.{sort}", literal(name));
    let by_name = |column: &str| format!("{column} = {}", literal(super::super::quote::last_part(target)));
    match target.kind.as_str() {
        "function" | "procedure" | "aggregate" => {
            of("proowner", "pg_proc", by_oid(&printed_name(target), "regprocedure"))
        }
        "enum" | "domain" | "composite_type" | "range_type" => {
            of("typowner", "pg_type", by_oid(&outer_name(target), "regtype"))
        }
        "schema" => of("nspowner", "pg_namespace", by_name("nspname")),
        "server" => of("srvowner", "pg_foreign_server", by_name("srvname")),
        "foreign_data_wrapper" => of("fdwowner", "pg_foreign_data_wrapper", by_name("fdwname")),
        "language" => of("lanowner", "pg_language", by_name("lanname")),
        _ => of("relowner", "pg_class", by_oid(&outer_name(target), "regclass")),
    }
}

pub(super) struct Owner;

impl Owner {
    fn set(object: &Object, step: MigrationStep, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let Attributes { role } = attributes_of(object)?;
        let statement = Spoken::default().text("ALTER ");
        let Some(target) = target_of(object) else {
            let statement = statement.text("SCHEMA ").own_schema().text(" OWNER TO ").role(&role, "");
            return Ok(vec![spoken::step(step, &[statement], &[&role], "the owner of the tenant's schema")?]);
        };
        let Some(owned) = owned(target) else {
            let reason = format!("it is to belong to {role}, and the owner of such objects is not modelled");
            return Err(PlanError::Refused { object: target.clone(), reason });
        };
        let wanted_for = format!("the owner of {target}");
        let statement = statement.text(format!("{owned} OWNER TO ")).role(&role, "");
        // A sequence is given to a column while both have one owner, and follows its table from then on.
        let step = step.after(sequence::owned_by(target, sides.to).map(|sequence| sequence.id.clone()));
        let steps = vec![spoken::step(step, &[statement], &[&role], &wanted_for)?];
        Ok(match sides.to.get(target) {
            Some(target) => super::found_by_bare_name(target, sides, steps),
            None => steps,
        })
    }
}

impl Kind for Owner {
    fn name(&self) -> &'static str {
        "owner"
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Alter
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Self::set(object, MigrationStep::create(&object.id, ""), sides)
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Self::set(object, MigrationStep::alter(&object.id, ""), sides)
    }

    /// Nothing is nobody's.
    fn drop(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let mut step = MigrationStep::drop(&object.id, "");
        step.statements.clear();
        Ok(vec![step])
    }

    /// What the old owner granted becomes the new one's grant, and what the new one had of it is no grant any more: so all
    /// is taken before and given after.
    fn disturbs(&self, _: &[Change<'_>], dependent: &Object, _: &Sides<'_>) -> Disturbance {
        if dependent.id.kind == "grant" { Disturbance::Recreate } else { Disturbance::None }
    }

    fn coverage(&self) -> Option<&'static str> {
        Some(Include::Owners.name())
    }

    fn goes_along(&self) -> bool {
        true
    }
}
