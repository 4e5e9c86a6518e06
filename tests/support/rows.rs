//! What rows a database holds, to see that a promotion kept them: a count a table, and a fingerprint a column.

use std::collections::BTreeMap;

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

/// What a value of a composite type is made of.
fn fields_of(column: &Object, snapshot: &SchemaSnapshot) -> String {
    let composites = column.needs.iter().filter(|need| need.kind == "composite_type");
    composites.filter_map(|need| snapshot.get(need)).map(|found| format!("{:?}", found.attributes)).collect()
}

fn table_name(own: &str, id: &ObjectId) -> String {
    format!("{}.{}", quoted(id.schema.as_ref().map_or(own, |schema| schema.as_str())), quoted(&id.name[0]))
}

fn is_lost_here_or_above(snapshot: &SchemaSnapshot, id: &ObjectId, is_lost: &dyn Fn(&ObjectId) -> bool) -> bool {
    let needs = snapshot.get(id).into_iter().flat_map(|object| &object.needs);
    let mut above = needs.filter(|need| need.kind == "column");
    is_lost(id) || above.any(|need| is_lost_here_or_above(snapshot, need, is_lost))
}

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
        let is_here = |column: &&Object| {
            let table = column.id.sibling("table", [column.id.name[0].clone()]);
            !column.attributes.contains_key("generated") && snapshot.get(&table).as_ref().is_some_and(is_own)
        };
        for column in snapshot.of_kind("column").filter(is_here) {
            let (name, table) = (quoted(&column.id.name[1]), table_name(own, &column.id));
            let query = format!(
                "SELECT 0, count({name}), md5(coalesce(string_agg({name}::text, ',' ORDER BY {name}::text COLLATE \"C\"), '')) \
                 FROM ONLY {table}"
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

    /// Whether the values of a column read as before: those of a composite type do only where its attributes stay.
    fn has_same_form(&self, column: &ObjectId, after: &SchemaSnapshot) -> bool {
        let needs = self.snapshot.get(column).into_iter().flat_map(|column| &column.needs);
        let mut composites = needs.filter(|need| need.kind == "composite_type");
        composites.all(|need| {
            self.snapshot.get(need).map(|object| &object.attributes) == after.get(need).map(|object| &object.attributes)
        })
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
        for (table, count) in self.counts.iter().filter(|(table, _)| !is_lost(table)) {
            match found.counts.get(table) {
                None => return Some(format!("{table} is gone, and nothing says so")),
                Some(now) if now != count => return Some(format!("{table} had {count} rows and has {now}")),
                Some(_) => {}
            }
        }
        for (column, (type_name, count, digest)) in &self.columns {
            let table = column.sibling("table", [column.name[0].clone()]);
            // What a child has from its parent goes with that.
            if is_lost(&table) || is_lost_here_or_above(&self.snapshot, column, is_lost) {
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
