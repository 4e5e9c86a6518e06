//! Grants, where they are asked for: what one role may do with one thing, where that is not what it may do with a new one.
//! The owner is told only where it lacks something, and everybody also where they lack what they have by default.

use std::collections::BTreeMap;

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Cells, Reading, is_default, object};
use super::super::quote::{identifier, last_part, literal, outer_name, printed_name};
use super::super::spoken::{self, EVERYBODY, OWNER, Spoken};
use super::access::{Part, Thing};
use super::owner;
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};
use crate::scope::Include;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Attributes {
    pub(super) role: String,
    /// Where it is not the owner.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) grantor: Option<String>,
    /// Sorted; empty where the role lacks what it would have by default.
    pub(super) privileges: Vec<String>,
    /// Those of them that the role may grant to others.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) grantable: Vec<String>,
    /// For a column that is no object: its name.
    #[serde(skip_serializing_if = "is_default")]
    column: Option<String>,
    /// It is on the sequence behind an identity column.
    #[serde(skip_serializing_if = "is_default")]
    identity_sequence: bool,
}

/// What each role was granted, by whom where that was not the owner.
pub(super) type Told = BTreeMap<(String, Option<String>), Attributes>;

/// What a row tells, from this column on: grantees, grantors, privileges and whether they may be granted on, as arrays;
/// then what the owner has by default, and what everybody has. Null where nothing is told.
pub(super) fn told(
    cells: &Cells<'_>,
    first: usize,
    owner: &str,
    neutral: &dyn Fn(&str) -> String,
) -> Result<Told, String> {
    let grantees: Vec<Option<String>> = cells.get::<Option<_>>(first)?.unwrap_or_default();
    let strings = |index: usize| Ok::<Vec<String>, String>(cells.get::<Option<_>>(index)?.unwrap_or_default());
    let (grantors, names) = (strings(first + 1)?, strings(first + 2)?);
    let grantable: Vec<bool> = cells.get::<Option<_>>(first + 3)?.unwrap_or_default();
    let mut told = Told::new();
    for ((grantee, grantor), (name, is_grantable)) in
        grantees.into_iter().zip(grantors).zip(names.into_iter().zip(grantable))
    {
        let role = match grantee {
            None => EVERYBODY.to_owned(),
            Some(grantee) if grantee == owner => OWNER.to_owned(),
            Some(grantee) => neutral(&grantee),
        };
        let grantor = (grantor != owner).then(|| neutral(&grantor));
        let entry = told.entry((role.clone(), grantor.clone())).or_default();
        (entry.role, entry.grantor) = (role, grantor);
        // That the owner may grant goes without saying.
        entry.grantable.extend((is_grantable && entry.role != OWNER).then(|| name.clone()));
        entry.privileges.push(name);
    }
    for entry in told.values_mut() {
        entry.privileges.sort_unstable();
        entry.grantable.sort_unstable();
    }
    leave_out_defaults(&mut told, [(OWNER, strings(first + 4)?), (EVERYBODY, strings(first + 5)?)]);
    Ok(told)
}

/// Leaves out what is as by default, and tells who lacks that.
fn leave_out_defaults(told: &mut Told, defaults: [(&str, Vec<String>); 2]) {
    for (role, mut default) in defaults.into_iter().filter(|(_, default)| !default.is_empty()) {
        default.sort_unstable();
        let key = (role.to_owned(), None);
        let found = told.entry(key.clone()).or_default();
        role.clone_into(&mut found.role);
        if found.privileges == default && found.grantable.is_empty() {
            told.remove(&key);
        }
    }
}

