//! Identity columns: what numbers them, and the sequence behind them, which is theirs alone and no object of its own.

use schema_sync_store::ObjectId;
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::is_default;
use super::super::quote::{identifier, in_schema, last_part};
use super::column::altering;
use super::sequence::SequenceOptions;
use crate::plan::{Fold, HazardKind, MigrationStep};

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Identity {
    #[serde(skip_serializing_if = "is_default")]
    by_default: bool,
    #[serde(skip_serializing_if = "is_default")]
    sequence: SequenceOptions,
    /// The sequence's name, where it is not the one that the server chooses.
    #[serde(skip_serializing_if = "is_default")]
    name: Option<SmolStr>,
}

impl Identity {
    pub(super) fn read(kind: &str, column: &ObjectId, (name, sequence): (SmolStr, SequenceOptions)) -> Self {
        let name = Some(name).filter(|name| !name.is_empty() && *name != chosen_name(column));
        Self { by_default: kind == "d", sequence, name }
    }

    /// As a column's definition has it.
    pub(super) fn clause(&self, column: &ObjectId) -> String {
        let name = self.name.as_ref().map(|name| format!("SEQUENCE NAME {}", in_schema(column.schema.as_ref(), name)));
        let options: Vec<String> = name.into_iter().chain(self.sequence.clauses()).collect();
        let options = if options.is_empty() { String::new() } else { format!(" ({})", options.join(" ")) };
        format!("GENERATED {} AS IDENTITY{options}", self.kind())
    }

    fn kind(&self) -> &'static str {
        if self.by_default { "BY DEFAULT" } else { "ALWAYS" }
    }

    fn name(&self, column: &ObjectId) -> SmolStr {
        self.name.clone().unwrap_or_else(|| chosen_name(column))
    }

    /// The steps that bring another identity of a column to this one.
    pub(super) fn changes_from(&self, before: &Self, column: &ObjectId) -> Vec<MigrationStep> {
        let mut steps = Vec::new();
        let (old_name, name) = (before.name(column), self.name(column));
        if old_name != name {
            let (old_name, name) = (in_schema(column.schema.as_ref(), &old_name), identifier(&name));
            let step = MigrationStep::alter(column, format!("ALTER SEQUENCE {old_name} RENAME TO {name}"));
            steps.push(MigrationStep { fold: Fold::Alone, ..step });
        }
        let mut clauses = Vec::new();
        if before.by_default != self.by_default {
            clauses.push(format!("SET GENERATED {}", self.kind()));
        }
        let spelled = |clause: String| if clause == "RESTART" { clause } else { format!("SET {clause}") };
        clauses.extend(self.sequence.changes_from(&before.sequence).into_iter().map(spelled));
        if !clauses.is_empty() {
            let step = altering(column, &clauses.join(" "));
            steps.push(match self.sequence.loss_from(&before.sequence) {
                Some(loss) => step.hazard(HazardKind::DataLoss, loss),
                None => step,
            });
        }
        steps
    }
}

/// The longest name in bytes (`NAMEDATALEN` of PostgreSQL's sources, less the byte that ends it).
const LONGEST_NAME: usize = 63;

/// The name that the server gives where none is told: of table and column, the longer of which is cut first
/// (`makeObjectName` in PostgreSQL's sources).
fn chosen_name(column: &ObjectId) -> SmolStr {
    const LABEL: &str = "_seq";
    let (table, column) = (column.name.first().map_or("", SmolStr::as_str), last_part(column));
    let (mut table_length, mut column_length) = (table.len(), column.len());
    while table_length + column_length + 1 + LABEL.len() > LONGEST_NAME {
        if table_length > column_length { table_length -= 1 } else { column_length -= 1 }
    }
    let is_whole = |text: &str, length: &usize| text.is_char_boundary(*length);
    let cut = |text: &str, length: usize| {
        let whole = (0..=length).rev().find(|length| is_whole(text, length)).unwrap_or_default();
        text[..whole].to_owned()
    };
    SmolStr::new(format!("{}_{}{LABEL}", cut(table, table_length), cut(column, column_length)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(table: &str, column: &str, expected: &str) {
        assert_eq!(chosen_name(&ObjectId::new("column", [table, column])), expected);
    }

    #[test]
    fn the_server_cuts_the_longer_of_two_names() {
        check("users", "id", "users_id_seq");
        let (long, other) = ("t".repeat(63), "c".repeat(40));
        check(&long, "id", &format!("{}_id_seq", "t".repeat(56)));
        check(&long, &other, &format!("{}_{}_seq", "t".repeat(29), "c".repeat(29)));
        check(&"é".repeat(31), "id", &format!("{}_id_seq", "é".repeat(28)));
    }
}
