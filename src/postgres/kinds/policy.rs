//! Row security policies. That a table is under row security at all is the table's own attribute.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, is_default, object};
use super::super::printed;
use super::super::quote::{identifier, last_part, outer_name};
use super::super::spoken::{self, Spoken};
use super::table;
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    /// `SELECT`, `INSERT`, `UPDATE` or `DELETE`; absent where it is for all of them.
    #[serde(skip_serializing_if = "is_default")]
    command: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    restrictive: bool,
    /// Names as snapshots tell them, sorted; absent where it is for everybody.
    #[serde(skip_serializing_if = "is_default")]
    roles: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    using: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    with_check: Option<String>,
}

pub(in super::super) const SOURCE: Source = Source { name: "policy", body, read };

/// Most databases have none, so it is asked once whether there are any before each table is asked for its own.
fn body(_: &Server) -> String {
    "SELECT p.oid, p.polrelid, p.polname::text, p.polcmd::text, p.polpermissive, \
     (SELECT array_agg(r.rolname::text ORDER BY r.rolname) FROM pg_roles r WHERE r.oid = ANY(p.polroles)), \
     pg_get_expr(p.polqual, p.polrelid), pg_get_expr(p.polwithcheck, p.polrelid) \
     FROM pg_depend d JOIN pg_policy p ON p.polrelid = d.objid \
     WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1259 \
     AND EXISTS (SELECT FROM pg_policy)"
        .to_owned()
}

fn read(cells: &Cells<'_>, _: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let (oid, relation_oid): (u32, u32) = (cells.get(1)?, cells.get(2)?);
    let Some(relation) = reading.relations.get(&relation_oid) else { return Ok(()) };
    let outer = relation.id.clone();
    let id = outer.sibling("policy", [outer.name[0].clone(), SmolStr::new(cells.get::<&str>(3)?)]);
    let command = match cells.get::<&str>(4)? {
        "r" => Some("SELECT"),
        "a" => Some("INSERT"),
        "w" => Some("UPDATE"),
        "d" => Some("DELETE"),
        _ => None,
    };
    let roles: Vec<&str> = cells.get::<Option<_>>(6)?.unwrap_or_default();
    let mut roles: Vec<String> = roles.into_iter().map(|role| reading.neutral_role(role)).collect();
    roles.sort_unstable();
    let attributes = Attributes {
        command: command.map(str::to_owned),
        restrictive: !cells.get::<bool>(5)?,
        roles,
        using: cells.get::<Option<String>>(7)?.map(printed::expression),
        with_check: cells.get::<Option<String>>(8)?.map(printed::expression),
    };
    reading.add((class::POLICY, oid, 0), object(id, &attributes, [outer])?);
    Ok(())
}

pub(super) struct Policy;

/// What CREATE and ALTER say in the same words, behind what they begin with.
fn clauses(head: String, roles: Option<&[String]>, using: Option<&str>, with_check: Option<&str>) -> Spoken {
    let mut statement = Spoken::default().text(head);
    for (place, role) in roles.into_iter().flatten().enumerate() {
        statement = statement.text(if place == 0 { " TO " } else { ", " }).role(role, "");
    }
    if roles.is_some_and(<[String]>::is_empty) {
        statement = statement.text(" TO PUBLIC");
    }
    let using = using.map_or_else(String::new, |using| format!(" USING ({using})"));
    let with_check = with_check.map_or_else(String::new, |with_check| format!(" WITH CHECK ({with_check})"));
    statement.text(using).text(with_check)
}

/// Roles belong to the server and are nobody's to make here, so each must be there.
fn on_table(
    object: &Object,
    step: MigrationStep,
    statement: Spoken,
    roles: &[String],
) -> Result<Vec<MigrationStep>, PlanError> {
    let table = outer_name(&object.id);
    let roles: Vec<&str> = roles.iter().map(String::as_str).collect();
    let wanted_for = format!("the policy {} of {table}", last_part(&object.id));
    let step = step.locking(table::access_exclusive(&table));
    Ok(vec![spoken::step(step, &[statement], &roles, &wanted_for)?])
}

impl Kind for Policy {
    fn name(&self) -> &'static str {
        "policy"
    }

    /// ALTER POLICY changes an expression but takes none away.
    fn rule(&self, change: &Change<'_>) -> Rule {
        match (change.attribute, change.to) {
            ("roles", _) | ("using" | "with_check", Some(_)) => Rule::Alter,
            _ => Rule::Replace,
        }
    }

    /// It may have to go before a column can, and come back only when another column is there.
    fn rebinds(&self, _: &[Change<'_>], _: &ObjectId) -> bool {
        false
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let mut text = format!("CREATE POLICY {} ON {}", identifier(last_part(&object.id)), outer_name(&object.id));
        if attributes.restrictive {
            text.push_str(" AS RESTRICTIVE");
        }
        if let Some(command) = &attributes.command {
            text.push_str(&format!(" FOR {command}"));
        }
        let roles = Some(attributes.roles.as_slice()).filter(|roles| !roles.is_empty());
        let statement = clauses(text, roles, attributes.using.as_deref(), attributes.with_check.as_deref());
        on_table(object, MigrationStep::create(&object.id, ""), statement, &attributes.roles)
    }

    fn alter(&self, object: &Object, changes: &[Change<'_>], _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let changes = |name: &str| changes.iter().any(|change| change.attribute == name);
        let name = identifier(last_part(&object.id));
        let statement = clauses(
            format!("ALTER POLICY {name} ON {}", outer_name(&object.id)),
            changes("roles").then_some(attributes.roles.as_slice()),
            attributes.using.as_deref().filter(|_| changes("using")),
            attributes.with_check.as_deref().filter(|_| changes("with_check")),
        );
        let roles: &[String] = if changes("roles") { &attributes.roles } else { &[] };
        on_table(object, MigrationStep::alter(&object.id, ""), statement, roles)
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let name = outer_name(&object.id);
        let statement = format!("DROP POLICY {} ON {name}", identifier(last_part(&object.id)));
        let step = MigrationStep::drop(&object.id, statement).unmaking(super::comments_of(&object.id, sides.from));
        Ok(vec![step.locking(table::access_exclusive(&name))])
    }
}
