//! Drives the SQLite adapter through its traits, and looks at what came of it by other eyes than its own.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use rusqlite::Connection;
use schema_sync::adapter::{DatabaseAdapter, Location, TenantContext};
use schema_sync::execute::{Executor, LockedExecutor, Task};
use schema_sync::plan::{DependencyPlanner, HazardKind, MigrationPlan, Planner};
use schema_sync::sqlite::{SqliteAdapter, SqliteDialect};
use schema_sync_store::SchemaSnapshot;

pub(crate) type Outcome<T = ()> = Result<T, Box<dyn std::error::Error>>;

const LOCK_TIMEOUT: std::time::Duration = std::time::Duration::from_secs(5);

pub(crate) fn runtime() -> std::io::Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread().enable_all().build()
}

/// A file made by SQL, and the tenant that it is.
pub(crate) fn make_file(folder: &Path, name: &str, sql: &str) -> Outcome<(SqliteAdapter, TenantContext)> {
    let path = folder.join(format!("{name}.db"));
    let connection = Connection::open(&path)?;
    connection.execute_batch("PRAGMA foreign_keys = OFF; PRAGMA synchronous = OFF; PRAGMA journal_mode = MEMORY")?;
    connection.execute_batch(&format!("BEGIN; {sql}\n; COMMIT"))?;
    let adapter = SqliteAdapter::new(&path.to_string_lossy(), &[])?;
    Ok((adapter, TenantContext::new(name, Location::File(path))))
}

pub(crate) fn path_of(tenant: &TenantContext) -> Outcome<PathBuf> {
    match &tenant.location {
        Location::File(path) => Ok(path.clone()),
        other => Err(format!("{other:?} is no file").into()),
    }
}

pub(crate) async fn inspect(adapter: &SqliteAdapter, tenant: &TenantContext) -> Outcome<SchemaSnapshot> {
    Ok(adapter.inspector().inspect_schema(tenant).await?)
}

pub(crate) fn plan(from: &SchemaSnapshot, to: &SchemaSnapshot) -> Outcome<MigrationPlan> {
    Ok(DependencyPlanner.plan(from, to, &SqliteDialect)?)
}

pub(crate) fn describe(plan: &MigrationPlan) -> String {
    plan.statements().collect::<Vec<_>>().join(";\n")
}

/// Promotes a tenant to a snapshot by the executor: lock, look, check, run, look again, commit.
pub(crate) async fn promote(
    adapter: &SqliteAdapter,
    tenant: &TenantContext,
    target: &SchemaSnapshot,
) -> Outcome<MigrationPlan> {
    let plan = plan(&inspect(adapter, tenant).await?, target)?;
    LockedExecutor::default()
        .execute(Task { adapter, tenant, plan: &plan, target, lock_timeout: LOCK_TIMEOUT })
        .await?;
    Ok(plan)
}

