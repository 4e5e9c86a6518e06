//! Sequences, also those that belong to a column; and the options that identity columns share with them.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};

use super::super::catalog::{Cells, Reading, class, is_default, object};
use super::super::quote::outer_name;
use super::relation::RelationRow;
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

/// A sequence's options. Bounds are strings: JSON's numbers do not hold 64 bits.
#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(in super::super) struct SequenceOptions {
    #[serde(skip_serializing_if = "is_default")]
    start: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    increment: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    minimum: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    maximum: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    cache: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    cycle: bool,
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Attributes {
    #[serde(rename = "type", skip_serializing_if = "is_default")]
    type_name: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    unlogged: bool,
    /// The column that it goes with, as the server prints it: `users.id`.
    #[serde(skip_serializing_if = "is_default")]
    owned_by: Option<String>,
    #[serde(flatten)]
    options: SequenceOptions,
}

impl SequenceOptions {
    /// The options of `pg_sequence` where they are not the defaults (PostgreSQL manual, CREATE SEQUENCE).
    fn read(cells: &Cells<'_>, type_name: &str) -> Result<Self, String> {
        let (start, increment, maximum, minimum, cache): (i64, i64, i64, i64, i64) =
            (cells.get(20)?, cells.get(21)?, cells.get(22)?, cells.get(23)?, cells.get(24)?);
        let (type_minimum, type_maximum) = match type_name {
            "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
            "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
            _ => (i64::MIN, i64::MAX),
        };
        let ascends = increment > 0;
        let default_minimum = if ascends { 1 } else { type_minimum };
        let default_maximum = if ascends { type_maximum } else { -1 };
        let default_start = if ascends { minimum } else { maximum };
        let unless = |value: i64, default: i64| (value != default).then(|| value.to_string());
        Ok(Self {
            start: unless(start, default_start),
            increment: unless(increment, 1),
            minimum: unless(minimum, default_minimum),
            maximum: unless(maximum, default_maximum),
            cache: unless(cache, 1),
            cycle: cells.get(25)?,
        })
    }

    /// The clauses that a new sequence needs.
    pub(super) fn clauses(&self) -> Vec<String> {
        let with = |word: &str, value: &Option<String>| value.as_ref().map(|value| format!("{word} {value}"));
        let mut clauses: Vec<String> = [
            with("INCREMENT BY", &self.increment),
            with("MINVALUE", &self.minimum),
            with("MAXVALUE", &self.maximum),
            with("START WITH", &self.start),
            with("CACHE", &self.cache),
        ]
        .into_iter()
        .flatten()
        .collect();
        if self.cycle {
            clauses.push("CYCLE".to_owned());
        }
        clauses
    }

    /// The clauses that bring other options to these.
    pub(super) fn changes_from(&self, before: &Self) -> Vec<String> {
        let mut clauses = Vec::new();
        let mut set = |word: &str, old: &Option<String>, new: &Option<String>, default: &str| {
            if old != new {
                clauses.push(new.as_ref().map_or_else(|| default.to_owned(), |value| format!("{word} {value}")));
            }
        };
        set("INCREMENT BY", &before.increment, &self.increment, "INCREMENT BY 1");
        // Bounds that are not told follow the direction.
        let turns = self.descends() != before.descends();
        let unlike = |value: &Option<String>| if turns { Some(String::new()) } else { value.clone() };
        set("MINVALUE", &unlike(&before.minimum), &self.minimum, "NO MINVALUE");
        set("MAXVALUE", &unlike(&before.maximum), &self.maximum, "NO MAXVALUE");
        let first = self.minimum.as_deref().unwrap_or("1").to_owned();
        let start = if self.descends() { self.maximum.as_deref().unwrap_or("-1").to_owned() } else { first };
        // The start is told with every change of bounds, as its default follows them.
        let bounds_change =
            before.minimum != self.minimum || before.maximum != self.maximum || before.increment != self.increment;
        if before.start != self.start || bounds_change {
            clauses.push(format!("START WITH {}", self.start.as_deref().unwrap_or(&start)));
        }
        if before.cache != self.cache {
            clauses.push(format!("CACHE {}", self.cache.as_deref().unwrap_or("1")));
        }
        if before.cycle != self.cycle {
            clauses.push(if self.cycle { "CYCLE" } else { "NO CYCLE" }.to_owned());
        }
        if turns {
            clauses.push("RESTART".to_owned());
        }
        clauses
    }

    fn descends(&self) -> bool {
        self.increment.as_deref().is_some_and(|value| value.starts_with('-'))
    }

    /// Why the position that was counted to is lost on the way to these options, where it is.
    pub(super) fn loss_from(&self, before: &Self) -> Option<&'static str> {
        let turns = self.descends() != before.descends();
        turns.then_some("it counts the other way and begins anew: the position that it had counted to is lost")
    }
}

/// Reads a sequence; that of an identity column is kept for the column and is no object.
pub(super) fn read(cells: &Cells<'_>, row: &RelationRow, reading: &mut Reading) -> Result<Option<Object>, String> {
    let type_name: &str = cells.get(19)?;
    let options = SequenceOptions::read(cells, type_name)?;
    let owner = cells.get::<Option<u32>>(26)?.zip(cells.get::<Option<i32>>(27)?);
    if let (Some(owner), Some("i")) = (owner, cells.get::<Option<&str>>(28)?) {
        reading.identity_sequences.insert(owner, (super::super::quote::last_part(&row.id).into(), options));
        return Ok(None);
    }
    if let Some((table, column)) = owner {
        reading.later_need((class::RELATION, row.oid, 0), (class::RELATION, table, column));
    }
    let type_name = Some(type_name.to_owned()).filter(|name| name != "bigint");
    let attributes = Attributes { type_name, unlogged: row.unlogged, owned_by: cells.get(29)?, options };
    object(row.id.clone(), &attributes, []).map(Some)
}

