//! What rows a database holds, to see that a promotion kept them: a count a table, and a fingerprint a column. Rows may
//! move between the partitions of one table, so that these count together.

use std::collections::{BTreeMap, BTreeSet};

use schema_sync::store::{Object, ObjectId, SchemaSnapshot};
use schema_sync_test_cluster::Cluster;

/// The rows of all tables of one tenant.
pub(crate) struct Rows {
    /// What the tenant was.
    snapshot: SchemaSnapshot,
    /// For each table its count.
    counts: BTreeMap<ObjectId, String>,
    /// For each column its type, how many values are not null, and a digest of all values.
    columns: BTreeMap<ObjectId, (String, String, String)>,
}

fn quoted(name: &str) -> String {
    format!("\"{}\"", name.replace('"', "\"\""))
}

fn type_of(column: &Object) -> String {
    column.attributes.get("type").and_then(|value| value.as_str()).unwrap_or_default().to_owned()
}

/// What a value of a type is made of, where that is composite, or a domain over such.
fn fields_of(column: &Object, snapshot: &SchemaSnapshot) -> String {
    let mut waiting: Vec<&ObjectId> = column.needs.iter().collect();
    let mut fields = String::new();
    while let Some(found) = waiting.pop().and_then(|need| snapshot.get(need).or(Some(column))) {
        match found.id.kind.as_str() {
            "composite_type" => fields += &format!("{:?}", found.attributes),
            "domain" => {}
            _ => continue,
        }
        waiting.extend(&found.needs);
    }
    fields
}

fn table_name(own: &str, id: &ObjectId) -> String {
    format!("{}.{}", quoted(id.schema.as_ref().map_or(own, |schema| schema.as_str())), quoted(&id.name[0]))
}

fn is_lost_here_or_above(snapshot: &SchemaSnapshot, id: &ObjectId, is_lost: &dyn Fn(&ObjectId) -> bool) -> bool {
    let needs = snapshot.get(id).into_iter().flat_map(|object| &object.needs);
    let mut above = needs.filter(|need| need.kind == "column");
    is_lost(id) || above.any(|need| is_lost_here_or_above(snapshot, need, is_lost))
}

/// How many values a column of several tables has, their digests' sum, and the types that they are of.
type Sums = (i128, i128, BTreeSet<String>);

/// What is to be asked of a tenant.
pub(crate) struct Reader {
    snapshot: SchemaSnapshot,
    /// For each table and column: its type, and the query that answers a line of three cells.
    queries: Vec<(ObjectId, String, String)>,
}

impl Reader {
    /// One query for everything: a line a table and a column, in order.
    pub(crate) fn query(&self) -> String {
        self.queries.iter().map(|(_, _, query)| query.as_str()).collect::<Vec<_>>().join(" UNION ALL\n")
    }

    /// The rows, given what the query answers.
    pub(crate) fn rows(self, lines: Vec<Vec<String>>) -> Rows {
        assert_eq!(lines.len(), self.queries.len());
        let mut rows = Rows { snapshot: self.snapshot, counts: BTreeMap::new(), columns: BTreeMap::new() };
        for ((id, type_name, _), mut parts) in self.queries.into_iter().zip(lines) {
            if id.kind == "table" {
                rows.counts.insert(id, parts.swap_remove(0));
            } else {
                rows.columns.insert(id, (type_name, parts[1].clone(), parts[2].clone()));
            }
        }
        rows
    }
}