/// Everything that a schema is, read by pragmas and by SQLite's own text without white space, comments and quotes.
pub(crate) fn oracle(path: &Path) -> Outcome<BTreeMap<String, BTreeSet<String>>> {
    let connection = Connection::open(path)?;
    let mut facts: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    let mut query = connection.prepare(
        "SELECT type, name, tbl_name, sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'",
    )?;
    let mut rows = query.query([])?;
    while let Some(row) = rows.next()? {
        let (kind, name, table, sql): (String, String, String, String) =
            (row.get(0)?, row.get(1)?, row.get(2)?, row.get(3)?);
        let fact = facts.entry(format!("{kind} {name} of {}", table.to_lowercase())).or_default();
        if kind != "table" || sql.to_uppercase().starts_with("CREATE VIRTUAL") {
            // A collation that a column has anyway may be left out of an index; which it is, the pragma tells.
            let collations = ["collatenocase", "collatertrim", "collatebinary"];
            fact.insert(collations.iter().fold(squeeze(&sql), |text, word| text.replace(word, "")));
            let terms = "SELECT name, \"desc\", upper(coll), key FROM pragma_index_xinfo(?1) ORDER BY seqno";
            fact.insert(lines(&connection, terms, &name)?.join(", "));
            continue;
        }
        for (pragma, columns) in [
            (
                "table_xinfo",
                "name, upper(replace(type, ' ', '')), \"notnull\", ltrim(lower(replace(replace(replace(dflt_value, ' ', ''), '(', ''), ')', '')), '+'), pk, hidden",
            ),
            ("foreign_key_list", "\"table\", \"from\", \"to\", on_update, on_delete, seq"),
        ] {
            fact.extend(lines(&connection, &format!("SELECT '{pragma}', {columns} FROM pragma_{pragma}(?1)"), &name)?);
        }
        let keys = "SELECT l.origin, l.\"unique\", group_concat(x.name || x.\"desc\" || upper(x.coll), ',') \
                    FROM pragma_index_list(?1) l, pragma_index_xinfo(l.name) x WHERE x.key AND l.origin <> 'c' GROUP BY l.name";
        fact.extend(lines(&connection, keys, &name)?);
        // SQLite takes a foreign key that is NOT DEFERRABLE for immediate, whatever else is said of it.
        let upper = squeeze(&sql).to_uppercase().replace("NOTDEFERRABLEINITIALLYDEFERRED", "");
        for word in ["AUTOINCREMENT", "WITHOUTROWID", "INITIALLYDEFERRED", "ONCONFLICT", "COLLATE", "CHECK("] {
            fact.insert(format!("{word} {}", upper.matches(word).count()));
        }
        fact.insert(format!(
            "strict {}",
            lines(&connection, "SELECT strict, wr FROM pragma_table_list(?1)", &name)?.join("")
        ));
    }
    Ok(facts)
}

fn lines(connection: &Connection, query: &str, argument: &str) -> Outcome<Vec<String>> {
    let mut query = connection.prepare(query)?;
    let count = query.column_count();
    let rows = query.query_map([argument], |row| {
        let values: rusqlite::Result<Vec<String>> =
            (0..count).map(|index| row.get_ref(index).map(|value| format!("{value:?}"))).collect();
        values.map(|values| values.join(" "))
    })?;
    Ok(rows.collect::<rusqlite::Result<_>>()?)
}

/// A text without comments, white space, identifier quotes and case.
fn squeeze(sql: &str) -> String {
    let mut out = String::new();
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        if rest.starts_with("--") {
            rest = rest.find('\n').map_or("", |end| &rest[end..]);
        } else if rest.starts_with("/*") {
            rest = rest.find("*/").map_or("", |end| &rest[end + 2..]);
        } else {
            if !first.is_whitespace() && !"\"[]`;".contains(first) {
                out.extend(first.to_lowercase());
            }
            rest = &rest[first.len_utf8()..];
        }
    }
    out.replace("foreachrow", "").replace("before", "").replace("asc,", ",").replace("asc)", ")")
}

/// The rows of every table by the columns given, each with its rowid where it has one.
pub(crate) fn rows(path: &Path, columns_of: &BTreeMap<String, Vec<String>>) -> Outcome<BTreeMap<String, Vec<String>>> {
    let connection = Connection::open(path)?;
    let mut rows = BTreeMap::new();
    for (table, columns) in columns_of {
        let quoted: Vec<String> = columns.iter().map(|column| format!("\"{}\"", column.replace('"', "\"\""))).collect();
        let name = table.replace('"', "\"\"");
        let query = format!(
            "SELECT count(*) OVER (), {} FROM \"{name}\" WHERE ?1 = '' ",
            if quoted.is_empty() { "1".into() } else { quoted.join(", ") }
        );
        let mut found = lines(&connection, &query, "")?;
        found.sort();
        rows.insert(table.clone(), found);
    }
    Ok(rows)
}

