//! Git stores under the eyes of git itself: what it takes, shows, clones and packs, and what it locks.

#![cfg(feature = "git")]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
#[path = "common/git_store.rs"]
mod fixture;
#[path = "common/git.rs"]
mod program;

use std::fs;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::{acme, entry, snapshot};
use fixture::{contents, small_store, whole_log};
use program::{check, git};
use schema_sync_store::{
    Append, EntryHash, Event, GitStore, LogEntry, LogName, NewEntry, OpenMode, SnapshotStore, StoreError,
};
use serde_json::json;
use tempfile::TempDir;

type Outcome = Result<(), Box<dyn std::error::Error>>;

fn hostile_names() -> Vec<String> {
    let mut names: Vec<String> =
        ["-", "--all", "@", "@{1}", "HEAD", "a.lock", ".", "..", "a..b", "~1", "^", ":", "?*[", "\\", "+", "a+b+"]
            .map(str::to_owned)
            .into();
    names.extend((0..128_u8).map(|byte| format!("x{}y", char::from(byte))));
    names.extend(["ä".to_owned(), "😀/\u{ffff}".to_owned(), String::new(), "/".to_owned(), "n".repeat(240)]);
    names.push(["p".repeat(240), "q".repeat(240), "r".repeat(240)].join("/"));
    names
}

#[tokio::test]
async fn git_takes_every_name_author_and_note() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    let store = GitStore::open(&path, None, OpenMode::Create).await?;
    let hash = store.put(&snapshot(1)).await?;
    let mut appended = Vec::new();
    for (number, name) in hostile_names().into_iter().enumerate() {
        let note = Some(format!("{name}\n\nSchema-Sync-Entry: {{}}\n{name}")).filter(|_| number % 3 > 0);
        let new = NewEntry::new(Event::CAPTURED, &name).note(note).details(json!({ "name": name }));
        let new = if number % 2 == 0 { new.snapshot(hash) } else { new };
        appended.push(Append { log: LogName::tenant(&name)?, expected: None, entry: new });
    }
    // One by one, which writes files, and together, which writes packs.
    let together = appended.split_off(40);
    let mut entries = Vec::new();
    for Append { log, expected, entry } in appended {
        entries.push(store.append(&log, expected.as_ref(), entry).await?);
    }
    check(&path);
    entries.extend(store.append_all(together).await.into_iter().collect::<Result<Vec<_>, _>>()?);
    check(&path);
    let listed = git(&path, &["for-each-ref", "--format=%(refname)", "refs/heads/tenants"]);
    assert_eq!(listed.lines().count(), entries.len());
    git(&path, &["gc", "--quiet", "--prune=now"]);
    check(&path);
    for entry in entries {
        assert_eq!(store.last_entry(&entry.log).await?, Some(entry));
    }
    Ok(())
}

#[tokio::test]
async fn git_log_tells_what_happened() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    let store = small_store(&path).await?;
    let last = store.last_entry(&acme()).await?.unwrap();
    let failed = NewEntry::new(Event::new("tenant_done")?, "Alice <alice@example.org>").note(Some("it failed".into()));
    store.append(&acme(), Some(&last.hash), failed).await?;
    let shown = git(&path, &["log", "--format=%an|%ae|%s", "tenants/acme"]);
    let first = format!("tester||acme: captured {}, 2 objects", snapshot(1).hash().short());
    let lines = [
        "Alice|alice@example.org|acme: tenant done",
        "tester||acme: 1 column changed",
        "tester||acme: 1 column changed",
        &first,
    ];
    assert_eq!(shown.lines().collect::<Vec<_>>(), lines);
    let body = git(&path, &["log", "-1", "--format=%b", "tenants/acme"]);
    assert!(body.starts_with("it failed\n\nSchema-Sync-Event: tenant_done\n"), "{body}");
    let document = git(&path, &["show", "tenants/acme:schema.ndjson"]);
    assert_eq!(document.as_bytes(), snapshot(1).to_bytes(), "an entry without a snapshot leaves the one before it");
    // Who has git and `sha256sum` alone can check that nothing was edited: the entry is what its hash is of.
    let message = git(&path, &["log", "-1", "--format=%B", "tenants/acme~1"]);
    let trailer = |name: &str| message.lines().find_map(|line| line.strip_prefix(name)).unwrap().to_owned();
    let found = EntryHash::of(trailer("Schema-Sync-Entry: ").as_bytes());
    assert_eq!((found, found.to_string()), (last.hash, trailer("Schema-Sync-Hash: ")));
    assert_eq!(git(&path, &["diff", "--stat=80", "tenants/acme~3", "tenants/acme~2"]).lines().count(), 2);
    Ok(())
}

