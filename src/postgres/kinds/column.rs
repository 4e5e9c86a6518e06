//! Columns of tables. Their defaults are objects of their own: dropping a function that a default calls must not drop
//! the column.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};
use serde::{Deserialize, Serialize};

use super::super::catalog::is_default;
use super::super::quote::{identifier, last_part, outer_name};
use super::super::type_change;
use super::column_change::{alter_type, becomes_unlike, extras, is_remade, with_joining, with_owned_sequences};
use super::foreign_options::ForeignOptions;
use super::identity::Identity;
use super::not_null::{self, NotNull};
use super::{
    extension, foreign_table, held_as_text, identity, index_places, joining, lineage, sequence, table, typed_table,
};
use crate::kind::{Change, Disturbance, Kind, Release, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(super) struct Attributes {
    /// As the server prints it, with its modifiers: `character varying(20)`.
    #[serde(rename = "type", skip_serializing_if = "is_default")]
    pub(super) type_name: String,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) not_null: bool,
    /// What its constraint says beyond that; see [`not_null`].
    #[serde(skip_serializing_if = "is_default")]
    pub(super) not_null_constraint: Option<NotNull>,
    /// Only where it is not the type's own.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) collation: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) identity: Option<Identity>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) generated: Option<Generated>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) storage: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) compression: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) statistics: Option<i32>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) options: Vec<String>,
    /// It comes from a parent table or a partitioned one alone.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) inherited: bool,
    /// The options of a foreign table's column.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) foreign: Option<ForeignOptions>,
    /// The names of those that are secrets.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) left_out: Vec<String>,
}

impl Attributes {
    /// Its type, and what it says of how its values are stored.
    pub(super) fn of_storage(self) -> Self {
        let Self { type_name, storage, compression, statistics, options, .. } = self;
        Self { type_name, storage, compression, statistics, options, ..Self::default() }
    }

    /// Its type alone.
    pub(super) fn without_storage(&self) -> Self {
        Self { type_name: self.type_name.clone(), ..Self::default() }
    }

    /// Whether it says more than its type of how its values are stored.
    pub(super) fn says_anything(&self) -> bool {
        self.storage.is_some() || self.compression.is_some() || self.statistics.is_some() || !self.options.is_empty()
    }
}

#[derive(Debug, Default, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Generated {
    pub(super) expression: String,
    /// Computed when read, from PostgreSQL 18 on; else stored.
    #[serde(default, skip_serializing_if = "is_default")]
    pub(super) virtual_column: bool,
}

/// Whether a column's type is the same one elsewhere: that of an extension that moves to another schema.
fn is_moved(column: &Object, before: &Attributes, after: &Attributes, sides: &Sides<'_>) -> bool {
    let moves = || extension::moves_type(column, &before.type_name, &after.type_name, sides);
    before.collation == after.collation && moves()
}

pub(super) fn is_inherited(column: &Object) -> bool {
    column.attribute("inherited").is_some()
}

/// A column as CREATE TABLE has it. One that is generated as its parent's is must not say so again.
pub(super) fn definition_in_table(
    column: &Object,
    default: Option<&Object>,
    side: &SchemaSnapshot,
) -> Result<String, PlanError> {
    let is_partition = || {
        let table = side.get(&lineage::table_of(&column.id));
        table.is_some_and(|table| table.attribute("partition_of").is_some())
    };
    let generated = column.attribute("generated");
    let says_same = |need: &ObjectId| {
        let is_parent = need.kind == "column" && last_part(need) == last_part(&column.id);
        is_parent && side.get(need).is_some_and(|parent| parent.attribute("generated") == generated)
    };
    if generated.is_none() || is_partition() || !column.needs.iter().any(says_same) {
        return definition(column, default, side);
    }
    let mut plain = column.clone();
    plain.attributes.remove("generated");
    definition(&plain, default, side)
}

/// A column as ADD COLUMN has it.
pub(super) fn definition(
    column: &Object,
    default: Option<&Object>,
    side: &SchemaSnapshot,
) -> Result<String, PlanError> {
    let attributes: Attributes = attributes_of(column)?;
    let mut text = format!("{} {}", identifier(last_part(&column.id)), attributes.type_name);
    if let Some(collation) = &attributes.collation {
        text.push_str(&format!(" COLLATE {collation}"));
    }
    if let Some(default) = default {
        text.push_str(&format!(" DEFAULT {}", super::default::expression(default)?));
    }
    if let Some(generated) = &attributes.generated {
        let kind = if generated.virtual_column { "VIRTUAL" } else { "STORED" };
        text.push_str(&format!(" GENERATED ALWAYS AS ({}) {kind}", generated.expression));
    }
    if let Some(identity) = &attributes.identity {
        text.push_str(&format!(" {}", identity::clause(&column.id, identity)));
    }
    text.push_str(&not_null::inline(column, side)?);
    Ok(text)
}

