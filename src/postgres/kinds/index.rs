//! Indexes, of tables and of materialised views. Keys are put together here from the catalogue's numbers; the server
//! prints only expressions and predicates, as printing whole definitions takes a third of an inspection.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Reading, is_default};
use super::super::quote::{dollar_quoted, identifier, identifiers, last_name, last_part, literal, outer_name};
use super::index_mark::{self, Marks};
use super::{index_places, lineage, moved_index, table};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Attributes {
    #[serde(skip_serializing_if = "is_default")]
    pub(super) unique: bool,
    /// `btree` where absent.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) method: Option<String>,
    /// Each key as SQL: `email`, `lower(name) text_pattern_ops DESC`.
    pub(super) keys: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) include: Vec<SmolStr>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) nulls_not_distinct: bool,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) options: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) predicate: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    pub(super) tablespace: Option<String>,
    /// Statistics targets of its expressions, by place from 1: `1=500`.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) statistics: Vec<String>,
    /// It is part of the index of the partitioned table; see `needs`.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) attached: bool,
    /// A build that failed left it behind.
    #[serde(skip_serializing_if = "is_default")]
    pub(super) invalid: bool,
    #[serde(flatten)]
    pub(super) marks: Marks,
}

/// The kinds of what has an index, which may be part of that of a partitioned table.
pub(super) const WITH_INDEX: [&str; 4] = ["exclusion", "index", "primary_key", "unique"];

/// The indexes of a table by which a foreign key may refer to these columns of it.
pub(super) fn candidates(table: u32, columns: &[i16], reading: &Reading) -> Vec<u32> {
    let mut wanted = columns.to_vec();
    wanted.sort_unstable();
    let keys = reading.unique_keys.get(&table).into_iter().flatten();
    keys.filter(|(key, _)| *key == wanted).map(|(_, oid)| *oid).collect()
}

/// The index of the partitioned table that an index is part of.
pub(super) fn parent_of(object: &Object) -> Option<&ObjectId> {
    object.needs.iter().find(|need| WITH_INDEX.contains(&need.kind.as_str()))
}

/// Whether a change of one of these attributes, which all kinds with an index have, is brought about in place: partitions
/// make an index valid by becoming part of it, while one that is part of another could not become so again.
pub(super) fn rule_of_parts(change: &Change<'_>) -> Option<Rule> {
    match (change.attribute, change.to) {
        ("attached", Some(_)) if is_server_made(change.object) => Some(Rule::Replace),
        ("attached", _) => Some(Rule::Alter),
        ("invalid", None) if change.object.attribute("attached").is_none() => Some(Rule::Alter),
        ("invalid", _) => Some(Rule::Replace),
        _ => None,
    }
}

/// Whether the server alone makes an object part of that of the partitioned table: it does not take one that is there
/// where rows exclude each other.
pub(super) fn is_server_made(object: &Object) -> bool {
    let excludes = object.id.kind == "exclusion" || object.attribute("without_overlaps").is_some();
    excludes && object.attribute("attached").is_some()
}

/// Text for `format`, where it stands for itself.
fn escaped(text: &str) -> String {
    text.replace('%', "%%")
}

/// The step that gives the name that it should have to what the server made of a constraint of the partitioned table.
pub(super) fn adopt(object: &Object) -> Option<MigrationStep> {
    let parent = parent_of(object)?;
    let (table, name) = (outer_name(&object.id), last_part(&object.id));
    let body = format!(
        "DECLARE made name; BEGIN SELECT c.conname INTO STRICT made FROM pg_constraint c JOIN pg_constraint p \
         ON p.oid = c.conparentid WHERE c.conrelid = {}::regclass AND p.conrelid = {}::regclass AND p.conname = {}; \
         IF made <> {} THEN EXECUTE format({}, made); END IF; END",
        literal(&table),
        literal(&outer_name(parent)),
        literal(last_part(parent)),
        literal(name),
        literal(&format!("ALTER TABLE {} RENAME CONSTRAINT %I TO {}", escaped(&table), escaped(&identifier(name)))),
    );
    let own_table = lineage::table_of(&object.id);
    let step = MigrationStep::create(&object.id, format!("DO {}", dollar_quoted(&body)));
    Some(step.after([lineage::attachment(&own_table), own_table, parent.clone()]))
}