#[tokio::test]
async fn a_clone_is_the_store() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    let store = small_store(&path).await?;
    let appends = (0..100).map(|number| {
        let log = LogName::tenant(&format!("eu/{number}")).unwrap();
        Append { log, expected: None, entry: entry("many").snapshot(snapshot(1).hash()) }
    });
    assert!(store.append_all(appends.collect()).await.iter().all(Result::is_ok));
    let before = contents(&store).await?;
    assert_eq!(before.1.len(), 101);
    for (name, option) in [("plain", "--quiet"), ("bare.git", "--bare"), ("mirror.git", "--mirror")] {
        git(folder.path(), &["clone", "--quiet", option, "store.git", name]);
        let clone = folder.path().join(name);
        let read = GitStore::open(&clone, None, OpenMode::ReadOnly).await?;
        assert_eq!(contents(&read).await?, before, "{name}");
        let cloned = GitStore::open(&clone, None, OpenMode::Create).await?;
        assert_eq!(contents(&cloned).await?, before, "{name}");
        check(&clone);
    }
    Ok(())
}

#[tokio::test]
async fn a_clone_is_written_to_and_pushed_back() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    let store = small_store(&path).await?;
    git(folder.path(), &["clone", "--quiet", "store.git", "clone"]);
    let clone = folder.path().join("clone");
    let cloned = GitStore::open(&clone, None, OpenMode::ReadWrite).await?;
    // The clone alone has the third snapshot, the store alone the fourth.
    let last = cloned.last_entry(&acme()).await?.unwrap();
    let third = cloned.put(&snapshot(3)).await?;
    let here = cloned.append(&acme(), Some(&last.hash), entry("in the clone").snapshot(third)).await?;
    assert_eq!(here.sequence, 4);
    assert_eq!(store.last_entry(&acme()).await?, Some(last));
    let fourth = store.put(&snapshot(4)).await?;
    let bare = LogName::tenant("bare")?;
    store.append(&bare, None, entry("in the store").snapshot(fourth)).await?;
    git(&clone, &["fetch", "--quiet", "origin"]);
    assert_eq!(cloned.get(&fourth).await?, snapshot(4), "what was fetched is found");
    let next = whole_log(&cloned, &bare).await?[0].hash;
    cloned.append(&bare, Some(&next), entry("on what was fetched").snapshot(third)).await?;
    cloned.put(&snapshot(5)).await?;
    assert_eq!(contents(&cloned).await?.0.len(), 5);
    git(&clone, &["push", "--quiet", "origin", "--all"]);
    assert_eq!(contents(&store).await?, contents(&cloned).await?);
    assert_eq!(store.last_entry(&acme()).await?, Some(here));
    check(&clone);
    check(&path);
    Ok(())
}

#[tokio::test]
async fn a_log_goes_on_in_the_clone_where_it_was_fetched_to() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    let store = small_store(&path).await?;
    git(folder.path(), &["clone", "--quiet", "store.git", "clone"]);
    let clone = folder.path().join("clone");
    let cloned = GitStore::open(&clone, None, OpenMode::ReadWrite).await?;
    let last = cloned.last_entry(&acme()).await?.unwrap();
    let fourth = cloned.append(&acme(), Some(&last.hash), entry("here")).await?;
    git(&clone, &["push", "--quiet", "origin", "tenants/acme"]);
    let fifth = store.append(&acme(), Some(&fourth.hash), entry("there")).await?;
    assert_eq!(cloned.last_entry(&acme()).await?, Some(fourth));
    git(&clone, &["fetch", "--quiet", "origin"]);
    assert_eq!(cloned.last_entry(&acme()).await?, Some(fifth.clone()));
    let sixth = cloned.append(&acme(), Some(&fifth.hash), entry("here again")).await?;
    assert_eq!(whole_log(&cloned, &acme()).await?.last(), Some(&sixth));
    Ok(())
}