pub(super) fn altering(id: &ObjectId, clause: &str) -> MigrationStep {
    table::altering(id, format!("ALTER COLUMN {} {clause}", identifier(last_part(id))))
}

/// Whether a column can only change with its table: no statement changes the type of one that its table is partitioned
/// by, none makes the parent's alone what a table declared itself, or what becomes its own when it leaves a parent, and none
/// lets it declare what it keeps having from one.
pub(super) fn must_be_remade(id: &ObjectId, sides: &Sides<'_>) -> bool {
    let (Some(before), Some(after)) = (sides.from.get(id), sides.to.get(id)) else { return false };
    let changes = |attribute: &str| before.attribute(attribute) != after.attribute(attribute);
    let changes_key = (changes("type") || changes("collation")) && lineage::is_partition_key(id, sides);
    let is_disowned = is_inherited(after) && !is_inherited(before) && !lineage::is_partition(id, sides);
    changes_key || is_disowned || lineage::is_declared_anew(before, after, sides) || joining::is_left_own(before, sides)
}

/// When the type of a partitioned table's column changes, the server makes its indexes anew and may then take another of
/// two equal indexes of a partition as part of them.
pub(super) fn displaces_indexes(id: &ObjectId, sides: &Sides<'_>) -> bool {
    let (Some(before), Some(after)) = (sides.from.get(id), sides.to.get(id)) else { return false };
    before.attribute("type") != after.attribute("type") && super::is_partitioned(id, sides)
}

pub(super) struct Column;

