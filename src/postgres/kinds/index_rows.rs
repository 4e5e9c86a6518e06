//! Indexes as the catalogue has them, and which of them are nothing but part of a constraint.

use smol_str::SmolStr;

use super::super::catalog::{Cells, Namespace, Reading, Server, Source, class, object};
use super::super::printed;
use super::super::quote::identifier;
use super::index::Attributes;
use super::index_mark::Marks;

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
