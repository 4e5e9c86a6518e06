//! Identity columns: their sequences, which are no objects of their own, and what the server calls these by itself.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::is_default;
use super::super::quote::{identifier, in_schema, last_part, literal, outer_name};
use super::column::{Attributes, altering};
use super::sequence::SequenceOptions;
use super::{column, lineage, table};
use crate::kind::{Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Identity {
    #[serde(skip_serializing_if = "is_default")]
    pub(super) by_default: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) sequence: SequenceOptions,
    /// What the sequence is called, where that is not what the server calls it by itself.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) sequence_name: Option<SmolStr>,
    /// What the sequence counts in, where that is not the column's type: `LIKE … INCLUDING IDENTITY` makes it `bigint`.
    #[serde(skip_serializing_if = "is_default")]
    sequence_type: Option<String>,
    /// Whether the sequence is logged where its table is unlogged, and the other way.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) sequence_logged_otherwise: bool,
}

impl Identity {
    pub(super) fn of(
        by_default: bool,
        found: IdentitySequence,
        table: &ObjectId,
        (column, column_type): (&str, &str),
    ) -> Self {
        let IdentitySequence { options, type_name, name, logged_otherwise } = found;
        let sequence_name = Some(name).filter(|name| *name != default_name(last_part(table), column));
        let sequence_type = Some(type_name).filter(|name| name != column_type);
        let sequence_logged_otherwise = logged_otherwise;
        Self { by_default, sequence: options, sequence_name, sequence_type, sequence_logged_otherwise }
    }

    /// The bare name of the sequence of a column.
    pub(super) fn sequence_name(&self, column: &ObjectId) -> SmolStr {
        self.sequence_name.clone().unwrap_or_else(|| default_name(&column.name[0], last_part(column)))
    }

    /// The name of the sequence of a column, qualified.
    pub(super) fn sequence_of(&self, column: &ObjectId) -> String {
        in_schema(column.schema.as_ref(), &self.sequence_name(column))
    }
}

/// The sequence of an identity column, which is told by the column.
#[derive(Debug, Default)]
pub(in super::super) struct IdentitySequence {
    pub(super) options: SequenceOptions,
    pub(super) type_name: String,
    pub(super) name: SmolStr,
    /// Whether it is logged where its table is unlogged, and the other way.
    pub(super) logged_otherwise: bool,
}

/// What an identifier may have in bytes (`NAMEDATALEN` in PostgreSQL's sources, less the one that ends it).
const NAME_BYTES_MAX: usize = 63;

/// What the server calls the sequence of a column by itself (`makeObjectName` in PostgreSQL's sources): the longer of the
/// two names is cut until both fit.
pub(super) fn default_name(table: &str, column: &str) -> SmolStr {
    let room = NAME_BYTES_MAX - "__seq".len();
    let (mut of_table, mut of_column) = (table.len(), column.len());
    while of_table + of_column > room {
        if of_table > of_column { of_table -= 1 } else { of_column -= 1 }
    }
    let cut = |name: &str, bytes: usize| {
        let end = (0..=bytes).rev().find(|end| name.is_char_boundary(*end)).unwrap_or_default();
        name[..end].to_owned()
    };
    SmolStr::new(format!("{}_{}_seq", cut(table, of_table), cut(column, of_column)))
}

/// What makes a column an identity.
pub(super) fn clause(column: &ObjectId, identity: &Identity) -> String {
    let name = identity.sequence_name.as_ref().map(|_| format!("SEQUENCE NAME {}", identity.sequence_of(column)));
    let options = name.into_iter().chain(identity.sequence.clauses()).collect::<Vec<_>>().join(" ");
    let options = if options.is_empty() { options } else { format!(" ({options})") };
    format!("GENERATED {} AS IDENTITY{options}", kind(identity))
}

fn kind(identity: &Identity) -> &'static str {
    if identity.by_default { "BY DEFAULT" } else { "ALWAYS" }
}

/// The step by which a column that is there becomes an identity. It goes on behind the values that the column has.
pub(super) fn add(id: &ObjectId, identity: &Identity) -> MigrationStep {
    let (table, column) = (outer_name(id), identifier(last_part(id)));
    let sequence = format!("pg_get_serial_sequence({}, {})", literal(&table), literal(last_part(id)));
    let (furthest, comparison) = if identity.sequence.descends() { ("min", "<=") } else { ("max", ">=") };
    let first = identity.sequence.first();
    let text = format!("{} ALTER COLUMN {column} ADD {}", table::head(id), clause(id, identity));
    let step = MigrationStep::alter(id, text).locking(table::access_exclusive(&table));
    step.then(format!(
        "SELECT setval({sequence}, {furthest}({column})) FROM {table} HAVING {furthest}({column}) {comparison} {first}"
    ))
}