#[tokio::test]
async fn collecting_garbage_loses_nothing() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    let store = small_store(&path).await?;
    for round in 0..4_usize {
        let before = contents(&store).await?;
        git(&path, &["gc", "--quiet", "--prune=now"]);
        assert_eq!(contents(&store).await?, before);
        assert_eq!(contents(&GitStore::open(&path, None, OpenMode::ReadOnly).await?).await?, before);
        let count = [1, 50, 1, 100][round];
        let hashes =
            store.put_all(&(0..count).map(|number| snapshot(100 * round + number)).collect::<Vec<_>>()).await?;
        let appends = (0..count).map(|number| Append {
            log: LogName::tenant(&format!("{round}/{number}")).unwrap(),
            expected: None,
            entry: entry("one").snapshot(hashes[number]),
        });
        assert!(store.append_all(appends.collect()).await.iter().all(Result::is_ok));
        check(&path);
    }
    let gone = store.remove(&[snapshot(100).hash()], jiff::Timestamp::MAX).await?;
    assert_eq!(gone, [snapshot(100).hash()]);
    git(&path, &["update-ref", "-d", "refs/heads/tenants/1/0"]);
    git(&path, &["gc", "--quiet", "--prune=now"]);
    check(&path);
    let listed = git(&path, &["cat-file", "--batch-check", "--batch-all-objects"]);
    let document = String::from_utf8(snapshot(100).to_bytes())?;
    let blob = hash_of_blob(&folder, &document);
    assert!(!listed.contains(&blob), "what was removed and is in no log takes no room");
    Ok(())
}

fn hash_of_blob(folder: &TempDir, text: &str) -> String {
    let file = folder.path().join("blob");
    fs::write(&file, text).unwrap();
    git(folder.path(), &["hash-object", file.to_str().unwrap()]).trim().to_owned()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn garbage_is_collected_while_others_write_and_read() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    let store = small_store(&path).await?;
    let reader = GitStore::open(&path, None, OpenMode::ReadOnly).await?;
    let done = AtomicBool::new(false);
    let (entries, rounds) = std::thread::scope(|scope| {
        let collector = scope.spawn(|| {
            let mut rounds = 0;
            while !done.load(Ordering::Relaxed) {
                git(&path, &["gc", "--quiet"]);
                rounds += 1;
            }
            rounds
        });
        let written = scope.spawn(|| {
            let runtime = tokio::runtime::Runtime::new().unwrap();
            let written = runtime.block_on(write_many(&store, &reader));
            done.store(true, Ordering::Relaxed);
            written
        });
        (written.join().unwrap(), collector.join().unwrap())
    });
    let entries = entries?;
    assert!(rounds > 2, "{rounds} rounds say nothing");
    assert_eq!(whole_log(&store, &acme()).await?[3..], entries);
    contents(&store).await?;
    check(&path);
    Ok(())
}

async fn write_many(store: &GitStore, reader: &GitStore) -> Result<Vec<LogEntry>, StoreError> {
    let mut entries: Vec<LogEntry> = Vec::new();
    let mut last = store.last_entry(&acme()).await?.map(|last| last.hash);
    for number in 10..310 {
        let hash = store.put(&snapshot(number)).await?;
        let appended = store.append(&acme(), last.as_ref(), entry(&number.to_string()).snapshot(hash)).await?;
        assert_eq!(reader.last_entry(&acme()).await?.as_ref(), Some(&appended));
        assert_eq!(reader.get(&hash).await?, snapshot(number));
        last = Some(appended.hash);
        entries.push(appended);
    }
    Ok(entries)
}

#[tokio::test]
async fn logs_inside_of_logs_stand_aside() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    let store = GitStore::open(&path, None, OpenMode::Create).await?;
    let names = ["eu", "eu/a", "eu/a/b", "eu-1/a/b", "eu-1/a", "eu-1", "eu%"];
    for (count, name) in names.iter().enumerate() {
        let mut last = None;
        for number in 0..=count {
            let log = LogName::tenant(name)?;
            last = Some(store.append(&log, last.as_ref(), entry(&number.to_string())).await?.hash);
        }
    }
    for (count, name) in names.iter().enumerate() {
        assert_eq!(whole_log(&store, &LogName::tenant(name)?).await?.len(), count + 1, "{name}");
    }
    assert_eq!(store.logs("tenants/eu").await?.len(), names.len());
    let long = LogName::tenant(&format!("eu/{}", "n".repeat(235)))?;
    let error = store.append(&long, None, entry("no place aside")).await.unwrap_err();
    assert!(matches!(error, StoreError::LogName(_)), "{error:?}");
    assert_eq!(store.last_entry(&long).await?, None);
    let appends =
        names.iter().map(|name| Append { log: LogName::reference(name).unwrap(), expected: None, entry: entry("all") });
    assert!(store.append_all(appends.collect()).await.iter().all(Result::is_ok));
    assert_eq!(store.logs("refs/").await?.len(), names.len());
    check(&path);
    Ok(())
}

