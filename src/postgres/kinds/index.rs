//! Indexes, of tables and of materialised views. Keys are put together here from the catalogue's numbers; the server
//! prints only expressions and predicates, as printing whole definitions takes a third of an inspection.

use schema_sync_store::{Object, ObjectId};
use serde::{Deserialize, Serialize};
use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, is_default, object};
use super::super::printed;
use super::super::quote::{dollar_quoted, identifier, identifiers, last_name, last_part, literal, outer_name};
use super::index_mark::{self, Marks};
use super::{index_places, lineage, moved_index, table};
use crate::kind::{Change, Kind, Rule, Sides, attributes_of};
use crate::plan::{HazardKind, MigrationStep, PlanError};

#[derive(Debug, Default, Serialize, Deserialize)]
#[serde(default)]
struct Attributes {
    #[serde(skip_serializing_if = "is_default")]
    unique: bool,
    /// `btree` where absent.
    #[serde(skip_serializing_if = "is_default")]
    method: Option<String>,
    /// Each key as SQL: `email`, `lower(name) text_pattern_ops DESC`.
    keys: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    include: Vec<SmolStr>,
    #[serde(skip_serializing_if = "is_default")]
    nulls_not_distinct: bool,
    #[serde(skip_serializing_if = "is_default")]
    options: Vec<String>,
    #[serde(skip_serializing_if = "is_default")]
    predicate: Option<String>,
    #[serde(skip_serializing_if = "is_default")]
    tablespace: Option<String>,
    /// Statistics targets of its expressions, by place from 1: `1=500`.
    #[serde(skip_serializing_if = "is_default")]
    statistics: Vec<String>,
    /// It is part of the index of the partitioned table; see `needs`.
    #[serde(skip_serializing_if = "is_default")]
    attached: bool,
    /// A build that failed left it behind.
    #[serde(skip_serializing_if = "is_default")]
    invalid: bool,
    #[serde(flatten)]
    marks: Marks,
}

/// An index as read; a constraint may claim it before it becomes an object.
#[derive(Debug)]
pub(in super::super) struct IndexRow {
    oid: u32,
    pub(super) relation_oid: u32,
    name: SmolStr,
    attributes: Attributes,
    /// Those of its keys, expressions and predicate.
    pub(super) columns: Vec<i16>,
    pub(super) marks: Marks,
    pub(super) parent: Option<u32>,
    pub(super) invalid: bool,
    pub(super) include: Vec<SmolStr>,
    pub(super) nulls_not_distinct: bool,
    pub(super) options: Vec<String>,
    pub(super) tablespace: Option<String>,
}

pub(in super::super) const SOURCE: Source = Source { name: "index", body, read };

fn body(server: &Server) -> String {
    let nulls_not_distinct = if server.version >= 150_000 { "i.indnullsnotdistinct" } else { "false" };
    let target = if server.version >= 170_000 { "coalesce(a.attstattarget, -1)" } else { "a.attstattarget" };
    format!(
        "SELECT i.indexrelid, i.indrelid, c.relname::text, \
         CASE WHEN c.relam <> 403 THEN (SELECT m.amname::text FROM pg_am m WHERE m.oid = c.relam) END, \
         CASE WHEN c.reltablespace <> 0 THEN (SELECT s.spcname::text FROM pg_tablespace s WHERE s.oid = c.reltablespace) END, \
         c.reloptions, i.indisunique, {nulls_not_distinct}, i.indisvalid, i.indisreplident, i.indisclustered, \
         i.indnkeyatts::int4, i.indkey::int2[], i.indcollation::oid[], i.indclass::oid[], i.indoption::int2[], \
         CASE WHEN i.indexprs IS NULL THEN NULL \
           WHEN i.indnkeyatts = 1 THEN ARRAY[pg_get_indexdef(i.indexrelid, 1, false)] \
           ELSE array(SELECT pg_get_indexdef(i.indexrelid, k, false) \
             FROM generate_series(1, i.indnkeyatts::int) k ORDER BY k) END, \
         CASE WHEN i.indpred IS NOT NULL THEN pg_get_expr(i.indpred, i.indrelid) END, \
         CASE WHEN i.indexprs IS NOT NULL OR c.relam NOT IN (403, 405) THEN \
           array(SELECT concat_ws(' ', a.atttypid, {target}, array_to_string(a.attoptions, ', ')) FROM pg_attribute a \
                 WHERE a.attrelid = i.indexrelid AND a.attnum > 0 ORDER BY a.attnum) END, \
         CASE WHEN c.relispartition THEN (SELECT h.inhparent FROM pg_inherits h WHERE h.inhrelid = i.indexrelid) END, \
         CASE WHEN NOT i.indcollation::oid[] <@ '{{0, 100}}'::oid[] THEN \
           array(SELECT CASE WHEN u.u <> 0 THEN u.u::regcollation::text ELSE '' END \
                 FROM unnest(i.indcollation::oid[]) WITH ORDINALITY u (u, place) ORDER BY u.place) END, \
         CASE WHEN i.indexprs IS NOT NULL OR i.indpred IS NOT NULL THEN \
           array(SELECT e.refobjsubid::int2 FROM pg_depend e WHERE e.classid = 1259 AND e.objid = i.indexrelid \
                 AND e.refclassid = 1259 AND e.refobjid = i.indrelid AND e.refobjsubid > 0) END \
         FROM pg_depend d JOIN pg_index i ON i.indrelid = d.objid JOIN pg_class c ON c.oid = i.indexrelid \
         WHERE d.refclassid = 2615 AND d.refobjid = t.ns AND d.refobjsubid = 0 AND d.classid = 1259"
    )
}

