//! What tests against PostgreSQL share: one tenant that is a database, its promotion, and what `pg_dump` says of it.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use schema_sync::adapter::TenantContext;
use schema_sync::engine::{Engine, SyncOutcome};
use schema_sync::plan::{Allowance, Policy};
use schema_sync::postgres::{PostgresAdapter, TenantPattern};
use schema_sync::store::SchemaSnapshot;
use schema_sync_test_cluster::Cluster;

/// A file of the repository.
pub(crate) fn repository_file(path: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(path)
}

/// An engine on one database, which may lose data.
pub(crate) fn engine(cluster: &Cluster, database: &str) -> Engine {
    let adapter = PostgresAdapter::new(&cluster.url(database), TenantPattern::Database).unwrap();
    Engine::from_adapter(Arc::new(adapter)).with_policy(Policy::allowing(vec![Allowance::All]))
}

/// The one tenant of an engine that has one.
pub(crate) async fn only_tenant(engine: &Engine) -> TenantContext {
    let tenants = engine.list_tenants().await.unwrap();
    assert_eq!(tenants.len(), 1);
    tenants.into_iter().next().unwrap()
}

/// A database as it is now.
pub(crate) async fn inspect(cluster: &Cluster, database: &str) -> SchemaSnapshot {
    let engine = engine(cluster, database);
    engine.inspect(&only_tenant(&engine).await).await.unwrap()
}

/// Promotes a snapshot into a database.
pub(crate) async fn promote(cluster: &Cluster, database: &str, target: &SchemaSnapshot) -> Result<SyncOutcome, String> {
    let engine = engine(cluster, database);
    let tenant = only_tenant(&engine).await;
    engine.sync_tenant(&tenant, Some(target), true).await.map_err(|error| error.to_string())
}

/// What `pg_dump` says of a database's schema, without what does not count: comments, and the order of columns.
pub(crate) fn dump(cluster: &Cluster, database: &str) -> String {
    dump_with(cluster, database, &["--no-owner", "--no-privileges"])
}

/// The same with these arguments instead of those that leave owners and privileges out.
pub(crate) fn dump_with(cluster: &Cluster, database: &str, arguments: &[&str]) -> String {
    let text = cluster.pg_dump(database, &[&["--schema-only"], arguments].concat());
    let is_news = |line: &&str| {
        !line.is_empty()
            && !line.starts_with("--")
            && !line.starts_with("\\restrict")
            && !line.starts_with("\\unrestrict")
    };
    let mut lines: Vec<String> = Vec::new();
    let mut table: Option<Vec<String>> = None;
    for line in text.lines().filter(is_news) {
        match &mut table {
            Some(columns) if line.starts_with(')') => {
                columns.sort();
                lines.append(columns);
                lines.push(line.to_owned());
                table = None;
            }
            Some(columns) => columns.push(line.trim_end_matches(',').to_owned()),
            None => {
                if line.starts_with("CREATE") && line.contains("TABLE ") && line.ends_with('(') {
                    table = Some(Vec::new());
                }
                lines.push(line.to_owned());
            }
        }
    }
    let lines: Vec<String> = lines.iter().map(|line| with_sorted_names(&with_sorted_options(line))).collect();
    with_sorted_grants(&lines).join("\n")
}

/// Privileges keep the order in which they were granted; it does not count. Each is told with who grants it.
fn with_sorted_grants(lines: &[String]) -> Vec<String> {
    let mut sorted: Vec<String> = Vec::with_capacity(lines.len());
    let (mut grants, mut grantor): (Vec<String>, &str) = (Vec::new(), "");
    for line in lines {
        match line.split_whitespace().next() {
            Some("GRANT" | "REVOKE") => grants.push(format!("{line}{grantor}")),
            _ if line.starts_with("SET SESSION AUTHORIZATION") => grantor = line,
            _ if line.starts_with("RESET SESSION AUTHORIZATION") => grantor = "",
            _ => {
                grants.sort();
                sorted.append(&mut grants);
                sorted.push(line.clone());
            }
        }
    }
    grants.sort();
    sorted.append(&mut grants);
    sorted
}

/// Storage parameters keep the order in which they were set; it does not count.
fn with_sorted_options(line: &str) -> String {
    let Some((before, (options, after))) =
        line.split_once("WITH (").and_then(|(before, rest)| Some((before, rest.split_once(')')?)))
    else {
        return line.to_owned();
    };
    let mut options: Vec<&str> = options.split(", ").collect();
    options.sort_unstable();
    format!("{before}WITH ({}){after}", options.join(", "))
}

/// The names behind the alias of a function that answers with rows of a table are in the order of its columns, which does
/// not count.
fn with_sorted_names(line: &str) -> String {
    let mut sorted = String::new();
    let mut rest = line;
    while let Some((call, behind)) = rest.split_once(") ") {
        let names = behind.split_once('(').filter(|(alias, _)| !alias.contains([' ', ')']) && !alias.is_empty());
        sorted.push_str(&format!("{call}) "));
        rest = behind;
        if let Some((alias, (names, after))) = names.and_then(|(alias, rest)| Some((alias, rest.split_once(')')?))) {
            let mut names: Vec<&str> = names.split(", ").collect();
            names.sort_unstable();
            sorted.push_str(&format!("{alias}({})", names.join(", ")));
            rest = after;
        }
    }
    sorted + rest
}

/// The lines that only one side has, where the dumps differ.
pub(crate) fn difference_of_dumps(promoted: &str, loaded: &str) -> Option<String> {
    // A partition that came under a check that is not valid has it as a valid one, which nobody sees but pg_dump.
    let is_of_partition = |line: &str, text: &str| {
        line.starts_with("    CONSTRAINT ") && text.contains(&format!("ADD {} NOT VALID;", line.trim_start()))
    };
    let lines = |text: &str| {
        let told = text.lines().filter(|line| !is_of_partition(line, promoted) && !is_of_partition(line, loaded));
        told.map(str::to_owned).collect::<Vec<_>>()
    };
    let (left, right) = (lines(promoted), lines(loaded));
    let missing: Vec<_> = right.iter().filter(|line| !left.contains(line)).collect();
    let extra: Vec<_> = left.iter().filter(|line| !right.contains(line)).collect();
    (left != right).then(|| format!("the promoted database lacks {missing:#?}\nand has beyond that {extra:#?}"))
}