impl Rows {
    /// What is in the tables of a snapshot, leaving out what is computed. `own` is the tenant's own schema.
    pub(crate) fn reader(own: &str, snapshot: &SchemaSnapshot) -> Reader {
        let mut queries = Vec::new();
        // The rows of foreign tables are elsewhere.
        let is_own = |table: &&Object| !table.attributes.contains_key("foreign");
        for table in snapshot.of_kind("table").filter(is_own) {
            queries.push((
                table.id.clone(),
                String::new(),
                format!("SELECT count(*), 0, '' FROM ONLY {}", table_name(own, &table.id)),
            ));
        }
        // Those of a partitioned table are in its partitions.
        let holds = |table: &&Object| is_own(table) && !table.attributes.contains_key("partition_by");
        let is_here = |column: &&Object| {
            let table = column.id.sibling("table", [column.id.name[0].clone()]);
            !column.attributes.contains_key("generated") && snapshot.get(&table).as_ref().is_some_and(holds)
        };
        for column in snapshot.of_kind("column").filter(is_here) {
            let (name, table) = (quoted(&column.id.name[1]), table_name(own, &column.id));
            let query = format!(
                "SELECT 0, count({name}), coalesce(sum(hashtextextended(format('%s', {name}) COLLATE \"C\", 0)), 0)::text FROM ONLY {table}"
            );
            queries.push((column.id.clone(), type_of(column) + &fields_of(column, snapshot), query));
        }
        Reader { snapshot: snapshot.clone(), queries }
    }

    /// The same, read from a database.
    pub(crate) fn read(cluster: &Cluster, database: &str, own: &str, snapshot: &SchemaSnapshot) -> Self {
        let reader = Self::reader(own, snapshot);
        let query = reader.query();
        let answer = if query.is_empty() { String::new() } else { cluster.psql(database, &query) };
        reader.rows(answer.lines().map(|line| line.split('|').map(str::to_owned).collect()).collect())
    }

    /// Whether a table of this name has no rows.
    pub(crate) fn has_none(&self, name: &str) -> bool {
        self.counts.iter().any(|(table, count)| table.name[0] == name && count == "0")
    }

    /// Whether the values of a column read as before: those of a composite type do only where its attributes stay.
    fn has_same_form(&self, column: &ObjectId, after: &SchemaSnapshot) -> bool {
        let fields = |side: &SchemaSnapshot| side.get(column).map(|column| fields_of(column, side));
        fields(&self.snapshot) == fields(after)
    }

    /// The tables that are partitions of one another before or after, by one of them.
    fn families(&self, after: &SchemaSnapshot) -> BTreeMap<ObjectId, BTreeSet<ObjectId>> {
        let mut heads: BTreeMap<ObjectId, ObjectId> = BTreeMap::new();
        let sides = [&self.snapshot, after];
        for table in sides.iter().flat_map(|side| side.of_kind("table")) {
            heads.entry(table.id.clone()).or_insert_with(|| table.id.clone());
        }
        for table in sides.iter().flat_map(|side| side.of_kind("table")) {
            let is_partition = table.attributes.contains_key("partition_of");
            for parent in table.needs.iter().filter(|need| is_partition && need.kind == "table") {
                let (from, to) = (heads[&table.id].clone(), heads[parent].clone());
                heads.values_mut().filter(|head| **head == from).for_each(|head| *head = to.clone());
            }
        }
        let mut families: BTreeMap<ObjectId, BTreeSet<ObjectId>> = BTreeMap::new();
        for (table, head) in heads {
            families.entry(head).or_default().insert(table);
        }
        families
    }

    /// What the tables of a family hold together, by column: how many values, and their digest; the types that they are
    /// of; and how many rows.
    fn sums(&self, family: &BTreeSet<ObjectId>) -> (i128, BTreeMap<String, Sums>) {
        let number = |text: &str| text.parse::<i128>().unwrap_or_default();
        let rows = family.iter().filter_map(|table| self.counts.get(table)).map(|count| number(count)).sum();
        let mut columns: BTreeMap<String, Sums> = BTreeMap::new();
        for (column, (type_name, count, digest)) in &self.columns {
            if family.contains(&column.sibling("table", [column.name[0].clone()])) {
                let sums = columns.entry(column.name[1].to_string()).or_default();
                sums.0 += number(count);
                sums.1 += number(digest);
                sums.2.insert(type_name.clone());
            }
        }
        (rows, columns)
    }

