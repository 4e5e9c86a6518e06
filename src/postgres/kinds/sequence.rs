//! Sequences, also those that belong to a column; and the options that identity columns share with them.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};
use serde::{Deserialize, Serialize};

use super::super::catalog::{Cells, Reading, class, is_default, object};
use super::super::quote::{dollar_quoted, outer_name};
use super::super::spoken::{OWNER, Spoken};
use super::relation::RelationRow;
use super::{lineage, owner, persistence};
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

impl Attributes {
    /// The lowest and the highest value.
    fn bounds(&self) -> (i64, i64) {
        let (type_minimum, type_maximum) = bounds_of_type(self.type_name.as_deref().unwrap_or("bigint"));
        let descends = self.options.descends();
        let minimum = if descends { type_minimum } else { 1 };
        let maximum = if descends { -1 } else { type_maximum };
        let told = |bound: &Option<String>| bound.as_ref().and_then(|bound| bound.parse().ok());
        (told(&self.options.minimum).unwrap_or(minimum), told(&self.options.maximum).unwrap_or(maximum))
    }
}

fn bounds_of_type(type_name: &str) -> (i64, i64) {
    match type_name {
        "smallint" => (i64::from(i16::MIN), i64::from(i16::MAX)),
        "integer" => (i64::from(i32::MIN), i64::from(i32::MAX)),
        _ => (i64::MIN, i64::MAX),
    }
}

