//! What a fleet of 10,000 tenants asks of each kind of store: its first capture and the same again unchanged, in time and
//! bytes on the disk; a long log, read and read as of a time; a hash found among 100,000 by its beginning; and one log
//! among 10,000 others.
//!
//! `cargo bench --bench stores` runs on every kind, `cargo bench --bench stores -- git` on one; `SCHEMA_SYNC_BENCH_TENANTS`
//! is another number of tenants. `SCHEMA_SYNC_BENCH_S3` names a place for stores on an S3 server, each with a name of its
//! own where `{}` stands: `s3://bucket{}?endpoint=http://127.0.0.1:9000`.
#![expect(clippy::print_stdout, reason = "a bench prints what it has measured")]

use std::collections::BTreeSet;
use std::error::Error;
use std::fs;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

use schema_sync::engine::check::check_store;
use schema_sync::store::{
    Append, Event, LogEntry, LogName, LogRange, NewEntry, Object, ObjectId, OpenMode, SchemaSnapshot, SnapshotHash,
    SnapshotStore, StoreUrl, open_store,
};
use serde_json::{Value, json};
use tempfile::TempDir;

type Outcome<T = ()> = Result<T, Box<dyn Error>>;
type Store = Arc<dyn SnapshotStore>;

const TENANTS_DEFAULT: usize = 10_000;
/// Tenants that the engine captures at a time.
const BATCH: usize = 500;
const TABLES: usize = 30;
const COLUMNS: usize = 8;
const LONG_LOG: usize = 1_000;
/// Small snapshots, so many for each tenant, put in so many calls.
const OBJECTS_A_TENANT: usize = 10;
const PUT_CALLS: usize = 10;
const ROUNDS: usize = 20;

/// The kinds of stores, each with the URL of one inside of a folder, and how many entries its many logs get each.
const KINDS: [(&str, &str, usize); 3] =
    [("sqlite", "sqlite:{}/store.db", 100), ("git", "git:{}/store.git", 10), ("file", "file:{}/store", 10)];

#[tokio::main]
async fn main() -> Outcome {
    let wanted: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let tenants = std::env::var("SCHEMA_SYNC_BENCH_TENANTS").map_or(Ok(TENANTS_DEFAULT), |text| text.parse())?;
    let bucket = std::env::var("SCHEMA_SYNC_BENCH_S3").ok();
    let bucket = bucket.as_deref().map(|url| ("s3", url, 10));
    for (kind, url, entries) in KINDS.into_iter().chain(bucket) {
        if !wanted.is_empty() && !wanted.iter().any(|wanted| wanted == kind) {
            continue;
        }
        println!("{kind}");
        fleet(kind, url, tenants).await?;
        long_log(url).await?;
        many_objects(url, tenants).await?;
        many_logs(url, tenants, entries).await?;
    }
    Ok(())
}

fn row(what: &str, value: impl std::fmt::Display) {
    println!("  {what:<58} {value}");
}

async fn make(folder: &TempDir, url: &str) -> Outcome<Store> {
    let path = folder.path().to_str().ok_or("the folder's name is not text")?;
    let url: StoreUrl = url.replace("{}", path).parse()?;
    Ok(open_store(&url, OpenMode::Create).await?)
}

/// Captures a fleet of tenants that are all alike, then again, then changed.
async fn fleet(kind: &str, url: &str, tenants: usize) -> Outcome {
    let folder = TempDir::new()?;
    let store = make(&folder, url).await?;
    let logs: Vec<LogName> =
        (0..tenants).map(|tenant| LogName::tenant(&format!("eu/tenant_{tenant:05}"))).collect::<Result<_, _>>()?;
    let (before, after) = (snapshot(0, 40)?, snapshot(0, 80)?);
    println!("  {tenants} tenants of {TABLES} tables, {} bytes each", before.to_bytes().len());
    for (what, snapshot, recorded) in [
        ("first capture, in one call, s", &before, tenants),
        ("unchanged capture, in one call, s", &before, 0),
        ("capture of a change, in batches, s", &after, tenants),
        ("unchanged capture, in batches, s", &after, 0),
    ] {
        let batch = if what.contains("one call") { tenants } else { BATCH };
        let (files, start) = (state(folder.path())?, Instant::now());
        let mut count = 0;
        for logs in logs.chunks(batch) {
            count += capture(&store, logs, snapshot).await?;
        }
        row(what, format!("{:.2}", start.elapsed().as_secs_f64()));
        assert_eq!(count, recorded, "{what}");
        if recorded == 0 && kind == "git" {
            assert_eq!(state(folder.path())?, files, "an unchanged fleet writes nothing");
        }
        if what.starts_with("first") {
            size(kind, folder.path(), tenants)?;
        }
    }
    size(kind, folder.path(), tenants)
}