/// The columns that both snapshots have with the same type and generation, of the tables that both have.
pub(crate) fn common_columns(from: &SchemaSnapshot, to: &SchemaSnapshot) -> BTreeMap<String, Vec<String>> {
    let mut common: BTreeMap<String, Vec<String>> = BTreeMap::new();
    for table in from.of_kind("table").filter(|table| to.get(&table.id).is_some()) {
        let columns = common.entry(table.id.name[0].to_string()).or_default();
        let rowid_tables = [from, to].map(|side| {
            side.get(&table.id).is_some_and(|table| table.attribute("without_rowid").is_none())
                && side.parts("column", &table.id).all(|column| !column.id.name[1].eq_ignore_ascii_case("rowid"))
        });
        let alias = |side: &SchemaSnapshot| {
            let key = side.parts("primary_key", &table.id).next()?;
            let column =
                key.attribute("columns")?.as_array().filter(|columns| columns.len() == 1)?[0].as_str()?.to_owned();
            let id = table.id.sibling("column", [table.id.name[0].as_str(), &column]);
            (side.get(&id)?.attribute("type")?.as_str()? == "INTEGER").then_some(id)
        };
        // Where another column becomes the rowid, the rowid is that column's value.
        let keeps_rowid = alias(to).is_none_or(|id| alias(from).as_ref() == Some(&id) || from.get(&id).is_none());
        if rowid_tables == [true, true] && keeps_rowid {
            columns.push("rowid".into());
        }
        for column in from.parts("column", &table.id) {
            let same = |attribute| {
                to.get(&column.id).is_some_and(|other| other.attribute(attribute) == column.attribute(attribute))
            };
            if to.get(&column.id).is_some() && same("type") && same("generated") {
                columns.push(column.id.name[1].to_string());
            }
        }
    }
    common
}

/// Promotes one file to the schema of another and checks everything that is promised of that.
pub(crate) async fn check_promotion(folder: &Path, name: &str, from_sql: &str, to_sql: &str, seed: &str) -> Outcome {
    let (adapter, tenant) = make_file(folder, &format!("{name}-from"), &format!("{from_sql}\n;\n{seed}"))?;
    let (target_adapter, target) = make_file(folder, &format!("{name}-to"), to_sql)?;
    let wanted = inspect(&target_adapter, &target).await?;
    let before = inspect(&adapter, &tenant).await?;
    let common = common_columns(&before, &wanted);
    let rows_before = rows(&path_of(&tenant)?, &common)?;
    let plan = promote(&adapter, &tenant, &wanted).await.map_err(|error| format!("{name}: {error}"))?;
    let after = inspect(&adapter, &tenant).await?;
    let second = self::plan(&after, &wanted)?;
    if !second.is_empty() {
        return Err(format!("{name}: the second plan is not empty: {}", describe(&second)).into());
    }
    let (is, should) = (oracle(&path_of(&tenant)?)?, oracle(&path_of(&target)?)?);
    if is != should {
        let is: BTreeMap<_, _> = is.iter().filter(|(key, fact)| should.get(*key) != Some(fact)).collect();
        let should: Vec<_> = is.keys().map(|key| should.get(*key)).collect();
        return Err(format!(
            "{name}: the oracle sees a difference\nis:     {is:#?}\nshould: {should:#?}\n{}",
            describe(&plan)
        )
        .into());
    }
    let loses_tables =
        plan.hazards().any(|hazard| hazard.kind == HazardKind::DataLoss && hazard.object.kind == "table");
    let rows_after = rows(&path_of(&tenant)?, &common)?;
    if !loses_tables && rows_before != rows_after {
        return Err(format!("{name}: rows changed\n{rows_before:#?}\n{rows_after:#?}\n{}", describe(&plan)).into());
    }
    Ok(())
}

/// A temporary folder, in memory where the system has such a place: syncing to disk is most of a small promotion's time.
pub(crate) fn fast_folder() -> std::io::Result<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() }
}
