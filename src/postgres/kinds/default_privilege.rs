//! Default privileges, where grants are asked for: what one role may do with what another role will make, in one schema,
//! or everywhere where the tenant is a database (PostgreSQL manual, ALTER DEFAULT PRIVILEGES).

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::access::exploded;
use super::super::catalog::{Cells, Namespace, Reading, Server, Source, is_default, object};
use super::super::quote::identifier;
use super::super::spoken::{self, EVERYBODY, OWNER, Spoken};
use super::grant::{self, Words};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};
use crate::scope::Include;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Attributes {
    /// Who makes the things.
    made_by: String,
    /// What things: `TABLES`.
    things: String,
    role: String,
    /// Sorted; empty where the role lacks what it would have otherwise.
    privileges: Vec<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    grantable: Vec<String>,
    /// In every schema of the database.
    #[serde(default, skip_serializing_if = "is_default")]
    everywhere: bool,
}

pub(in super::super) const SOURCE: Source = Source { name: "default privilege", body, read };

/// What is everywhere replaces the built-in default; what is in a schema is added to that.
fn select(condition: &str) -> String {
    format!(
        "SELECT pg_get_userbyid(f.defaclrole)::text, f.defaclobjtype::text, \
         e.grantees, e.grantors, e.names, e.grantable, \
         (SELECT array_agg(b.privilege_type) FROM aclexplode(d.acl) b WHERE b.grantee = f.defaclrole), \
         (SELECT array_agg(b.privilege_type) FROM aclexplode(d.acl) b WHERE b.grantee = 0) \
         FROM pg_default_acl f CROSS JOIN LATERAL (SELECT CASE WHEN f.defaclnamespace = 0 THEN \
           acldefault(CASE f.defaclobjtype WHEN 'S' THEN 's' ELSE f.defaclobjtype END, f.defaclrole) END AS acl) d \
         {} WHERE {condition}",
        exploded("f.defaclacl")
    )
}

fn body(_: &Server) -> String {
    select("f.defaclnamespace = t.ns")
}

/// What is everywhere, with a first column as that of a namespace.
pub(in super::super) fn in_database() -> String {
    format!("SELECT NULL::oid, x.* FROM ({}) x", select("f.defaclnamespace = 0"))
}

fn read(cells: &Cells<'_>, namespace: &Namespace, reading: &mut Reading) -> Result<(), String> {
    add(cells, namespace.schema.clone(), false, reading)
}

/// Takes in a row of [`in_database`].
pub(in super::super) fn take_in(cells: &Cells<'_>, reading: &mut Reading) -> Result<(), String> {
    add(cells, None, true, reading)
}

fn add(cells: &Cells<'_>, schema: Option<SmolStr>, everywhere: bool, reading: &mut Reading) -> Result<(), String> {
    let maker: &str = cells.get(1)?;
    let things = match cells.get::<&str>(2)? {
        "r" => "TABLES",
        "S" => "SEQUENCES",
        "f" => "FUNCTIONS",
        "T" => "TYPES",
        "n" => "SCHEMAS",
        "L" => "LARGE OBJECTS",
        other => return Err(format!("default privileges on things of class `{other}` are unknown to this version")),
    };
    let made_by = reading.neutral_role(maker);
    let told = grant::told(cells, 3, maker, &|role| reading.neutral_role(role))?;
    for grant::Attributes { role, privileges, grantable, .. } in told.into_values() {
        let mut names = vec![SmolStr::new(&made_by), SmolStr::new(things.to_lowercase()), SmolStr::new(&role)];
        names.extend(everywhere.then_some(SmolStr::new_static("everywhere")));
        let id = ObjectId::new("default_privilege", names).in_schema(schema.clone());
        let attributes =
            Attributes { made_by: made_by.clone(), things: things.to_owned(), role, privileges, grantable, everywhere };
        let object = object(id, &attributes, [])?;
        reading.add_part(object);
    }
    Ok(())
}

/// What a role may do where nothing is told.
fn default_of(attributes: &Attributes) -> Vec<String> {
    let names: &[&str] = match (attributes.role.as_str(), attributes.things.as_str()) {
        _ if !attributes.everywhere => &[],
        (OWNER, _) => &[grant::ALL],
        (EVERYBODY, "FUNCTIONS") => &["EXECUTE"],
        (EVERYBODY, "TYPES") => &["USAGE"],
        _ => &[],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

fn lead(
    step: MigrationStep,
    object: &Object,
    before: Option<&Attributes>,
    after: Option<&Attributes>,
) -> Result<Vec<MigrationStep>, PlanError> {
    let Some(told) = after.or(before) else { return Ok(Vec::new()) };
    let head = || {
        let statement = Spoken::default().text("ALTER DEFAULT PRIVILEGES FOR ROLE ").role(&told.made_by, "");
        match &object.id.schema {
            _ if told.everywhere => statement.text(" "),
            Some(schema) => statement.text(format!(" IN SCHEMA {} ", identifier(schema))),
            None => statement.text(" IN SCHEMA ").own_schema().text(" "),
        }
    };
    let on = || Spoken::default().text(told.things.clone());
    let words = Words { head: &head, on: &on, column: None, owner: "" };
    let default = default_of(told);
    let has = |side: Option<&Attributes>| side.map_or_else(|| default.clone(), |side| side.privileges.clone());
    let can_grant = |side: Option<&Attributes>| side.map_or_else(Vec::new, |side| side.grantable.clone());
    let role = if told.role == OWNER { &told.made_by } else { &told.role };
    let statements = words.change(role, &[&has(before), &can_grant(before)], &[&has(after), &can_grant(after)]);
    let roles = [told.made_by.as_str(), told.role.as_str()];
    let roles = if after.is_some() { &roles[..] } else { &roles[..1] };
    Ok(vec![spoken::step(step, &statements, roles, "a default privilege")?])
}

pub(super) struct DefaultPrivilege;

impl Kind for DefaultPrivilege {
    fn name(&self) -> &'static str {
        "default_privilege"
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Alter
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        lead(MigrationStep::create(&object.id, ""), object, None, Some(&attributes_of(object)?))
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Option<Attributes> = sides.from.get(&object.id).map(attributes_of).transpose()?;
        lead(MigrationStep::alter(&object.id, ""), object, before.as_ref(), Some(&attributes_of(object)?))
    }

    fn drop(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        lead(MigrationStep::drop(&object.id, ""), object, Some(&attributes_of(object)?), None)
    }

    fn coverage(&self) -> Option<&'static str> {
        Some(Include::Grants.name())
    }

    /// With the schema that they are in.
    fn goes_along(&self) -> bool {
        true
    }
}
