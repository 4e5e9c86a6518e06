//! Types that are made anew under their columns: the old one is renamed, the new one made, every column cast over, and the
//! old one dropped. Does not know what sort of type it is.

use schema_sync_store::{Object, ObjectId, SchemaSnapshot};

use super::super::quote::{identifier, in_schema, last_part, outer_name};
use super::composite_cast::Cast;
use super::{lineage, table, typed_table};
use crate::kind::{Dialect, Disturbance, Sides};
use crate::plan::{Hazard, HazardKind, MigrationStep, PlanError};

/// What becomes of one column of the type.
pub(super) struct Recast {
    /// The column's value as the new type has it, or as something that is assigned to that by itself.
    pub(super) value: String,
    /// Why its values may be lost, where they may.
    pub(super) loss: Option<String>,
}

impl Recast {
    /// By the values' text, which is the same for the old and the new type.
    pub(super) fn by_text(column: &str, type_name: &str, is_array: bool) -> Self {
        let array = if is_array { "[]" } else { "" };
        Self { value: format!("{column}::text{array}::{type_name}{array}"), loss: None }
    }
}

/// The columns of a type that stay while it is made anew, in tables of their own: those of partitions and children
/// follow their parents'.
pub(super) fn columns<'a>(id: &'a ObjectId, sides: &Sides<'a>) -> impl Iterator<Item = &'a Object> {
    let sides = *sides;
    sides.from.dependents("column", id).filter(move |column| stays(column, &sides))
}

/// The tables that are partitioned by columns of the type, which are made anew with it.
pub(super) fn displaced(id: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let columns = sides.from.dependents("column", id);
    let keys = columns.filter(|column| lineage::is_partition_key(&column.id, sides));
    let tables = keys.map(|column| lineage::table_of(&column.id));
    tables.filter(|table| sides.to.get(table).is_some()).collect()
}

fn stays(column: &Object, sides: &Sides<'_>) -> bool {
    let table = lineage::table_of(&column.id);
    // One that leaves its parents meanwhile does not follow them.
    let is_moved = lineage::is_moved(&table, sides);
    let is_own = |column: &Object| {
        (is_moved || column.attribute("inherited").is_none()) && column.attribute("generated").is_none()
    };
    is_own(column)
        && sides.to.get(&column.id).is_some_and(is_own)
        && !lineage::is_partition_key(&column.id, sides)
        && !lineage::is_replaced(&table, sides)
        && !goes_with_parents(&column.id, sides)
}

/// Whether a column's table is made anew along with one that it comes from, as that is partitioned by the column.
fn goes_with_parents(column: &ObjectId, sides: &Sides<'_>) -> bool {
    let above = lineage::ancestors(&lineage::table_of(column), sides.from);
    let in_table = |table: &ObjectId| table.sibling("column", [table.name[0].clone(), last_part(column).into()]);
    above.iter().any(|table| lineage::is_partition_key(&in_table(table), sides))
}

/// The moments at which partitions with columns of a type leave, where they do: it is made anew after that.
pub(super) fn departures(id: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let tables = columns(id, sides).map(|column| lineage::table_of(&column.id));
    tables.filter(|table| lineage::is_moved(table, sides)).map(|table| lineage::departure(&table)).collect()
}

/// The types that are made of a type and stay so: domains over it, composite types that have it, and those that are made
/// of these. Each stands behind all that it is made of.
pub(super) fn containers<'a>(id: &ObjectId, sides: &Sides<'a>) -> Vec<&'a Object> {
    let mut found: Vec<&Object> = Vec::new();
    let contains = |object: &&Object, found: &[&Object]| {
        object.id != *id
            && !found.iter().any(|other| other.id == object.id)
            && object.needs.iter().any(|need| {
                let is_made_anew = need == id || found.iter().any(|other| other.id == *need);
                is_made_anew && sides.to.get(&object.id).is_none_or(|after| after.needs.contains(need))
            })
    };
    let objects = || ["composite_type", "domain"].into_iter().flat_map(|kind| sides.from.of_kind(kind));
    let mut all: Vec<&Object> = Vec::new();
    while let Some(object) = objects().find(|object| contains(object, &all)) {
        all.push(object);
    }
    // What is made of one that goes goes as well.
    let goes = |object: &Object, others: &[&Object]| {
        let mut needs = object.needs.iter().filter(|need| *need != id);
        let is_lost = |need: &ObjectId| {
            matches!(need.kind.as_str(), "composite_type" | "domain")
                && uses(need, id, sides)
                && !others.iter().any(|other| other.id == *need)
        };
        !is_container(object, sides) || needs.any(is_lost)
    };
    while let Some(place) = all.iter().position(|object| goes(object, &all)) {
        all.swap_remove(place);
    }
    // One that needs another of them comes behind it.
    while let Some(next) = all.iter().position(|object| !all.iter().any(|other| object.needs.contains(&other.id))) {
        found.push(all.swap_remove(next));
    }
    found
}