/// What the engine does with some tenants that it has looked at; answers how many were recorded.
async fn capture(store: &Store, logs: &[LogName], snapshot: &SchemaSnapshot) -> Outcome<usize> {
    let lasts = store.last_entries(logs).await?;
    let hash = snapshot.hash();
    let changed = logs.iter().zip(lasts).filter(|(_, last)| last.as_ref().and_then(|last| last.snapshot) != Some(hash));
    let appends: Vec<Append> = changed
        .map(|(log, last)| Append { log: log.clone(), expected: last.map(|last| last.hash), entry: entry(hash) })
        .collect();
    let count = appends.len();
    if count > 0 {
        store.put(snapshot).await?;
        store.append_all(appends).await.into_iter().collect::<Result<Vec<LogEntry>, _>>()?;
    }
    Ok(count)
}

fn size(kind: &str, folder: &Path, tenants: usize) -> Outcome {
    let each = |folder: &Path| -> Outcome<String> {
        let bytes: u64 = state(folder)?.iter().map(|(_, bytes, _)| bytes).sum();
        Ok(format!("{:.0}", bytes as f64 / tenants as f64))
    };
    if kind != "s3" {
        row("bytes on the disk a tenant", each(folder)?);
    }
    if kind == "git" {
        let start = Instant::now();
        let collected = Command::new("git").args(["gc", "--quiet"]).current_dir(folder.join("store.git")).status()?;
        assert!(collected.success(), "git gc");
        row("the same after git gc", format!("{} ({:.2} s)", each(folder)?, start.elapsed().as_secs_f64()));
    }
    Ok(())
}

/// The files of a folder with their sizes and times; not the one that is locked, which is about nothing else.
fn state(folder: &Path) -> Outcome<Vec<(std::path::PathBuf, u64, std::time::SystemTime)>> {
    let mut files = Vec::new();
    for file in fs::read_dir(folder)? {
        let (path, about) = file.and_then(|file| Ok((file.path(), file.metadata()?)))?;
        if about.is_dir() {
            files.extend(state(&path)?);
        } else if !path.ends_with("schema-sync/lock") {
            files.push((path, about.len(), about.modified()?));
        }
    }
    files.sort();
    Ok(files)
}

async fn long_log(url: &str) -> Outcome {
    let folder = TempDir::new()?;
    let store = make(&folder, url).await?;
    let log = LogName::tenant("acme")?;
    let hashes =
        store.put_all(&(0..LONG_LOG).map(|number| snapshot(number, 40)).collect::<Result<Vec<_>, _>>()?).await?;
    let mut entries: Vec<LogEntry> = Vec::new();
    let start = Instant::now();
    for hash in hashes {
        entries.push(store.append(&log, entries.last().map(|last| last.hash).as_ref(), entry(hash)).await?);
    }
    row("one append, ms", format!("{:.2}", start.elapsed().as_secs_f64() * 1e3 / LONG_LOG as f64));
    let middle = entries[LONG_LOG / 2].time;
    timed(&format!("all of {LONG_LOG} entries, ms"), async || {
        Ok(store.read(&log, LogRange::last(LONG_LOG)).await?.len())
    })
    .await?;
    timed("@{TIME} in the middle of them, ms", async || {
        Ok(store.read(&log, LogRange::last(1).as_of(middle)).await?.len())
    })
    .await?;
    timed("the last entry, ms", async || Ok(store.read(&log, LogRange::last(1)).await?.len())).await?;
    let start = Instant::now();
    let report = check_store(store.as_ref(), true, &|_, _| {}).await?;
    let megabytes = (0..LONG_LOG).map(|number| Ok(snapshot(number, 40)?.to_bytes().len())).sum::<Outcome<usize>>()?;
    assert!(report.damages.is_empty(), "nothing is damaged");
    let speed = megabytes as f64 / 1e6 / start.elapsed().as_secs_f64();
    row("store check --read-data, MB of snapshots a second", format!("{speed:.0}"));
    Ok(())
}

async fn many_objects(url: &str, tenants: usize) -> Outcome {
    let (count, at_once) = (tenants * OBJECTS_A_TENANT, tenants * OBJECTS_A_TENANT / PUT_CALLS);
    let folder = TempDir::new()?;
    let store = make(&folder, url).await?;
    let start = Instant::now();
    let mut some: Option<SnapshotHash> = None;
    for first in (0..count).step_by(at_once) {
        let snapshots: Vec<SchemaSnapshot> = (first..first + at_once).map(small).collect::<Result<_, _>>()?;
        some = store.put_all(&snapshots).await?.pop();
    }
    row(
        &format!("put of {count} small snapshots, {at_once} a call, s"),
        format!("{:.2}", start.elapsed().as_secs_f64()),
    );
    let hash = some.ok_or("there is no snapshot")?;
    let prefix = hash.short().parse()?;
    timed("find(prefix) among them, ms", async || Ok(store.find(&prefix).await?.len())).await?;
    timed("get of one of them, ms", async || Ok(store.get(&hash).await?.objects().len())).await?;
    let start = Instant::now();
    store.put(&small(count)?).await?;
    row("put of one more, ms", format!("{:.2}", start.elapsed().as_secs_f64() * 1e3));
    let start = Instant::now();
    let (mut listed, mut last) = (0, None);
    loop {
        let page = store.objects(last.as_ref(), 1_000).await?;
        let Some(end) = page.last() else { break };
        (listed, last) = (listed + page.len(), Some(end.hash));
    }
    assert_eq!(listed, count + 1);
    row("all listed in pages of 1,000, s", format!("{:.2}", start.elapsed().as_secs_f64()));
    Ok(())
}