    fn difference_of_family(
        &self,
        family: &BTreeSet<ObjectId>,
        found: &Self,
        is_lost: &dyn Fn(&ObjectId) -> bool,
    ) -> Option<String> {
        let ((rows, before), (rows_now, now)) = (self.sums(family), found.sums(family));
        let names: Vec<String> = family.iter().map(ToString::to_string).collect();
        let names = names.join(", ");
        if rows != rows_now {
            return Some(format!("{names} had {rows} rows and have {rows_now}"));
        }
        let is_lost = |name: &str| {
            let columns = family.iter().map(|table| table.sibling("column", [table.name[0].as_str(), name]));
            columns.into_iter().any(|column| is_lost_here_or_above(&self.snapshot, &column, is_lost))
        };
        for (name, (count, digest, types)) in before.iter().filter(|(name, _)| !is_lost(name)) {
            match now.get(name) {
                // There are partitioned tables alone.
                None if *count == 0 => {}
                None => return Some(format!("column {name} of {names} is gone, and nothing says so")),
                Some((kept, _, _)) if kept != count => {
                    return Some(format!("column {name} of {names} had {count} values and has {kept}"));
                }
                Some((_, kept, types_now)) if types_now == types && kept != digest => {
                    return Some(format!("the values of {name} of {names} are others"));
                }
                Some(_) => {}
            }
        }
        None
    }

    /// What a database lacks of these rows, beyond what is called lost: values keep their text where their type stays,
    /// and their number where it changes.
    pub(crate) fn difference(
        &self,
        cluster: &Cluster,
        database: &str,
        own: &str,
        after: &SchemaSnapshot,
        is_lost: &dyn Fn(&ObjectId) -> bool,
    ) -> Option<String> {
        self.difference_from(&Self::read(cluster, database, own, after), after, is_lost)
    }

    /// The same, given what is there now.
    pub(crate) fn difference_from(
        &self,
        found: &Self,
        after: &SchemaSnapshot,
        is_lost: &dyn Fn(&ObjectId) -> bool,
    ) -> Option<String> {
        let families = self.families(after);
        let mut together: BTreeSet<&ObjectId> = BTreeSet::new();
        for family in families.values().filter(|family| family.len() > 1 && !family.iter().any(is_lost)) {
            if let Some(difference) = self.difference_of_family(family, found, is_lost) {
                return Some(difference);
            }
            together.extend(family);
        }
        let is_alone = |table: &ObjectId| !together.contains(table);
        // The rows of a partition that goes may be in what it was a partition of.
        let goes_into_another = |table: &ObjectId| {
            let before = self.snapshot.get(table).filter(|table| table.attributes.contains_key("partition_of"));
            let mut above = before.into_iter().flat_map(|table| &table.needs).filter(|need| need.kind == "table");
            after.get(table).is_none() && above.any(|need| after.get(need).is_some())
        };
        let is_alone = |table: &ObjectId| is_alone(table) && !goes_into_another(table);
        for (table, count) in self.counts.iter().filter(|(table, _)| !is_lost(table) && is_alone(table)) {
            match found.counts.get(table) {
                None => return Some(format!("{table} is gone, and nothing says so")),
                Some(now) if now != count => return Some(format!("{table} had {count} rows and has {now}")),
                Some(_) => {}
            }
        }
        for (column, (type_name, count, digest)) in &self.columns {
            let table = column.sibling("table", [column.name[0].clone()]);
            // What a child has from its parent goes with that.
            if !is_alone(&table) || is_lost(&table) || is_lost_here_or_above(&self.snapshot, column, is_lost) {
                continue;
            }
            match found.columns.get(column) {
                None if after.get(column).is_some() => {}
                None => return Some(format!("{column} is gone, and nothing says so")),
                Some((now, _, kept)) if now == type_name && kept != digest && self.has_same_form(column, after) => {
                    return Some(format!("the values of {column} are others"));
                }
                Some((_, kept, _)) if kept != count => {
                    return Some(format!("{column} had {count} values and has {kept}"));
                }
                Some(_) => {}
            }
        }
        None
    }
}