/// Whether a type of both sides is made of another on both, directly or through others.
fn uses(type_id: &ObjectId, id: &ObjectId, sides: &Sides<'_>) -> bool {
    let (Some(before), Some(after)) = (sides.from.get(type_id), sides.to.get(type_id)) else { return false };
    let is_type = |need: &&ObjectId| matches!(need.kind.as_str(), "composite_type" | "domain");
    let stays = |need: &&ObjectId| after.needs.contains(*need);
    before.needs.iter().filter(stays).any(|need| need == id)
        || before.needs.iter().filter(is_type).filter(stays).any(|need| uses(need, id, sides))
}

/// The types that are made of types made anew no longer.
fn former_containers(remade: &[&ObjectId], sides: &Sides<'_>) -> Vec<ObjectId> {
    let types = ["composite_type", "domain"].into_iter().flat_map(|kind| sides.from.of_kind(kind));
    let leaves = |type_: &&Object| {
        let Some(after) = sides.to.get(&type_.id).filter(|_| !remade.contains(&&type_.id)) else { return false };
        remade.iter().any(|id| type_.needs.contains(*id) && !after.needs.contains(*id))
    };
    types.filter(leaves).map(|type_| type_.id.clone()).collect()
}

/// Whether a type of one side is made of another, directly or through others.
fn is_made_of(type_id: &ObjectId, id: &ObjectId, side: &SchemaSnapshot) -> bool {
    let needs = side.get(type_id).into_iter().flat_map(|object| &object.needs);
    let mut types = needs.filter(|need| matches!(need.kind.as_str(), "composite_type" | "domain") || *need == id);
    types.any(|need| need == id || is_made_of(need, id, side))
}

/// Whether a type is made anew along with what it is made of. Where a table begins or ends to be of it, all goes and
/// comes.
fn is_container(object: &Object, sides: &Sides<'_>) -> bool {
    let is_bound = |table: &Object| table.attribute("of_type").is_some() && table.needs.contains(&object.id);
    let is_bound_to = |side: &SchemaSnapshot, table: &Object| side.get(&table.id).is_some_and(is_bound);
    let stays_bound = |table: &Object| {
        is_bound_to(sides.from, table) && is_bound_to(sides.to, table) && !lineage::is_replaced(&table.id, sides)
    };
    matches!(object.id.kind.as_str(), "composite_type" | "domain")
        && sides.to.get(&object.id).is_some()
        && [sides.from, sides.to].into_iter().all(|side| {
            let mut tables = side.of_kind("table").filter(|table| is_bound(table));
            tables.all(stays_bound)
        })
}

/// What releases the tables that are of types made anew, and what binds them again.
fn bindings(containers: &[&Object], sides: &Sides<'_>) -> [Vec<String>; 2] {
    let tables = || containers.iter().flat_map(|container| typed_table::tables_of(&container.id, sides));
    let release = |table: &Object| format!("ALTER TABLE {} NOT OF", outer_name(&table.id));
    let bind = |table: &Object| {
        let before = sides.from.get(&table.id).and_then(typed_table::type_of).unwrap_or_default().to_owned();
        format!("ALTER TABLE {} OF {before}", outer_name(&table.id))
    };
    [tables().map(release).collect(), tables().map(bind).collect()]
}

/// What makes the new form of a type, and casts values over to it.
pub(super) struct Making<'a> {
    /// The statements that make it.
    pub(super) made: Vec<String>,
    /// Given a column's name and whether it holds arrays, what becomes of it.
    pub(super) recast: &'a dyn Fn(&str, bool) -> Recast,
    /// How values of types that are made of it are cast over, where their text does not do.
    pub(super) cast: Option<&'a Cast<'a>>,
}