pub(super) fn read(cells: &Cells<'_>, thing: &Thing<'_>, reading: &mut Reading) -> Result<(), String> {
    let told = told(cells, 7, thing.owner, &|role| reading.neutral_role(role))?;
    let id_of = |(role, grantor): &(String, Option<String>)| {
        let mut names = thing.names();
        names.push(SmolStr::new(role));
        names.extend(grantor.as_ref().map(SmolStr::new));
        thing.object_id("grant", names)
    };
    let owner = reading.shared.scope.includes(Include::Owners).then(|| thing.owner_id());
    let owner = owner.filter(|owner| reading.has(owner));
    for (key, attributes) in &told {
        let mut attributes = attributes.clone();
        match thing.part {
            Some(Part::Column(column)) => attributes.column = Some(column.to_owned()),
            Some(Part::IdentitySequence) => attributes.identity_sequence = true,
            None => {}
        }
        let may_grant = |other: &&(String, Option<String>)| {
            key.1.as_ref() == Some(&other.0) && told.get(*other).is_some_and(|grant| !grant.grantable.is_empty())
        };
        let needs = told.keys().filter(may_grant).map(id_of).chain(thing.target.clone()).chain(owner.clone());
        let object = object(id_of(key), &attributes, needs.collect::<Vec<_>>())?;
        reading.add_part(object);
    }
    Ok(())
}

/// What a grant is on.
fn target_of(object: &Object) -> Option<&ObjectId> {
    object
        .needs
        .iter()
        .filter(|need| !matches!(need.kind.as_str(), "grant" | "owner"))
        .max_by_key(|need| (need.kind != "schema", need.name.len()))
}

/// What GRANT calls an object.
fn granted(target: &ObjectId) -> Option<String> {
    Some(match target.kind.as_str() {
        "table" | "view" | "materialized_view" | "column" => format!("TABLE {}", outer_name(target)),
        "function" | "procedure" | "aggregate" => format!("ROUTINE {}", printed_name(target)),
        "enum" | "domain" | "composite_type" | "range_type" | "base_type" => format!("TYPE {}", outer_name(target)),
        "server" => format!("FOREIGN SERVER {}", outer_name(target)),
        "foreign_data_wrapper" => format!("FOREIGN DATA WRAPPER {}", outer_name(target)),
        "sequence" | "schema" | "language" => format!("{} {}", target.kind.to_uppercase(), outer_name(target)),
        _ => return None,
    })
}

/// The object whose owner owns a target: a column has its table's.
fn owned(target: &ObjectId) -> ObjectId {
    if target.kind == "column" { target.sibling("table", [target.name[0].clone()]) } else { target.clone() }
}

/// What everybody may do with a new object (PostgreSQL manual, 5.7).
fn default_of_everybody(target: Option<&ObjectId>) -> Vec<String> {
    let names: &[&str] = match target.map_or("", |target| target.kind.as_str()) {
        "function" | "procedure" | "aggregate" => &["EXECUTE"],
        "enum" | "domain" | "composite_type" | "range_type" | "base_type" | "language" => &["USAGE"],
        _ => &[],
    };
    names.iter().map(|name| (*name).to_owned()).collect()
}

/// What a role has, on one side: nothing told is the default, which for an owner is all that there is.
struct Having {
    privileges: Vec<String>,
    grantable: Vec<String>,
}

/// All privileges there are, on whatever version.
pub(super) const ALL: &str = "ALL";

fn having(told: Option<&Attributes>, role: &str, target: Option<&ObjectId>, is_on_column: bool) -> Having {
    match (told, role) {
        (Some(Attributes { privileges, grantable, .. }), _) => {
            Having { privileges: privileges.clone(), grantable: grantable.clone() }
        }
        // What may be done with a column is by default what may be done with its table.
        (None, OWNER) if !is_on_column => Having { privileges: vec![ALL.to_owned()], grantable: Vec::new() },
        (None, EVERYBODY) => Having { privileges: default_of_everybody(target), grantable: Vec::new() },
        (None, _) => Having { privileges: Vec::new(), grantable: Vec::new() },
    }
}

/// REVOKE and GRANT in the making: what stands behind `ON`, and what is behind each privilege.
pub(super) struct Words<'a> {
    /// What stands before it: nothing, or `ALTER DEFAULT PRIVILEGES …`.
    pub(super) head: &'a dyn Fn() -> Spoken,
    pub(super) on: &'a dyn Fn() -> Spoken,
    pub(super) column: Option<&'a str>,
    /// SQL for the name of the owner.
    pub(super) owner: &'a str,
}