/// The statement that makes a sequence, not yet owned.
pub(super) fn create_statement(sequence: &Object) -> Result<String, PlanError> {
    let attributes: Attributes = attributes_of(sequence)?;
    let unlogged = if attributes.unlogged { "UNLOGGED " } else { "" };
    let mut statement = format!("CREATE {unlogged}SEQUENCE {}", outer_name(&sequence.id));
    if let Some(type_name) = &attributes.type_name {
        statement.push_str(&format!(" AS {type_name}"));
    }
    for clause in attributes.options.clauses() {
        statement.push_str(&format!(" {clause}"));
    }
    Ok(statement)
}

/// The statement that gives a sequence to its column, where it has one.
pub(super) fn own_statement(sequence: &Object) -> Result<Option<String>, PlanError> {
    let attributes: Attributes = attributes_of(sequence)?;
    Ok(attributes.owned_by.map(|column| format!("ALTER SEQUENCE {} OWNED BY {column}", outer_name(&sequence.id))))
}

/// Asks whether the position lies within the new bounds; where it does not, the server refuses them.
fn within_bounds(step: MigrationStep, name: &str, after: &Attributes) -> MigrationStep {
    let SequenceOptions { minimum, maximum, .. } = &after.options;
    let type_maximum = match after.type_name.as_deref() {
        Some("smallint") => Some("32767"),
        Some("integer") => Some("2147483647"),
        _ => None,
    };
    let above = maximum.as_deref().or(type_maximum).map(|bound| format!("last_value > {bound}"));
    let below = minimum.as_ref().map(|bound| format!("last_value < {bound}"));
    let outside: Vec<String> = above.into_iter().chain(below).collect();
    if outside.is_empty() {
        return step;
    }
    let message = format!("{name} has counted beyond its new bounds: set it to a value within them first");
    step.check(format!("SELECT {} FROM {name}", outside.join(" OR ")), message)
}

pub(super) struct Sequence;

impl Kind for Sequence {
    fn name(&self) -> &'static str {
        "sequence"
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Alter
    }

    fn create(&self, object: &Object, _: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::create(&object.id, create_statement(object)?);
        Ok(vec![match own_statement(object)? {
            Some(statement) => step.then(statement),
            None => step,
        }])
    }

    fn alter(
        &self,
        object: &Object,
        changes: &[Change<'_>],
        sides: &Sides<'_>,
    ) -> Result<Vec<MigrationStep>, PlanError> {
        let id = &object.id;
        let before: Attributes = sides.from.get(id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let mut clauses = Vec::new();
        if before.type_name != after.type_name {
            clauses.push(format!("AS {}", after.type_name.as_deref().unwrap_or("bigint")));
        }
        clauses.extend(after.options.changes_from(&before.options));
        let name = outer_name(id);
        let mut statements = Vec::new();
        let mut steps = Vec::new();
        if !clauses.is_empty() {
            let step = MigrationStep::alter(id, format!("ALTER SEQUENCE {name} {}", clauses.join(" ")));
            let options = after.options.changes_from(&before.options).join(" ");
            steps.push(match after.options.loss_from(&before.options) {
                // With a change of type, the server takes the type's bounds even for NO MINVALUE and NO MAXVALUE: once
                // more, then.
                Some(loss) => step.then(format!("ALTER SEQUENCE {name} {options}")).hazard(HazardKind::DataLoss, loss),
                None => within_bounds(step, &name, &after),
            });
        }
        if before.unlogged != after.unlogged {
            let word = if after.unlogged { "UNLOGGED" } else { "LOGGED" };
            statements.push(format!("ALTER SEQUENCE {name} SET {word}"));
        }
        if changes.iter().any(|change| change.attribute == "owned_by") {
            let owning = own_statement(object)?.unwrap_or_else(|| format!("ALTER SEQUENCE {name} OWNED BY NONE"));
            statements.push(owning);
        }
        // A new column that counts by the sequence is there before the sequence can be given to it.
        let owners: Vec<ObjectId> = object.needs.iter().filter(|need| need.kind == "column").cloned().collect();
        let defaults: Vec<ObjectId> =
            owners.iter().map(|column| column.sibling("default", column.name.clone())).collect();
        let awaited: Vec<ObjectId> = owners.into_iter().chain(defaults).collect();
        steps
            .extend(statements.into_iter().map(|statement| MigrationStep::alter(id, statement).after(awaited.clone())));
        Ok(steps)
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::drop(&object.id, format!("DROP SEQUENCE {}", outer_name(&object.id)));
        let step = step.unmaking(super::comments_of(&object.id, sides.from));
        // The sequence of a column that becomes an identity is followed by the identity's own.
        let owner = object.needs.iter().find(|need| need.kind == "column").and_then(|column| sides.to.get(column));
        if owner.is_some_and(|column| column.attribute("identity").is_some()) {
            return Ok(vec![step]);
        }
        Ok(vec![step.hazard(HazardKind::DataLoss, "the position that it has counted to is lost")])
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::relation_name(&object.id)]
    }
}