/// The steps that make a type anew, and what is made of it.
pub(super) fn remake(id: &ObjectId, making: Making<'_>, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
    let containers = containers(id, sides);
    let remade: Vec<&ObjectId> = containers.iter().map(|container| &container.id).chain([id]).collect();
    // What is made of the type no longer changes before it, but where that comes to be made of it through others: then
    // it is of the old form until then.
    let (behind, before): (Vec<_>, Vec<_>) =
        former_containers(&remade, sides).into_iter().partition(|type_id| is_made_of(type_id, id, sides.to));
    let mut step = MigrationStep::alter(id, set_aside(id, id)).after(before);
    let [release, bind] = bindings(&containers, sides);
    step.statements.splice(0..0, release);
    for type_id in &remade {
        step = step.after(departures(type_id, sides));
    }
    step.statements.extend(containers.iter().map(|container| set_aside(&container.id, id)));
    step.statements.extend(making.made);
    for container in &containers {
        let Some(kind) = super::PostgresDialect.kind(&container.id.kind) else { continue };
        let whole = common(container, sides);
        step.statements.extend(kind.create(&whole, sides)?.into_iter().flat_map(|step| step.statements));
        step.statements.extend(making.cast.into_iter().flat_map(|cast| cast.of_container(container)));
    }
    recast_columns(&mut step, id, sides, making.recast);
    for container in &containers {
        let name = outer_name(&container.id);
        let recast = |column: &str, is_array: bool| {
            let by_text = || Recast::by_text(column, &name, is_array);
            making.cast.map_or_else(by_text, |cast| cast.recast(column))
        };
        recast_columns(&mut step, &container.id, sides, &recast);
    }
    step.statements.extend(bind);
    // Each goes before what it is made of.
    let old: Vec<&ObjectId> = containers.iter().rev().map(|container| &container.id).chain([id]).collect();
    let drops = |old: &[&ObjectId]| {
        let functions = making.cast.map_or_else(Vec::new, |cast| cast.drops(old)).into_iter();
        functions.chain(old.iter().map(|old| format!("DROP TYPE {}", old_outer_name(old, id)))).collect::<Vec<_>>()
    };
    let (free, used) =
        old.split_at(old.iter().position(|old| has_former_users(old, &behind, sides)).unwrap_or(old.len()));
    step.statements.extend(drops(free));
    if used.is_empty() {
        return Ok(vec![step]);
    }
    let mut last = MigrationStep::alter(id, "").after(users_of_both_forms(used, sides)).after(behind);
    last.statements = drops(used);
    let last = last.making([end_of_old_forms(id)]);
    Ok(vec![step, last])
}

/// Whether types go that are made of a type, or change behind it: they are of its old form until then.
fn has_former_users(id: &ObjectId, behind: &[ObjectId], sides: &Sides<'_>) -> bool {
    let mut types = ["composite_type", "domain"].into_iter().flat_map(|kind| sides.from.of_kind(kind));
    let is_late = |object: &Object| sides.to.get(&object.id).is_none() || behind.contains(&object.id);
    types.any(|object| object.needs.contains(id) && is_late(object))
}

/// The types that go while types that they are made of are made anew, and those that may need the new ones before they do:
/// columns move from the ones to the others.
fn users_of_both_forms(remade: &[&ObjectId], sides: &Sides<'_>) -> Vec<ObjectId> {
    let uses = |object: &&Object| remade.iter().any(|id| object.needs.contains(*id));
    let types = |side: &SchemaSnapshot| {
        let types = ["composite_type", "domain"].into_iter().flat_map(|kind| side.of_kind(kind));
        types.filter(uses).map(|object| object.id.clone()).collect::<Vec<_>>()
    };
    let going = types(sides.from).into_iter().filter(|id| sides.to.get(id).is_none());
    going.chain(types(sides.to)).collect()
}

/// A name for the moment at which the old forms of all that was made anew with a type are gone; for ordering only.
fn end_of_old_forms(id: &ObjectId) -> ObjectId {
    id.sibling("old_forms", id.name.clone())
}