/// The step that makes an index, or a key's index, part of that of the partitioned table.
pub(super) fn attach(object: &Object) -> Option<MigrationStep> {
    let parent = parent_of(object)?;
    let statement = format!("ALTER INDEX {} ATTACH PARTITION {}", last_name(parent), last_name(&object.id));
    let table = object.id.sibling("table", [object.id.name[0].clone()]);
    let step = MigrationStep::alter(&object.id, statement);
    let step = step.after([lineage::attachment(&table), table, parent.clone()]);
    Some(step.making([lineage::attachment(&object.id)]))
}

/// The indexes of partitions, and those of their keys, that are part of an index, and those that are part of them.
pub(super) fn parts_of(index: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let parts = WITH_INDEX.into_iter().flat_map(|kind| sides.from.dependents(kind, index));
    parts.flat_map(|part| parts_of(&part.id, sides).into_iter().chain([part.id.clone()])).collect()
}

/// The moments at which the indexes of partitions become part of an index: it is valid only when all of them have.
pub(super) fn attachments_to(parent: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let parts = WITH_INDEX.into_iter().flat_map(|kind| sides.to.dependents(kind, parent));
    let parts: Vec<&ObjectId> = parts.filter(|index| parent_of(index) == Some(parent)).map(|index| &index.id).collect();
    let below = parts.iter().flat_map(|index| attachments_to(index, sides));
    below.chain(parts.iter().map(|index| lineage::attachment(index))).collect()
}

pub(super) struct Index;

fn statement(object: &Object, attributes: &Attributes, is_partitioned: bool) -> String {
    let unique = if attributes.unique { "UNIQUE " } else { "" };
    let only = if is_partitioned { "ONLY " } else { "" };
    let mut text =
        format!("CREATE {unique}INDEX {} ON {only}{}", identifier(last_part(&object.id)), outer_name(&object.id));
    if let Some(method) = &attributes.method {
        text.push_str(&format!(" USING {}", identifier(method)));
    }
    text.push_str(&format!(" ({})", attributes.keys.join(", ")));
    if !attributes.include.is_empty() {
        text.push_str(&format!(" INCLUDE ({})", identifiers(&attributes.include)));
    }
    if attributes.nulls_not_distinct {
        text.push_str(" NULLS NOT DISTINCT");
    }
    if !attributes.options.is_empty() {
        text.push_str(&format!(" WITH ({})", super::options_text(&attributes.options)));
    }
    if let Some(predicate) = &attributes.predicate {
        text.push_str(&format!(" WHERE {predicate}"));
    }
    text
}