impl Words<'_> {
    fn list(&self, names: &[String]) -> String {
        let column = self.column.map_or_else(String::new, |column| format!(" ({})", identifier(column)));
        names.iter().map(|name| format!("{name}{column}")).collect::<Vec<_>>().join(", ")
    }

    fn revoke(&self, option: &str, names: &[String], role: &str) -> Spoken {
        let text = format!("REVOKE {option}{} ON ", self.list(names));
        let statement = (self.head)().text(text).then((self.on)()).text(" FROM ");
        statement.role(role, self.owner).text(" CASCADE")
    }

    fn grant(&self, names: &[String], role: &str, option: &str) -> Spoken {
        let text = format!("GRANT {} ON ", self.list(names));
        (self.head)().text(text).then((self.on)()).text(" TO ").role(role, self.owner).text(option)
    }

    /// The statements that lead from what a role has to what it shall have.
    pub(super) fn change(&self, role: &str, before: &[&[String]; 2], after: &[&[String]; 2]) -> Vec<Spoken> {
        let [had, could_grant] = *before;
        let [has, can_grant] = *after;
        let beyond = |left: &[String], right: &[String]| -> Vec<String> {
            left.iter().filter(|name| !right.contains(name)).cloned().collect()
        };
        let all = [ALL.to_owned()];
        let mut statements = Vec::new();
        let (mut lost, mut gained) = (beyond(had, has), beyond(has, had));
        if had == all && has != all {
            (lost, gained) = (all.to_vec(), has.to_vec());
        } else if has == all {
            lost.clear();
        }
        if !lost.is_empty() {
            statements.push(self.revoke("", &lost, role));
        }
        let kept: Vec<String> = could_grant.iter().filter(|name| has.contains(name)).cloned().collect();
        let option_lost = beyond(&kept, can_grant);
        if !option_lost.is_empty() {
            statements.push(self.revoke("GRANT OPTION FOR ", &option_lost, role));
        }
        let plain = beyond(&gained, can_grant);
        if !plain.is_empty() {
            statements.push(self.grant(&plain, role, ""));
        }
        let option_gained = beyond(can_grant, could_grant);
        if !option_gained.is_empty() {
            statements.push(self.grant(&option_gained, role, " WITH GRANT OPTION"));
        }
        statements
    }
}

pub(super) struct Grant;

/// The step from one side to the other, done by whoever granted it.
fn lead(
    step: MigrationStep,
    object: &Object,
    before: Option<&Attributes>,
    after: Option<&Attributes>,
    sides: &Sides<'_>,
) -> Result<Vec<MigrationStep>, PlanError> {
    let Some(told) = after.or(before) else { return Ok(Vec::new()) };
    let target = target_of(object);
    let on_text = match target {
        Some(_) if told.identity_sequence => String::new(),
        Some(target) => granted(target).ok_or_else(|| PlanError::Refused {
            object: target.clone(),
            reason: format!("{} may do something else with it, and grants on such objects are not modelled", told.role),
        })?,
        None => String::new(),
    };
    let on = || match target {
        Some(column) if told.identity_sequence => {
            let (table, name) = (literal(&outer_name(column)), literal(last_part(column)));
            Spoken::default().text("SEQUENCE ").asked(format!("pg_catalog.pg_get_serial_sequence({table}, {name})"))
        }
        Some(_) => Spoken::default().text(on_text.clone()),
        None => Spoken::default().text("SCHEMA ").own_schema(),
    };
    let column = target.filter(|target| target.kind == "column" && !told.identity_sequence).map(last_part);
    let owner = owner::asked(target.map(owned).as_ref());
    let words = Words { head: &Spoken::default, on: &on, column: told.column.as_deref().or(column), owner: &owner };
    let is_on_column = words.column.is_some();
    let (had, has) =
        (having(before, &told.role, target, is_on_column), having(after, &told.role, target, is_on_column));
    let mut statements = words.change(
        &told.role,
        &[had.privileges.as_slice(), had.grantable.as_slice()],
        &[has.privileges.as_slice(), has.grantable.as_slice()],
    );
    if after.is_none() && target.is_none() && told.role == EVERYBODY {
        statements.push(Spoken::default().text(DEFAULT_ON_PUBLIC));
    }
    let mut roles: Vec<&str> = if after.is_some() { vec![&told.role] } else { Vec::new() };
    if let Some(grantor) = &told.grantor {
        roles.push(grantor);
        statements.insert(0, Spoken::default().text("SET LOCAL ROLE ").role(grantor, ""));
        statements.push(Spoken::default().text("RESET ROLE"));
    }
    let wanted_for =
        target.map_or_else(|| "a grant on the tenant's schema".to_owned(), |id| format!("a grant on {id}"));
    let whole = if is_on_column && after.is_some() { of_tables(object, told, sides) } else { Vec::new() };
    let steps = vec![spoken::step(step, &statements, &roles, &wanted_for)?.after(whole)];
    let target = target.and_then(|id| sides.to.get(id).or_else(|| sides.from.get(id)));
    Ok(match target {
        Some(target) => super::found_by_bare_name(target, sides, steps),
        None => steps,
    })
}