/// The moments at which the old forms of types are gone that a type that goes is part of.
pub(super) fn ends_of_old_forms_of(id: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let types = ["composite_type", "domain"].into_iter().flat_map(|kind| sides.from.of_kind(kind));
    let wholes = types.filter(|type_| type_.needs.contains(id) && sides.to.get(&type_.id).is_some());
    let mut parts: Vec<&ObjectId> = wholes.flat_map(|whole| whole.needs.iter().chain([&whole.id])).collect();
    let mut place = 0;
    while let Some(part) = parts.get(place).copied() {
        let is_type = matches!(part.kind.as_str(), "composite_type" | "domain");
        let below = sides.from.get(part).filter(|_| is_type).into_iter().flat_map(|type_| &type_.needs);
        let below: Vec<&ObjectId> = below.filter(|need| !parts.contains(need)).collect();
        parts.extend(below);
        place += 1;
    }
    // The old form of what the type is made of itself waits for it to go.
    parts.into_iter().filter(|part| *part != id && !is_made_of(id, part, sides.from)).map(end_of_old_forms).collect()
}

/// A domain with the constraints and the default that it keeps, which fit the type that is new: its own steps come later.
fn common(container: &Object, sides: &Sides<'_>) -> Object {
    let mut common = container.clone();
    let Some(after) = sides.to.get(&container.id) else { return common };
    common.attributes.retain(|name, value| name != "default" || after.attribute(name) == Some(&*value));
    let kept = after.attribute("constraints").and_then(serde_json::Value::as_array);
    if let Some(serde_json::Value::Array(constraints)) = common.attributes.get_mut("constraints") {
        constraints.retain(|constraint| kept.is_some_and(|kept| kept.contains(constraint)));
    }
    common
}

/// The bare name of the old form of a type that is made anew with another, or alone, until it is gone.
fn old_name(id: &ObjectId, with: &ObjectId) -> String {
    let name = format!("{}_replaced", last_part(id));
    if id == with { name } else { format!("{name}_with_{}", last_part(with)) }
}

/// The same with its schema.
pub(super) fn old_outer_name(id: &ObjectId, with: &ObjectId) -> String {
    in_schema(id.schema.as_ref(), &old_name(id, with))
}

fn set_aside(id: &ObjectId, with: &ObjectId) -> String {
    format!("ALTER TYPE {} RENAME TO {}", outer_name(id), identifier(&old_name(id, with)))
}

fn recast_columns(step: &mut MigrationStep, id: &ObjectId, sides: &Sides<'_>, recast: &dyn Fn(&str, bool) -> Recast) {
    let name = outer_name(id);
    for column in columns(id, sides) {
        let printed = column.attribute("type").and_then(serde_json::Value::as_str).unwrap_or_default();
        let is_array = printed.ends_with("[]");
        let column_name = identifier(last_part(&column.id));
        let Recast { value, loss } = recast(&column_name, is_array);
        let array = if is_array { "[]" } else { "" };
        let clause = format!("ALTER COLUMN {column_name} TYPE {name}{array} USING {value}");
        step.statements.push(format!("{} {clause}", table::head(&column.id)));
        let mut hazard = |kind, detail| step.hazards.push(Hazard { kind, object: column.id.clone(), detail });
        hazard(HazardKind::TableRewrite, format!("the type {name} is made anew: every row is written again"));
        loss.into_iter().for_each(|detail| hazard(HazardKind::DataLoss, detail));
    }
}

/// What making a type anew, and all that is made of it, means for what needs it: columns stay, and comments on them.
/// Comments on the types go.
pub(super) fn disturbs(dependent: &Object, sides: &Sides<'_>) -> Disturbance {
    let is_type = matches!(dependent.id.kind.as_str(), "composite_type" | "domain");
    // One that goes stays of the old form until then.
    let goes = is_type && sides.to.get(&dependent.id).is_none();
    if goes || is_container(dependent, sides) { Disturbance::Through } else { disturbs_alone(dependent, sides) }
}

/// The same where what is made of the type goes and comes.
pub(super) fn disturbs_alone(dependent: &Object, sides: &Sides<'_>) -> Disturbance {
    let is_of_columns = |need: &ObjectId| matches!(need.kind.as_str(), "column" | "table");
    match dependent.id.kind.as_str() {
        "column" if dependent.attribute("generated").is_some() => Disturbance::Recreate,
        // One that goes is of the old type until then.
        "column" if sides.to.get(&dependent.id).is_none() => Disturbance::Recreate,
        "comment" | "grant" | "owner" if !dependent.needs.iter().any(is_of_columns) => Disturbance::Recreate,
        "table" | "column" | "comment" | "grant" | "owner" | "sequence" => Disturbance::Through,
        _ => Disturbance::Recreate,
    }
}