#[tokio::test]
async fn few_and_many_branches_are_moved_in_turn() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    let store = GitStore::open(&path, None, OpenMode::Create).await?;
    let logs: Vec<LogName> = (0..40).map(|number| LogName::tenant(&format!("t{number}")).unwrap()).collect();
    let mut expected: Vec<Vec<LogEntry>> = vec![Vec::new(); logs.len()];
    git(&path, &["tag", "-a", "-m", "a tag", "v1", "schema-sync/store"]);
    for round in 0..5 {
        let count = [3, 40, 1, 35, 40][round];
        let appends = (0..count).map(|number| Append {
            log: logs[number].clone(),
            expected: expected[number].last().map(|last| last.hash),
            entry: entry(&round.to_string()),
        });
        for (number, answer) in store.append_all(appends.collect()).await.into_iter().enumerate() {
            expected[number].push(answer?);
        }
        for (log, expected) in logs.iter().zip(&expected) {
            assert_eq!(whole_log(&store, log).await?, *expected);
        }
        let listed = git(&path, &["for-each-ref", "--format=%(refname)", "refs/heads/tenants"]);
        assert_eq!(listed.lines().count(), expected.iter().filter(|entries| !entries.is_empty()).count());
        check(&path);
        if round == 2 {
            git(&path, &["pack-refs", "--all"]);
        }
    }
    assert_eq!(git(&path, &["rev-parse", "v1^{}"]), git(&path, &["rev-parse", "schema-sync/store"]));
    Ok(())
}

#[tokio::test]
async fn a_lock_that_was_left_behind_is_removed_and_one_in_use_waited_for() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    let store = small_store(&path).await?;
    let lock = path.join("refs/heads/tenants/acme.lock");
    fs::write(&lock, "")?;
    fs::write(path.join("schema-sync/lock"), format!("{}\n", lock.to_str().unwrap()))?;
    let last = store.last_entry(&acme()).await?.map(|last| last.hash);
    let fourth = store.append(&acme(), last.as_ref(), entry("four")).await?;
    fs::write(&lock, "")?;
    let in_use = std::thread::spawn(move || {
        std::thread::sleep(Duration::from_millis(1_500));
        fs::remove_file(lock).unwrap();
    });
    store.append(&acme(), Some(&fourth.hash), entry("five")).await?;
    assert!(in_use.is_finished());
    Ok(())
}

#[tokio::test]
async fn an_old_object_that_is_put_or_named_stays() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    let store = small_store(&path).await?;
    let index = |what: &str| git(&path, &["rev-parse", &format!("schema-sync/objects{what}")]);
    let before = index("");
    store.put(&snapshot(1)).await?;
    let last = store.last_entry(&acme()).await?.map(|last| last.hash);
    let fourth = store.append(&acme(), last.as_ref(), entry("four").snapshot(snapshot(1).hash())).await?;
    assert_eq!(index(""), before, "what is fresh is not noted again");
    for named in [false, true] {
        make_old(&path);
        let old = jiff::Timestamp::now() - jiff::SignedDuration::from_hours(24);
        assert!(store.objects(None, 9).await?.iter().all(|object| object.stored < old));
        if named {
            let log = LogName::reference("named")?;
            store.append(&log, None, entry("named").snapshot(snapshot(1).hash())).await?;
        } else {
            store.put(&snapshot(1)).await?;
        }
        let removed = store.remove(&[snapshot(1).hash(), snapshot(2).hash()], old).await?;
        assert_eq!(removed, [snapshot(2).hash()]);
        store.put(&snapshot(2)).await?;
    }
    assert_eq!(store.last_entry(&acme()).await?, Some(fourth));
    check(&path);
    Ok(())
}

/// Renames all objects in the index, so that they were stored at the beginning of time.
fn make_old(path: &Path) {
    let script = "git ls-tree -r schema-sync/objects | sed -E 's/\\.[0-9]+$/.1000/' > names && rm -f names.index && \
        GIT_INDEX_FILE=names.index git update-index --index-info < names && \
        git update-ref refs/heads/schema-sync/objects \
            $(git commit-tree -m old -p schema-sync/objects $(GIT_INDEX_FILE=names.index git write-tree))";
    let status = program::command_of("sh", path).args(["-c", script]).status().unwrap();
    assert!(status.success());
}