fn read(cells: &Cells<'_>, _: &Namespace, reading: &mut Reading) -> Result<(), String> {
    let (oid, relation_oid): (u32, u32) = (cells.get(1)?, cells.get(2)?);
    let Some(relation) = reading.relations.get(&relation_oid) else { return Ok(()) };
    let columns: Vec<i16> = cells.get(13)?;
    let key_count = usize::try_from(cells.get::<i32>(12)?).unwrap_or_default();
    let name_of = |number: &i16| relation.columns.get(number).map(|column| column.name.clone());
    let include: Vec<SmolStr> = columns.iter().skip(key_count).filter_map(name_of).collect();
    let mut options: Vec<String> = cells.get::<Option<Vec<String>>>(6)?.unwrap_or_default();
    options.sort_unstable();
    let own_columns = own_columns(cells)?;
    let statistics = own_columns.iter().map(|column| column.target).enumerate().filter(|(_, target)| *target >= 0);
    let parent: Option<u32> = cells.get(20)?;
    let attributes = Attributes {
        unique: cells.get(7)?,
        method: cells.get(4)?,
        keys: keys(cells, &own_columns, reading, relation_oid, key_count)?,
        include: include.clone(),
        nulls_not_distinct: cells.get(8)?,
        options: options.clone(),
        predicate: cells.get::<Option<String>>(18)?.map(printed::expression),
        tablespace: cells.get(5)?,
        statistics: statistics.map(|(place, target)| format!("{}={target}", place + 1)).collect(),
        attached: parent.is_some(),
        invalid: !cells.get::<bool>(9)?,
        marks: Marks::new(cells.get(11)?, cells.get(10)?),
    };
    // A foreign key may refer to what a unique index without conditions has.
    if attributes.unique && attributes.predicate.is_none() && !columns.contains(&0) {
        let mut key: Vec<i16> = columns.iter().take(key_count).copied().collect();
        key.sort_unstable();
        reading.unique_keys.entry(relation_oid).or_default().push((key, oid));
    }
    let row = IndexRow {
        oid,
        relation_oid,
        name: SmolStr::new(cells.get::<&str>(3)?),
        columns: cells.get::<Option<Vec<i16>>>(22)?.into_iter().flatten().chain(columns).collect(),
        marks: attributes.marks,
        parent,
        invalid: attributes.invalid,
        include,
        nulls_not_distinct: attributes.nulls_not_distinct,
        options,
        tablespace: attributes.tablespace.clone(),
        attributes,
    };
    reading.indexes.insert(oid, row);
    Ok(())
}

/// A column of the index itself, where there is anything to know of it: its type, statistics target and options.
#[derive(Default)]
struct OwnColumn {
    type_oid: u32,
    target: i32,
    options: String,
}

fn own_columns(cells: &Cells<'_>) -> Result<Vec<OwnColumn>, String> {
    let texts: Vec<&str> = cells.get::<Option<Vec<&str>>>(19)?.unwrap_or_default();
    let read = |text: &&str| {
        let mut words = text.splitn(3, ' ');
        let type_oid = words.next()?.parse().ok()?;
        let target = words.next()?.parse().ok()?;
        Some(OwnColumn { type_oid, target, options: words.next().unwrap_or_default().to_owned() })
    };
    let columns = texts.iter().map(|text| read(text).ok_or_else(|| format!("a column of an index says `{text}`")));
    columns.collect()
}