/// What is asked of one log must not depend on the others.
async fn many_logs(url: &str, tenants: usize, entries: usize) -> Outcome {
    let folder = TempDir::new()?;
    let store = make(&folder, url).await?;
    let logs: Vec<LogName> =
        (0..tenants).map(|tenant| LogName::tenant(&format!("eu/tenant_{tenant:05}"))).collect::<Result<_, _>>()?;
    let hash = store.put(&snapshot(0, 40)?).await?;
    let mut lasts: Vec<Option<LogEntry>> = vec![None; tenants];
    let start = Instant::now();
    for _ in 0..entries {
        let appends = logs.iter().zip(&lasts).map(|(log, last)| Append {
            log: log.clone(),
            expected: last.as_ref().map(|last| last.hash),
            entry: entry(hash),
        });
        let answers = store.append_all(appends.collect()).await;
        lasts = answers.into_iter().map(|answer| answer.map(Some)).collect::<Result<_, _>>()?;
    }
    let count = tenants * entries;
    row(&format!("append of {count} entries to {tenants} logs, s"), format!("{:.1}", start.elapsed().as_secs_f64()));
    let log = &logs[tenants / 2];
    timed("the last entry of one of them, ms", async || Ok(store.read(log, LogRange::last(1)).await?.len())).await?;
    timed("all entries of one of them, ms", async || Ok(store.read(log, LogRange::last(1_000)).await?.len())).await?;
    timed("the names of all logs, ms", async || Ok(store.logs("tenants/").await?.len())).await?;
    timed("the last entries of all logs, ms", async || Ok(store.last_entries(&logs).await?.len())).await?;
    let start = Instant::now();
    store.append(log, lasts[tenants / 2].as_ref().map(|last| last.hash).as_ref(), entry(hash)).await?;
    row("one more append, ms", format!("{:.2}", start.elapsed().as_secs_f64() * 1e3));
    Ok(())
}

/// The median time of a few rounds of a question that has an answer.
async fn timed(what: &str, question: impl AsyncFn() -> Outcome<usize>) -> Outcome {
    let mut times = Vec::with_capacity(ROUNDS);
    for _ in 0..ROUNDS {
        let start = Instant::now();
        assert!(question().await? > 0, "{what}");
        times.push(start.elapsed());
    }
    times.sort_unstable();
    row(what, format!("{:.2}", times[ROUNDS / 2].as_secs_f64() * 1e3));
    Ok(())
}

fn entry(hash: SnapshotHash) -> NewEntry {
    NewEntry::new(Event::CAPTURED, "operator").snapshot(hash)
}

/// A snapshot of 30 tables; another number is another first table.
fn snapshot(number: usize, width: usize) -> Outcome<SchemaSnapshot> {
    let mut objects = Vec::with_capacity(TABLES * (3 + COLUMNS));
    for table in 0..TABLES {
        let name = if table == 0 { format!("item_{number}_0") } else { format!("item_{table}") };
        let table_id = ObjectId::new("table", [&name]);
        let columns: Vec<String> = (0..COLUMNS).map(|column| format!("column_{column}")).collect();
        objects.push(object(table_id.clone(), json!({ "columns": columns }), []));
        for column in &columns {
            let shape = json!({ "type": format!("character varying({width})"), "not_null": true });
            objects.push(object(ObjectId::new("column", [&name, column]), shape, [table_id.clone()]));
        }
        let column_id = ObjectId::new("column", [&name, &columns[0]]);
        for kind in ["index", "primary_key"] {
            let id = ObjectId::new(kind, [name.clone(), format!("{name}_{kind}")]);
            objects.push(object(id, json!({ "columns": [columns[0]] }), [table_id.clone(), column_id.clone()]));
        }
    }
    Ok(SchemaSnapshot::new("postgresql", BTreeSet::new(), objects)?)
}

fn small(number: usize) -> Outcome<SchemaSnapshot> {
    let table = object(ObjectId::new("table", [format!("item_{number}")]), json!({ "columns": ["id"] }), []);
    Ok(SchemaSnapshot::new("postgresql", BTreeSet::new(), vec![table])?)
}

fn object<const N: usize>(id: ObjectId, attributes: Value, needs: [ObjectId; N]) -> Object {
    let mut object = Object::new(id);
    if let Value::Object(attributes) = attributes {
        object.attributes.extend(attributes);
    }
    object.needs.extend(needs);
    object
}