impl Kind for Column {
    fn name(&self) -> &'static str {
        "column"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        match (change.attribute, change.to) {
            ("generated", Some(_)) => Rule::Replace,
            // A column that was computed when read has no values to keep.
            ("generated", None) if change.from.is_some_and(|from| from.get("virtual_column").is_some()) => {
                Rule::Replace
            }
            ("left_out", _) => Rule::Cosmetic,
            _ => Rule::Alter,
        }
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let id = &object.id;
        let default_id = id.sibling("default", id.name.clone());
        let default = sides.to.get(&default_id);
        let owned = sides.to.dependents("sequence", id);
        let owned: Vec<&Object> = owned.filter(|sequence| !sequence::stays(sequence, sides)).collect();
        let name = outer_name(id);
        let clause = format!("ADD COLUMN {}", definition(object, default, sides.to)?);
        let mut step = MigrationStep::create(id, "").clause(table::head(id), clause);
        step = step.making(default.map(|default| default.id.clone()));
        if let Some(identity) = attributes.identity.as_ref().filter(|_| lineage::has_children(id, sides)) {
            step.statements = identity::add_to_all(object, identity, sides)?;
            step.fold = crate::plan::Fold::Alone;
        }
        // Its name may be that of one which goes, and which the server does not let go of within one statement.
        if attributes.not_null_constraint.is_some() {
            step.fold = crate::plan::Fold::Alone;
        }
        if !owned.is_empty() {
            step = with_owned_sequences(step, &owned, sides)?;
        }
        let joining = lineage::joining_columns(id, sides);
        step = with_joining(step, &joining, sides)?;
        let inherited = lineage::inherited_columns(id, sides.to, sides).into_iter();
        let children: Vec<&Object> = inherited.chain(joining).collect();
        step = step.making(children.iter().map(|column| column.id.clone())).locking(table::access_exclusive(&name));
        step = step.after(lineage::departures(&lineage::table_of(id), sides));
        step = step.after(typed_table::before_column(id, sides)).after(lineage::joined_columns(id, sides));
        let is_filled = default.is_some() || attributes.identity.is_some() || attributes.generated.is_some();
        let is_proven = !attributes.not_null_constraint.as_ref().is_some_and(NotNull::is_unproven);
        if attributes.not_null && is_proven && !is_filled {
            let column = identifier(last_part(id));
            let message =
                format!("{name} has rows, and the new column {column} is NOT NULL and has no default: give it one");
            step = step.check(format!("SELECT EXISTS (SELECT FROM {name})"), message);
        }
        if attributes.identity.is_some() || attributes.generated.is_some() || !owned.is_empty() {
            step = step.hazard(HazardKind::TableRewrite, "every row is written again to hold the new values");
        }
        let mut steps = vec![step];
        steps.extend(extras(id, &Attributes::default(), &attributes, sides));
        steps.extend(not_null::extras(object, true, sides)?);
        for child in children {
            steps.extend(extras(&child.id, &Attributes::default(), &attributes_of(child)?, sides));
            steps.extend(not_null::extras(child, false, sides)?);
        }
        Ok(foreign_table::without_rows(steps, id, sides))
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
        let mut steps = Vec::new();
        if before.generated.is_some() && after.generated.is_none() {
            steps.push(altering(id, "DROP EXPRESSION"));
        }
        if before.identity.is_some() && after.identity.is_none() {
            steps.push(identity::drop(id));
        }
        let changes_type = changes.iter().any(|change| matches!(change.attribute, "type" | "collation"))
            && !is_moved(object, &before, &after, sides);
        // The type of a child's column changes with its parent's, which leaves alone what is no child meanwhile.
        if changes_type && !lineage::follows_parent(id, sides) {
            // A type that is made anew takes the column along first; then it leaves.
            let types =
                sides.from.get(id).into_iter().flat_map(|column| &column.needs).filter(|need| is_remade(need, sides));
            let step = alter_type(id, &before, &after, sides).after(types.cloned());
            let step = step.after(lineage::departures_below(&lineage::table_of(id), sides));
            steps.push(step.after([typed_table::release_of(&lineage::table_of(id))]));
        }
        if let Some(before) = sides.from.get(id) {
            steps.extend(not_null::alter(before, object, sides)?);
        }
        match (&before.identity, &after.identity) {
            (None, Some(identity)) => steps.push(identity::add(id, identity)),
            (Some(old), Some(new)) if old != new => steps.extend(identity::alter(id, old, new)),
            _ => {}
        }
        // A change of type sets these to what is usual for the type.
        let reset = if changes_type { Attributes { storage: None, compression: None, ..before } } else { before };
        steps.extend(extras(id, &reset, &after, sides));
        let table = lineage::table_of(id);
        let leaving = lineage::departures(&table, sides).into_iter().chain([lineage::departure(&table)]);
        // It changes alone once a parent no longer has it.
        let is_gone = |need: &&ObjectId| need.kind == "column" && sides.to.get(need).is_none();
        let gone = sides.from.get(id).into_iter().flat_map(|column| column.needs.iter().filter(is_gone).cloned());
        let leaving: Vec<ObjectId> = leaving.chain(gone.filter(|_| changes_type)).collect();
        let mut steps: Vec<MigrationStep> = steps.into_iter().map(|step| step.after(leaving.clone())).collect();
        if changes_type && lineage::is_joined(id, sides) {
            let types = object.needs.iter().filter(|need| need.kind != "column" && need.kind != "table");
            steps = steps.into_iter().map(|step| step.after(types.clone().cloned()).letting_go()).collect();
        }
        Ok(foreign_table::without_rows(steps, id, sides))
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let id = &object.id;
        let attributes: Attributes = attributes_of(object)?;
        // It goes with its table, with that of a parent, or when its table stops being a child.
        if attributes.inherited {
            return Ok(Vec::new());
        }
        let unmade = super::comments_of(id, sides.from).into_iter();
        let default = id.sibling("default", id.name.clone());
        let owned = sides.from.dependents("sequence", id);
        let children = lineage::inherited_columns(id, sides.from, sides);
        let along: Vec<ObjectId> =
            unmade.chain([default]).chain(owned.chain(children.iter().copied()).map(|part| part.id.clone())).collect();
        let table = lineage::table_of(id);
        let leaving = lineage::departures(&table, sides).into_iter().chain(lineage::departures_below(&table, sides));
        let clause = format!("DROP COLUMN {}", identifier(last_part(id)));
        // Dropped from the parent alone, a column stays with the children, as their own.
        let stay = lineage::become_local(id, sides);
        let head = if stay { table::head_of_one(id, sides) } else { table::head(id) };
        let mut step = MigrationStep::drop(id, "").clause(head, clause.clone()).unmaking(along).after(leaving);
        step = step.after([typed_table::release_of(&table)]).after(lineage::replaced_below(&table, sides));
        for child in children.iter().filter(|child| stay && sides.to.get(&child.id).is_none()) {
            step = step.then(format!("{} {clause}", table::head(&child.id)));
            step.fold = crate::plan::Fold::Alone;
        }
        for child in lineage::parting_columns(id, sides) {
            step = step.then(format!("{} {clause}", table::head(&child.id))).unmaking([child.id.clone()]);
            step.fold = crate::plan::Fold::Alone;
            let (kind, detail) = (HazardKind::DataLoss, "every value of the column is lost".to_owned());
            step.hazards.push(crate::plan::Hazard { kind, object: child.id.clone(), detail });
        }
        let step = step.locking(table::access_exclusive(&outer_name(id)));
        // A generated value is computed again; everything else is lost.
        let is_derived =
            attributes.generated.is_some() && sides.to.get(id).is_some_and(|to| to.attribute("generated").is_some());
        let step =
            if is_derived { step } else { step.hazard(HazardKind::DataLoss, "every value of the column is lost") };
        Ok(foreign_table::without_rows(vec![step], id, sides))
    }

    /// A column that a table has from a parent stays with it when it leaves that parent, or declares it itself.
    fn outlives(&self, _: &Object, need: &ObjectId, _: &Sides<'_>) -> bool {
        need.kind == "column"
    }

    fn can_let_go(&self, object: &Object, need: &ObjectId, sides: &Sides<'_>) -> bool {
        held_as_text::can_wait(object, need, sides)
    }

    fn release(&self, object: &Object, needs: &[&ObjectId], sides: &Sides<'_>) -> Result<Release, PlanError> {
        held_as_text::release(object, needs, sides)
    }

    fn release_makes(&self, change: &Change<'_>) -> bool {
        matches!(change.attribute, "type" | "collation")
    }

    fn release_disturbs(&self, dependent: &Object) -> bool {
        held_as_text::disturbs(dependent)
    }

    /// The indexes of a partitioned table whose column has another type.
    fn displaces(&self, object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
        let id = &object.id;
        if must_be_remade(id, sides) {
            return vec![lineage::table_of(id)];
        }
        let keys = index_places::keys_over_included(id, sides);
        if !displaces_indexes(id, sides) {
            return keys;
        }
        let table = id.sibling("table", [id.name[0].clone()]);
        let indexes = sides.from.parts("index", &table).filter(|index| index.needs.contains(id));
        indexes.map(|index| index.id.clone()).chain(keys).collect()
    }

    /// The names of its identity's sequence and of its not-null constraint.
    fn claims(&self, object: &Object) -> Vec<String> {
        let Ok(attributes) = attributes_of::<Attributes>(object) else { return Vec::new() };
        let sequence = attributes.identity.map(|identity| format!("relation {}", identity.sequence_of(&object.id)));
        let not_null = attributes.not_null.then(|| {
            let name = attributes.not_null_constraint.unwrap_or_default().name_on(&object.id);
            super::constraint_name(&object.id.sibling("check", [object.id.name[0].clone(), name]))
        });
        sequence.into_iter().chain(not_null).collect()
    }

    fn disturbs(&self, changes: &[Change<'_>], dependent: &Object, _: &Sides<'_>) -> Disturbance {
        if !changes.iter().any(|change| matches!(change.attribute, "type" | "collation")) {
            return Disturbance::None;
        }
        let is_unlike = |goes_together| changes.iter().any(|change| becomes_unlike(change, goes_together));
        match dependent.id.kind.as_str() {
            "view" | "materialized_view" | "rule" | "trigger" | "default" | "function" | "procedure" | "policy"
            | "publication" | "statistics" => Disturbance::Recreate,
            // The server makes keys anew after each of the two columns has changed, and not once after both.
            "foreign_key" if is_unlike(type_change::compares_alike) => Disturbance::Recreate,
            // That of a child has another table; it follows its parent's.
            "column" if dependent.attribute("generated").is_some() => {
                let is_beside =
                    |change: &Change<'_>| lineage::table_of(&change.object.id) == lineage::table_of(&dependent.id);
                if changes.iter().any(is_beside) { Disturbance::Recreate } else { Disturbance::None }
            }
            // While only one side of a foreign key to it has its new type, the two must be comparable.
            "primary_key" | "unique" | "index" if is_unlike(type_change::are_comparable) => Disturbance::Through,
            _ => Disturbance::None,
        }
    }
}
