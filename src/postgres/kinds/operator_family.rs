//! Operator families: what belongs to them beside their classes, and how members are read and spelled for both.

use schema_sync_store::Object;
use serde::{Deserialize, Serialize};

use super::super::catalog::{Server, is_default};
use super::super::quote::{identifier, last_part, outer_name};
use super::described::{Described, name_of};
use super::replaced::{drop_step, target};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    #[serde(skip_serializing_if = "is_default")]
    members: Vec<Member>,
}

/// An operator of a strategy or a function of a support number.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Member {
    number: i32,
    left: String,
    right: String,
    #[serde(default, skip_serializing_if = "is_default")]
    operator: Option<String>,
    #[serde(default, skip_serializing_if = "is_default")]
    function: Option<String>,
    /// The family that an operator orders by; without one it is for searching.
    #[serde(default, skip_serializing_if = "is_default")]
    order_by: Option<String>,
}

impl Member {
    /// As CREATE OPERATOR CLASS and ADD have it.
    pub(super) fn definition(&self) -> String {
        let Self { number, left, right, .. } = self;
        match (&self.operator, &self.function) {
            (Some(operator), _) => {
                let order = self.order_by.as_ref().map_or_else(String::new, |family| format!(" FOR ORDER BY {family}"));
                format!("OPERATOR {number} {operator}{order}")
            }
            (None, function) => {
                format!("FUNCTION {number} ({left}, {right}) {}", function.as_deref().unwrap_or_default())
            }
        }
    }

    /// As DROP has it.
    fn place(&self) -> String {
        let Self { number, left, right, .. } = self;
        let word = if self.operator.is_some() { "OPERATOR" } else { "FUNCTION" };
        format!("{word} {number} ({left}, {right})")
    }
}

/// SQL for the members of the class or family `x`, and for the addresses of their rows. What belongs to a class, and
/// what to its family alone, is told by the dependency.
pub(super) fn members(class: u32) -> String {
    let dependency = format!("m.refclassid = {class} AND m.refobjid = x.oid AND m.deptype IN ('a', 'i')");
    let member = |columns: &str, number: &str, left: &str, right: &str| {
        format!(
            "jsonb_build_object('number', {number}, 'left', format_type({left}, NULL), 'right', format_type({right}, NULL), {columns})"
        )
    };
    let family = name_of("pg_opfamily", "opf", "opfamily", "o.amopsortfamily");
    let operators = member(
        &format!("'operator', o.amopopr::regoperator::text, 'order_by', {family}"),
        "o.amopstrategy",
        "o.amoplefttype",
        "o.amoprighttype",
    );
    let functions =
        member("'function', o.amproc::regprocedure::text", "o.amprocnum", "o.amproclefttype", "o.amprocrighttype");
    format!(
        "'members', (SELECT jsonb_agg(u.member ORDER BY u.sort, u.number, u.member->>'left' COLLATE \"C\", u.member->>'right' COLLATE \"C\") \
           FROM (SELECT 1 AS sort, o.amopstrategy AS number, {operators} AS member FROM pg_depend m \
             JOIN pg_amop o ON m.classid = 2602 AND o.oid = m.objid WHERE {dependency} UNION ALL \
             SELECT 2, o.amprocnum, {functions} FROM pg_depend m \
             JOIN pg_amproc o ON m.classid = 2603 AND o.oid = m.objid WHERE {dependency}) u), \
         'aliases', (SELECT jsonb_agg(jsonb_build_array(m.classid::int8, m.objid::int8)) FROM pg_depend m \
           WHERE m.classid IN (2602, 2603) AND {dependency})"
    )
}

pub(super) const DESCRIBED: Described = Described {
    kind: "operator_family",
    class: 2753,
    catalogue: "pg_opfamily",
    name: "ARRAY[x.opfname::text, (SELECT a.amname::text FROM pg_am a WHERE a.oid = x.opfmethod)]",
    attributes,
};

fn attributes(_: &Server) -> String {
    members(2753)
}

pub(super) struct OperatorFamily;

fn change_members(object: &Object, verb: &str, members: &[String]) -> Option<String> {
    (!members.is_empty()).then(|| format!("ALTER {} {verb} {}", target(&object.id), members.join(", ")))
}

impl Kind for OperatorFamily {
    fn name(&self) -> &'static str {
        "operator_family"
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Alter
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let (name, method) = (outer_name(&object.id), identifier(last_part(&object.id)));
        let step = MigrationStep::create(&object.id, format!("CREATE OPERATOR FAMILY {name} USING {method}"));
        let members: Vec<String> = attributes.members.iter().map(Member::definition).collect();
        Ok(vec![match change_members(object, "ADD", &members) {
            Some(statement) => step.then(statement),
            None => step,
        }])
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let gone = before.members.iter().filter(|member| !after.members.contains(member)).map(Member::place).collect();
        let new = after.members.iter().filter(|member| !before.members.contains(member)).map(Member::definition);
        let gone: Vec<String> = gone;
        let new: Vec<String> = new.collect();
        let statements = [change_members(object, "DROP", &gone), change_members(object, "ADD", &new)];
        Ok(statements.into_iter().flatten().map(|text| MigrationStep::alter(&object.id, text)).collect())
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        Ok(vec![drop_step(&object.id, sides)])
    }
}