impl SequenceOptions {
    /// The options of `pg_sequence` where they are not the defaults (PostgreSQL manual, CREATE SEQUENCE).
    fn read(cells: &Cells<'_>, type_name: &str) -> Result<Self, String> {
        let (start, increment, maximum, minimum, cache): (i64, i64, i64, i64, i64) =
            (cells.get(20)?, cells.get(21)?, cells.get(22)?, cells.get(23)?, cells.get(24)?);
        let (type_minimum, type_maximum) = bounds_of_type(type_name);
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

    /// Both bounds, told even where they are those of the type.
    pub(super) fn bounds_clauses(&self) -> [String; 2] {
        let with = |word: &str, value: &Option<String>| {
            value.as_ref().map_or_else(|| format!("NO {word}"), |value| format!("{word} {value}"))
        };
        [with("MINVALUE", &self.minimum), with("MAXVALUE", &self.maximum)]
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
        // The start is told with every change of bounds, as its default follows them.
        let bounds_change =
            before.minimum != self.minimum || before.maximum != self.maximum || before.increment != self.increment;
        if before.start != self.start || bounds_change {
            clauses.push(format!("START WITH {}", self.first()));
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

    /// The value that it begins with.
    pub(super) fn first(&self) -> &str {
        let bound = if self.descends() {
            self.maximum.as_deref().unwrap_or("-1")
        } else {
            self.minimum.as_deref().unwrap_or("1")
        };
        self.start.as_deref().unwrap_or(bound)
    }

    pub(super) fn descends(&self) -> bool {
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
        let sequence = super::identity::IdentitySequence {
            options,
            type_name: type_name.to_owned(),
            name: row.id.name[0].clone(),
            logged_otherwise: cells.get(31)?,
        };
        reading.identity_sequences.insert(owner, sequence);
        reading.identity_addresses.insert(owner, row.oid);
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

/// The statements that give a sequence to its column, where it has one. Both must have one owner: a table that was there
/// before may have another than the role that makes the sequence.
pub(super) fn own_statements(sequence: &Object, sides: &Sides<'_>) -> Result<Vec<String>, PlanError> {
    let attributes: Attributes = attributes_of(sequence)?;
    let Some(column) = attributes.owned_by else { return Ok(Vec::new()) };
    let name = outer_name(&sequence.id);
    let table = sequence.needs.iter().find(|need| need.kind == "column").map(lineage::table_of);
    let mut statements = Vec::new();
    if let Some(table) = table.filter(|table| sides.from.get(table).is_some()) {
        let statement = Spoken::default().text(format!("ALTER SEQUENCE {name} OWNER TO "));
        statements.push(statement.role(OWNER, &owner::asked(Some(&table))).render());
    }
    statements.push(format!("ALTER SEQUENCE {name} OWNED BY {column}"));
    Ok(statements)
}

/// The sequences that belong to columns of a table, and so to its owner.
pub(super) fn owned_by<'a>(table: &'a ObjectId, side: &'a SchemaSnapshot) -> impl Iterator<Item = &'a Object> {
    side.parts("column", table).flat_map(|column| side.dependents("sequence", &column.id))
}

/// The moments at which the tables of its columns become logged or unlogged, which would take it along.
fn owner_changes(sequence: &Object) -> impl Iterator<Item = ObjectId> {
    let owners = sequence.needs.iter().filter(|need| need.kind == "column");
    owners.map(|column| persistence::change_of(&lineage::table_of(column)))
}

/// Whether a sequence of the `to` side is there before. One whose column goes lets go of that first.
pub(super) fn stays(sequence: &Object, sides: &Sides<'_>) -> bool {
    sides.from.get(&sequence.id).is_some()
}

/// The step that changes options by these clauses. The server refuses bounds that the position lies outside of: a
/// sequence that nobody has counted with begins anew then; another stops the plan.
fn within_bounds(id: &ObjectId, clauses: &str, before: &Attributes, after: &Attributes) -> MigrationStep {
    let name = outer_name(id);
    let (old_minimum, old_maximum) = before.bounds();
    let (minimum, maximum) = after.bounds();
    let mut outside = Vec::new();
    if maximum < old_maximum {
        outside.push(format!("last_value > {maximum}"));
    }
    if minimum > old_minimum {
        outside.push(format!("last_value < {minimum}"));
    }
    let statement = format!("ALTER SEQUENCE {name} {clauses}");
    if outside.is_empty() {
        return MigrationStep::alter(id, statement);
    }
    let outside = outside.join(" OR ");
    let body =
        format!("BEGIN IF (SELECT {outside} FROM {name}) THEN {statement} RESTART; ELSE {statement}; END IF; END");
    let message = format!("{name} has counted beyond its new bounds: set it to a value within them first");
    let step = MigrationStep::alter(id, format!("DO {}", dollar_quoted(&body)));
    step.check(format!("SELECT is_called AND ({outside}) FROM {name}"), message)
}

pub(super) struct Sequence;

impl Kind for Sequence {
    fn name(&self) -> &'static str {
        "sequence"
    }

    fn rule(&self, _: &Change<'_>) -> Rule {
        Rule::Alter
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let step = MigrationStep::create(&object.id, create_statement(object)?).after(owner_changes(object));
        Ok(vec![own_statements(object, sides)?.into_iter().fold(step, MigrationStep::then)])
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
            let options = after.options.changes_from(&before.options).join(" ");
            let clauses = clauses.join(" ");
            steps.push(match after.options.loss_from(&before.options) {
                // With a change of type, the server takes the type's bounds even for NO MINVALUE and NO MAXVALUE: once
                // more, then.
                Some(loss) => MigrationStep::alter(id, format!("ALTER SEQUENCE {name} {clauses}"))
                    .then(format!("ALTER SEQUENCE {name} {options}"))
                    .hazard(HazardKind::DataLoss, loss),
                None => within_bounds(id, &clauses, &before, &after),
            });
        }
        if before.unlogged != after.unlogged {
            let word = if after.unlogged { "UNLOGGED" } else { "LOGGED" };
            statements.push(format!("ALTER SEQUENCE {name} SET {word}"));
        }
        if changes.iter().any(|change| change.attribute == "owned_by") {
            statements.extend(own_statements(object, sides)?);
        }
        steps.extend(statements.into_iter().map(|statement| MigrationStep::alter(id, statement)));
        // A new column takes it as it is, for its default; what it is to be comes later.
        let owner = object.needs.iter().filter(|need| need.kind == "column" && sides.from.get(need).is_none());
        let awaited: Vec<ObjectId> =
            owner.flat_map(|column| [column.sibling("default", column.name.clone()), column.clone()]).collect();
        let awaited: Vec<ObjectId> = awaited.into_iter().chain(owner_changes(object)).collect();
        let leaves = before.owned_by.is_some() && before.owned_by != after.owned_by;
        let leaving =
            leaves.then(|| MigrationStep::alter(id, format!("ALTER SEQUENCE {name} OWNED BY NONE")).letting_go());
        let steps = steps.into_iter().map(|step| step.after(awaited.clone()));
        Ok(leaving.into_iter().chain(steps).collect())
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