/// The keys as SQL, each with what is not its default.
fn keys(
    cells: &Cells<'_>,
    own_columns: &[OwnColumn],
    reading: &Reading,
    relation_oid: u32,
    key_count: usize,
) -> Result<Vec<String>, String> {
    let numbers: Vec<i16> = cells.get(13)?;
    let collations: Vec<u32> = cells.get(14)?;
    let classes: Vec<u32> = cells.get(15)?;
    let orders: Vec<i16> = cells.get(16)?;
    let expressions: Vec<String> = cells.get::<Option<Vec<String>>>(17)?.unwrap_or_default();
    let collation_names: Vec<String> = cells.get::<Option<Vec<String>>>(21)?.unwrap_or_default();
    let is_ordered = cells.get::<Option<&str>>(4)?.is_none();
    let columns = reading.relations.get(&relation_oid).map(|relation| &relation.columns);
    let mut keys = Vec::with_capacity(key_count);
    for (place, number) in numbers.iter().take(key_count).enumerate() {
        let column = columns.and_then(|columns| columns.get(number));
        let (mut text, own_collation, type_oid) = match (column, expressions.get(place)) {
            (Some(column), _) => (identifier(&column.name), column.collation, column.type_oid),
            (None, Some(expression)) => (
                printed::expression(expression.clone()),
                100,
                own_columns.get(place).map(|own| own.type_oid).unwrap_or_default(),
            ),
            (None, None) => return Err(format!("key {} of an index is neither column nor expression", place + 1)),
        };
        let collation = collations.get(place).copied().unwrap_or_default();
        if collation != 0 && collation != own_collation {
            let name = collation_names.get(place).map_or("\"default\"", String::as_str);
            text.push_str(&format!(" COLLATE {name}"));
        }
        let class = classes.get(place).and_then(|class| reading.shared.operator_classes.get(class));
        let class = class.ok_or_else(|| format!("the operator class of key {} of an index was not read", place + 1))?;
        let options = own_columns.get(place).map(|own| own.options.as_str()).filter(|options| !options.is_empty());
        if options.is_some() || !is_default_class(class.is_default, class.input_type, type_oid) {
            text.push_str(&format!(" {}", reading.print(class)));
        }
        if let Some(options) = options {
            text.push_str(&format!(" ({options})"));
        }
        if is_ordered {
            // Bit 1 of `indoption` is DESC, bit 2 NULLS FIRST (`INDOPTION_DESC`, `INDOPTION_NULLS_FIRST`).
            text.push_str(match orders.get(place).copied().unwrap_or_default() & 3 {
                1 => " DESC NULLS LAST",
                2 => " NULLS FIRST",
                3 => " DESC",
                _ => "",
            });
        }
        keys.push(text);
    }
    Ok(keys)
}

/// Whether a type gets this operator class without asking: its own default, that of text for `character varying`, and
/// those of the pseudo-types for arrays, enums, ranges and rows. Where this says no for a default, the class is merely
/// told although it need not be.
fn is_default_class(is_default: bool, input_type: u32, type_oid: u32) -> bool {
    const TEXT: u32 = 25;
    const VARCHAR: u32 = 1043;
    const PSEUDO_TYPES: [u32; 6] = [2277, 3500, 3831, 2249, 4537, 2776];
    is_default
        && (input_type == type_oid
            || (input_type == TEXT && type_oid == VARCHAR)
            || PSEUDO_TYPES.contains(&input_type)
            || type_oid >= 16384)
}

/// Makes objects of the indexes that no constraint has claimed.
pub(in super::super) fn finish(reading: &mut Reading) -> Result<(), String> {
    let mut rows: Vec<IndexRow> = std::mem::take(&mut reading.indexes).into_values().collect();
    rows.sort_unstable_by_key(|row| row.oid);
    for row in rows {
        let Some(relation) = reading.relations.get(&row.relation_oid) else { continue };
        let outer = relation.id.clone();
        let id = outer.sibling("index", [outer.name[0].clone(), row.name.clone()]);
        let address = (class::RELATION, row.oid, 0);
        reading.add(address, object(id, &row.attributes, [outer])?);
        for number in &row.columns {
            reading.need(address, (class::RELATION, row.relation_oid, i32::from(*number)));
        }
        if let Some(parent) = row.parent {
            reading.later_need(address, (class::RELATION, parent, 0));
        }
    }
    Ok(())
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
    let parts = WITH_INDEX.into_iter().flat_map(|kind| sides.from.of_kind(kind));
    let parts = parts.filter(|part| part.needs.contains(index));
    parts.flat_map(|part| parts_of(&part.id, sides).into_iter().chain([part.id.clone()])).collect()
}

/// The moments at which the indexes of partitions become part of an index: it is valid only when all of them have.
pub(super) fn attachments_to(parent: &ObjectId, sides: &Sides<'_>) -> Vec<ObjectId> {
    let parts =
        WITH_INDEX.into_iter().flat_map(|kind| sides.to.of_kind(kind)).filter(|index| parent_of(index) == Some(parent));
    let parts: Vec<&ObjectId> = parts.map(|index| &index.id).collect();
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

    fn rebinds(&self, changes: &[Change<'_>]) -> bool {
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
        let step = MigrationStep::drop(&object.id, format!("DROP INDEX {}", last_name(&object.id)));
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