/// What the role of a grant on a column has on the column's table, on either side.
fn of_tables(object: &Object, told: &Attributes, sides: &Sides<'_>) -> Vec<ObjectId> {
    let Some(table) = target_of(object).map(owned) else { return Vec::new() };
    let grants = [sides.from, sides.to].into_iter().flat_map(|side| side.of_kind("grant"));
    let is_of_table = |other: &&Object| {
        let role = other.attribute("role").and_then(serde_json::Value::as_str);
        role == Some(&told.role) && target_of(other) == Some(&table) && other.attribute("column").is_none()
    };
    grants.filter(is_of_table).map(|other| other.id.clone()).collect()
}

/// Whether a grant is on a column: of a table, which is an object, or of a view.
fn is_on_column(object: &Object) -> bool {
    let is_of_table = target_of(object).is_some_and(|target| target.kind == "column");
    (is_of_table && object.attribute("identity_sequence").is_none()) || object.attribute("column").is_some()
}

/// Gives everybody what they had on the schema at hand when the database was made; nothing but where that is `public`.
const DEFAULT_ON_PUBLIC: &str = "DO $$DECLARE name text; BEGIN \
     FOR name IN SELECT e.privilege_type FROM pg_catalog.pg_init_privs i, pg_catalog.aclexplode(i.initprivs) e \
     WHERE i.classoid = 2615 AND i.objoid = pg_catalog.current_schema()::pg_catalog.regnamespace AND e.grantee = 0 \
     LOOP EXECUTE pg_catalog.format('GRANT %s ON SCHEMA %I TO PUBLIC', name, pg_catalog.current_schema()); END LOOP; END$$";

impl Kind for Grant {
    fn name(&self) -> &'static str {
        "grant"
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Alter
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let after = attributes_of(object)?;
        lead(MigrationStep::create(&object.id, ""), object, None, Some(&after), sides)
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Option<Attributes> = sides.from.get(&object.id).map(attributes_of).transpose()?;
        let after = attributes_of(object)?;
        lead(MigrationStep::alter(&object.id, ""), object, before.as_ref(), Some(&after), sides)
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before = attributes_of(object)?;
        lead(MigrationStep::drop(&object.id, ""), object, Some(&before), None, sides)
    }

    /// Taking something away from a role on a table takes it away on all columns of that.
    fn displaces(&self, object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
        let privileges = |side: Option<&Object>| -> Vec<String> {
            side.and_then(|grant| attributes_of::<Attributes>(grant).ok())
                .map(|grant| grant.privileges)
                .unwrap_or_default()
        };
        let kept = privileges(sides.to.get(&object.id));
        let loses = privileges(sides.from.get(&object.id)).iter().any(|privilege| !kept.contains(privilege));
        if is_on_column(object) || !loses {
            return Vec::new();
        }
        let is_of_role = |other: &&Object| {
            is_on_column(other)
                && other.attribute("role") == object.attribute("role")
                && target_of(other).map(owned).as_ref() == target_of(object)
        };
        sides.from.of_kind("grant").filter(is_of_role).map(|other| other.id.clone()).collect()
    }

    fn coverage(&self) -> Option<&'static str> {
        Some(Include::Grants.name())
    }

    fn goes_along(&self) -> bool {
        true
    }
}