impl Kind for Index {
    fn name(&self) -> &'static str {
        "index"
    }

    fn rule(&self, change: &Change<'_>) -> Rule {
        match change.attribute {
            "tablespace" => Rule::Cosmetic,
            "options" | "statistics" => Rule::Alter,
            attribute if index_mark::is_mark(attribute) => Rule::Alter,
            _ => rule_of_parts(change).unwrap_or(Rule::Replace),
        }
    }

    fn outlives(&self, object: &Object, need: &ObjectId, sides: &Sides<'_>) -> bool {
        moved_index::outlives(object, need, sides)
    }

    fn rebinds(&self, changes: &[Change<'_>], _: &ObjectId) -> bool {
        changes.iter().any(|change| change.attribute == "attached")
    }

    fn create(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let attributes: Attributes = attributes_of(object)?;
        let id = &object.id;
        let is_partitioned = super::is_partitioned(id, sides);
        if attributes.invalid && !is_partitioned {
            let reason = "the index is invalid: a build of it failed, so it is no model to follow; REINDEX it first";
            return Err(PlanError::Refused { object: id.clone(), reason: reason.to_owned() });
        }
        let name = outer_name(id);
        let step = MigrationStep::create(id, statement(object, &attributes, is_partitioned));
        let step = step.locking(format!("SHARE on {name}"));
        let step = if is_partitioned { step.after(lineage::attachments(id, sides)) } else { step };
        // The server takes any index of the right shape when it attaches a table: others come later.
        let own_table = id.sibling("table", [id.name[0].clone()]);
        let step = if attributes.attached { step } else { step.after([lineage::attachment(&own_table)]) };
        let table_exists = object.needs.iter().any(|need| need.kind == "table" && sides.from.get(need).is_some());
        let mut steps = vec![if table_exists {
            step.hazard(HazardKind::TableScan, "every row is read while the index is built, and writes wait")
        } else {
            step
        }];
        steps.extend(statistics_steps(id, &[], &attributes.statistics));
        steps.extend(index_mark::steps(id, Marks::default(), attributes.marks, sides));
        if attributes.attached {
            steps.extend(attach(object));
        }
        steps.extend(moved_index::attach_to(id, sides));
        Ok(steps)
    }

    fn alter(&self, object: &Object, _: &[Change<'_>], sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        let before: Attributes = sides.from.get(&object.id).map(attributes_of).transpose()?.unwrap_or_default();
        let after: Attributes = attributes_of(object)?;
        let name = last_name(&object.id);
        let clauses = super::option_clauses(&before.options, &after.options);
        let mut steps: Vec<MigrationStep> = Vec::new();
        if before.invalid && !after.invalid && !super::is_partitioned(&object.id, sides) {
            steps.push(rebuild(object));
        }
        let alter = |clause| MigrationStep::alter(&object.id, format!("ALTER INDEX {name} {clause}"));
        steps.extend(clauses.into_iter().map(alter));
        steps.extend(statistics_steps(&object.id, &before.statistics, &after.statistics));
        steps.extend(index_mark::steps(&object.id, before.marks, after.marks, sides));
        // It stops being part of another when its table stops being a partition.
        steps.extend(attach(object).filter(|_| after.attached && !before.attached));
        Ok(steps)
    }

    fn drop(&self, object: &Object, sides: &Sides<'_>) -> Result<Vec<MigrationStep>, PlanError> {
        if lineage::is_left(object, sides) || lineage::goes_with_partition(object, sides) {
            return Ok(Vec::new());
        }
        let along = parts_of(&object.id, sides);
        // Keys of partitions go with an index that they are part of only where that is said. What leans on them has gone.
        let cascade = if along.iter().any(|part| part.kind != self.name()) { " CASCADE" } else { "" };
        let step = MigrationStep::drop(&object.id, format!("DROP INDEX {}{cascade}", last_name(&object.id)));
        let step = step.unmaking(super::comments_of(&object.id, sides.from)).unmaking(along);
        Ok(vec![step.locking(table::access_exclusive(&outer_name(&object.id)))])
    }

    fn displaces(&self, object: &Object, sides: &Sides<'_>) -> Vec<ObjectId> {
        let above = index_places::displaced(object, sides);
        above.into_iter().chain(index_places::gone_with_whole(object, sides)).collect()
    }

    fn claims(&self, object: &Object) -> Vec<String> {
        vec![super::index_name(&object.id)]
    }
}

/// A build that failed left an index behind that nobody reads.
fn rebuild(object: &Object) -> MigrationStep {
    let step = MigrationStep::alter(&object.id, format!("REINDEX INDEX {}", last_name(&object.id)));
    let step = step.locking(table::access_exclusive(&last_name(&object.id)));
    step.hazard(
        HazardKind::TableScan,
        "a build of it failed; every row is read while it is built again, and writes wait",
    )
}

fn statistics_steps(id: &ObjectId, before: &[String], after: &[String]) -> Vec<MigrationStep> {
    let place = |entry: &str| entry.split('=').next().unwrap_or_default().to_owned();
    let set = after
        .iter()
        .filter(|entry| !before.contains(entry))
        .map(|entry| entry.split_once('=').unwrap_or((entry, "-1")));
    let reset = before.iter().filter(|entry| !after.iter().any(|other| place(other) == place(entry)));
    let reset: Vec<String> = reset.map(|entry| place(entry)).collect();
    let all = set.chain(reset.iter().map(|place| (place.as_str(), "-1")));
    all.map(|(place, target)| {
        let statement = format!("ALTER INDEX {} ALTER COLUMN {place} SET STATISTICS {target}", last_name(id));
        MigrationStep::alter(id, statement)
    })
    .collect()
}