/// The statements that add an identity column to a table with children, which the server refuses to do in one: rows, also
/// those of children, get their values of a sequence that lives until then.
pub(super) fn add_to_all(column: &Object, identity: &Identity, sides: &Sides<'_>) -> Result<Vec<String>, PlanError> {
    let id = &column.id;
    let mut plain = column.clone();
    plain.attributes.remove("identity");
    let counter = in_schema(Some(&"pg_temp".into()), &identity.sequence_name(id));
    let options: String = identity.sequence.clauses().iter().map(|clause| format!(" {clause}")).collect();
    let (head, name) = (table::head(id), identifier(last_part(id)));
    let definition = column::definition(&plain, None, sides.to)?;
    let mut statements = vec![
        format!("CREATE TEMPORARY SEQUENCE {}{options}", identifier(&identity.sequence_name(id))),
        format!("{head} ADD COLUMN {definition} DEFAULT nextval({})", literal(&counter)),
        format!("{head} ALTER COLUMN {name} DROP DEFAULT"),
        format!("DROP SEQUENCE {counter}"),
    ];
    statements.extend(add(id, identity).statements);
    Ok(statements)
}

/// The step by which a column is no identity any more. It stands alone: beside a change of the type in one statement, the
/// server looks first for a sequence that can count in the new type.
pub(super) fn drop(id: &ObjectId) -> MigrationStep {
    let text = format!("{} ALTER COLUMN {} DROP IDENTITY", table::head(id), identifier(last_part(id)));
    MigrationStep::alter(id, text).locking(table::access_exclusive(&outer_name(id)))
}

/// The steps that change an identity in place.
pub(super) fn alter(id: &ObjectId, before: &Identity, after: &Identity) -> Vec<MigrationStep> {
    let mut clauses = Vec::new();
    if before.by_default != after.by_default {
        clauses.push(format!("SET GENERATED {}", kind(after)));
    }
    let changes = after.sequence.changes_from(&before.sequence);
    let spelled = |clause: String| if clause == "RESTART" { clause } else { format!("SET {clause}") };
    clauses.extend(changes.into_iter().map(spelled));
    let mut steps = Vec::new();
    if !clauses.is_empty() {
        let step = altering(id, &clauses.join(" "));
        steps.push(match after.sequence.loss_from(&before.sequence) {
            Some(loss) => step.hazard(HazardKind::DataLoss, loss),
            None => step,
        });
    }
    if before.sequence_name != after.sequence_name {
        let (old, new) = (before.sequence_of(id), identifier(&after.sequence_name(id)));
        steps.push(MigrationStep::alter(id, format!("ALTER SEQUENCE {old} RENAME TO {new}")));
    }
    steps
}

/// The step by which the sequence of an identity column counts in another type than the column's, or no longer does.
pub(super) fn sequence_type(id: &ObjectId, before: &Attributes, after: &Attributes) -> Option<MigrationStep> {
    let identity = after.identity.as_ref()?;
    let was = before.identity.as_ref().and_then(|identity| identity.sequence_type.as_ref());
    // With the column's type, the server changes that of the sequence.
    let is_reset = before.type_name != after.type_name && identity.sequence_type.is_some();
    if was == identity.sequence_type.as_ref() && !is_reset {
        return None;
    }
    let type_name = identity.sequence_type.as_ref().unwrap_or(&after.type_name);
    let bounds = identity.sequence.bounds_clauses().join(" ");
    let statement = format!("ALTER SEQUENCE {} AS {type_name} {bounds}", identity.sequence_of(id));
    Some(MigrationStep::alter(id, statement))
}

/// The sequence of an identity column is logged as its table is, where nothing else is said of it.
pub(super) fn sequence_logging(
    id: &ObjectId,
    before: &Attributes,
    after: &Attributes,
    sides: &Sides<'_>,
) -> Option<MigrationStep> {
    let identity = after.identity.as_ref()?;
    let was_otherwise = before.identity.as_ref().is_some_and(|identity| identity.sequence_logged_otherwise);
    let table = sides.to.get(&lineage::table_of(id))?;
    let is_logged = table.attribute("unlogged").is_some() == identity.sequence_logged_otherwise;
    let word = if is_logged { "LOGGED" } else { "UNLOGGED" };
    let statement = format!("ALTER SEQUENCE {} SET {word}", identity.sequence_of(id));
    (was_otherwise != identity.sequence_logged_otherwise).then(|| MigrationStep::alter(id, statement))
}

/// The name of the sequence of an identity column, where it is logged and its table is not, or the other way.
pub(super) fn sequence_logged_otherwise(column: &Object) -> Option<String> {
    let identity = attributes_of::<Attributes>(column).ok()?.identity?;
    identity.sequence_logged_otherwise.then(|| identity.sequence_of(&column.id))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_names_are_cut_as_the_server_cuts_them() {
        let check = |table: &str, column: &str, expected: &str| assert_eq!(default_name(table, column), expected);
        check("users", "id", "users_id_seq");
        check(&"t".repeat(63), "id", &format!("{}_id_seq", "t".repeat(56)));
        check(&"t".repeat(40), &"c".repeat(40), &format!("{}_{}_seq", "t".repeat(29), "c".repeat(29)));
        check(&"ü".repeat(31), "id", &format!("{}_id_seq", "ü".repeat(28)));
        check(&format!("a{}", "ü".repeat(31)), "id", &format!("a{}_id_seq", "ü".repeat(27)));
    }
}
