//! Git stores under the eyes of git itself: what it checks, packs, clones and shows; repositories that are no store, that
//! are damaged, or that somebody committed to by hand.

#![cfg(feature = "git")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;
#[path = "common/git.rs"]
mod program;

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use common::{entry, snapshot};
use program::{check, git, git_fails};
use schema_sync_store::{
    Append, EntryHash, Event, GitStore, LogEntry, LogName, LogRange, NewEntry, OpenMode, SchemaSnapshot, SnapshotHash,
    SnapshotStore, StoreError, verify_chain,
};
use serde_json::json;
use tempfile::TempDir;

type Outcome = Result<(), Box<dyn std::error::Error>>;

const MODES: [OpenMode; 3] = [OpenMode::Create, OpenMode::ReadWrite, OpenMode::ReadOnly];

fn acme() -> LogName {
    LogName::tenant("acme").unwrap()
}

/// A store with two snapshots and three entries.
async fn small_store(path: &Path) -> Result<GitStore, StoreError> {
    let store = GitStore::open(path, None, OpenMode::Create).await?;
    let hashes = store.put_all(&[snapshot(1), snapshot(2)]).await?;
    let mut last = None;
    for (number, note) in ["one", "two", "three"].into_iter().enumerate() {
        let new = entry(note).snapshot(hashes[number % 2]);
        last = Some(store.append(&acme(), last.as_ref(), new).await?.hash);
    }
    Ok(store)
}

async fn whole_log(store: &GitStore, log: &LogName) -> Result<Vec<LogEntry>, StoreError> {
    let mut entries = store.read(log, LogRange::last(usize::MAX)).await?;
    entries.reverse();
    verify_chain(None, &entries).unwrap();
    Ok(entries)
}

/// All that a store holds.
async fn contents(store: &GitStore) -> Result<(Vec<SnapshotHash>, Vec<Vec<LogEntry>>), StoreError> {
    let objects = store.objects(None, usize::MAX).await?;
    for object in &objects {
        store.get(&object.hash).await?;
    }
    let mut logs = Vec::new();
    for log in store.logs("").await? {
        logs.push(whole_log(store, &log).await?);
    }
    Ok((objects.iter().map(|object| object.hash).collect(), logs))
}

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

async fn error_of_opening(path: &Path, mode: OpenMode) -> StoreError {
    let error = GitStore::open(path, None, mode).await.unwrap_err();
    assert!(error.to_string().contains(path.to_str().unwrap()), "{error} does not name its store");
    error
}

#[tokio::test]
async fn what_is_not_a_store_is_refused_and_left_as_it_is() -> Outcome {
    let folder = TempDir::new()?;
    let path = |name: &str| folder.path().join(name);
    git(folder.path(), &["init", "--quiet", "-b", "main", "project"]);
    git(&path("project"), &["commit", "--quiet", "--allow-empty", "-m", "first"]);
    git(folder.path(), &["init", "--quiet", "--bare", "tagged.git"]);
    git(&path("project"), &["push", "--quiet", "../tagged.git", "main:refs/tags/v1"]);
    git(folder.path(), &["clone", "--quiet", "project", "clone"]);
    fs::create_dir(path("folder"))?;
    fs::write(path("folder/file"), "")?;
    let refs = |name: &str| git(&path(name), &["for-each-ref"]);
    let before = ["project", "tagged.git", "clone"].map(refs);
    for (name, reason) in [
        ("project", "has no branch schema-sync/store"),
        ("tagged.git", "has no branch schema-sync/store"),
        ("clone", "has no branch schema-sync/store"),
        ("folder", "not a git repository"),
        ("folder/file", "not a folder"),
    ] {
        for mode in MODES {
            let error = error_of_opening(&path(name), mode).await;
            assert!(matches!(&error, StoreError::NotAStore { .. }), "{name}: {error:?}");
            assert!(error.to_string().contains(reason), "{name}: {error}");
        }
    }
    assert_eq!(["project", "tagged.git", "clone"].map(refs), before);
    Ok(())
}

#[tokio::test]
async fn only_create_makes_a_store() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("a/b/store.git");
    for mode in [OpenMode::ReadWrite, OpenMode::ReadOnly] {
        assert!(matches!(error_of_opening(&path, mode).await, StoreError::Missing { .. }));
        assert!(!folder.path().join("a").exists());
    }
    GitStore::open(&path, None, OpenMode::Create).await?;
    for mode in MODES {
        GitStore::open(&path, None, mode).await?;
    }
    assert_eq!(git(&path, &["rev-parse", "--is-bare-repository"]).trim(), "true");
    // Made by hand, bare or not, with nothing in it yet.
    for (name, option) in [("plain", "--quiet"), ("bare.git", "--bare")] {
        git(folder.path(), &["init", "--quiet", option, name]);
        let path = folder.path().join(name);
        for mode in [OpenMode::ReadWrite, OpenMode::ReadOnly] {
            assert!(matches!(error_of_opening(&path, mode).await, StoreError::NotAStore { .. }));
        }
        small_store(&path).await?;
        check(&path);
    }
    fs::create_dir(folder.path().join("empty"))?;
    small_store(&folder.path().join("empty")).await?;
    Ok(())
}

#[tokio::test]
async fn a_newer_layout_is_called_newer() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    small_store(&path).await?;
    git(folder.path(), &["clone", "--quiet", "store.git", "clone"]);
    let clone = folder.path().join("clone");
    fs::write(clone.join("layout"), "2\n")?;
    git(&clone, &["commit", "--quiet", "-a", "-m", "newer"]);
    git(&clone, &["push", "--quiet", "origin", "HEAD"]);
    for mode in MODES {
        let error = error_of_opening(&path, mode).await;
        assert!(matches!(error, StoreError::Newer { found: 2, supported: 1, .. }), "{error:?}");
    }
    Ok(())
}

#[tokio::test]
async fn a_store_opened_to_be_read_is_not_written() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    small_store(&path).await?;
    fs::remove_dir_all(path.join("schema-sync"))?;
    let files = || walk(&path);
    let before = files();
    let store = GitStore::open(&path, None, OpenMode::ReadOnly).await?;
    let last = store.last_entry(&acme()).await?.map(|last| last.hash);
    let refused = [
        store.put(&snapshot(9)).await.unwrap_err(),
        store.append(&acme(), last.as_ref(), entry("late")).await.unwrap_err(),
        store.import(&acme(), &[]).await.unwrap_err(),
        store.remove(&[snapshot(1).hash()], jiff::Timestamp::MAX).await.unwrap_err(),
    ];
    for error in refused {
        assert_eq!(error, StoreError::ReadOnly { store: store.location().to_owned() });
    }
    contents(&store).await?;
    assert_eq!(files(), before);
    Ok(())
}

fn walk(folder: &Path) -> Vec<(PathBuf, Vec<u8>)> {
    let mut files = Vec::new();
    for file in fs::read_dir(folder).unwrap() {
        let path = file.unwrap().path();
        if path.is_dir() {
            files.extend(walk(&path));
        } else {
            files.push((path.clone(), fs::read(path).unwrap()));
        }
    }
    files.sort();
    files
}

#[tokio::test]
async fn what_was_committed_by_hand_is_found() -> Outcome {
    let by_hand: [(&str, &[&[&str]]); 6] = [
        ("an empty commit", &[&["commit", "--allow-empty", "-m", "by hand"]]),
        ("another note", &[&["commit", "--amend", "-m", "acme: captured"]]),
        ("another snapshot's entry", &[&["commit", "--allow-empty", "-C", "HEAD~1"]]),
        ("an entry left out", &[&["reset", "--soft", "HEAD~2"], &["commit", "--allow-empty", "-C", "ORIG_HEAD"]]),
        ("another log", &[&["branch", "tenants/other"]]),
        (
            "a merge",
            &[&[
                "merge",
                "--no-ff",
                "--allow-unrelated-histories",
                "-s",
                "ours",
                "-m",
                "x",
                "origin/schema-sync/store",
            ]],
        ),
    ];
    for (what, commands) in by_hand {
        let folder = TempDir::new()?;
        let path = folder.path().join("store.git");
        let store = small_store(&path).await?;
        git(folder.path(), &["clone", "--quiet", "-b", "tenants/acme", "store.git", "clone"]);
        let clone = folder.path().join("clone");
        for command in commands {
            git(&clone, command);
        }
        git(&clone, &["push", "--quiet", "--force", "origin", "--all"]);
        let mut damaged = Vec::new();
        for log in store.logs("tenants/").await? {
            damaged.extend(store.read(&log, LogRange::last(100)).await.err());
        }
        let [StoreError::Corrupt { store: named, .. }] = &damaged[..] else { panic!("{what}: {damaged:?}") };
        assert_eq!(named, store.location());
    }
    Ok(())
}

/// The file that git keeps an object in.
fn file_of(path: &Path, id: &str) -> PathBuf {
    path.join("objects").join(&id[..2]).join(id[2..].trim())
}

#[tokio::test]
async fn an_object_with_one_byte_changed_is_damaged() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    small_store(&path).await?;
    let blob = file_of(&path, &git(&path, &["rev-parse", "tenants/acme:schema.ndjson"]));
    let right = change_every_byte(&path, &blob).await?;
    assert!(right <= 8, "{right} changes of a file were not found");
    git(&path, &["gc", "--quiet", "--prune=now"]);
    assert!(!blob.exists());
    for kind in ["pack", "idx"] {
        let files = walk(&path.join("objects/pack"));
        let (file, bytes) = files.iter().find(|(path, _)| path.extension().is_some_and(|found| found == kind)).unwrap();
        let right = change_every_byte(&path, file).await?;
        // Most of a pack is about other objects, and some of it is sums that are for checking alone.
        assert!(right < bytes.len(), "{right} changes of {} bytes were not found", bytes.len());
    }
    Ok(())
}

/// Answers how many changes did not matter: what is answered is right, or it is an error.
async fn change_every_byte(path: &Path, file: &Path) -> Result<usize, Box<dyn std::error::Error>> {
    let whole = fs::read(file)?;
    let mut right = 0;
    for position in 0..whole.len() {
        let mut changed = whole.clone();
        changed[position] ^= 0x10;
        fs::remove_file(file)?;
        fs::write(file, &changed)?;
        let Ok(store) = GitStore::open(path, None, OpenMode::ReadOnly).await else { continue };
        let damage = |error: StoreError| match error {
            StoreError::Corrupt { .. } => {}
            error => panic!("byte {position} of {}: {error:?}", file.display()),
        };
        match store.get(&snapshot(2).hash()).await {
            Ok(found) => assert_eq!(found.to_bytes(), snapshot(2).to_bytes()),
            Err(error) => damage(error),
        }
        match store.get(&snapshot(1).hash()).await {
            Ok(found) => {
                assert_eq!(found.to_bytes(), snapshot(1).to_bytes());
                right += 1;
            }
            Err(error) => damage(error),
        }
        match store.read(&acme(), LogRange::last(10)).await {
            Ok(found) => assert_eq!(found.len(), 3),
            Err(error) => damage(error),
        }
    }
    fs::remove_file(file)?;
    fs::write(file, whole)?;
    Ok(right)
}

#[tokio::test]
async fn bytes_under_their_hash_that_are_no_snapshot_are_said_to_be() -> Outcome {
    let folder = TempDir::new()?;
    let path = folder.path().join("store.git");
    let store = small_store(&path).await?;
    let newer = "{\"coverage\":[],\"dialect\":\"test\",\"format\":2}\n";
    let hash = SnapshotHash::of(newer.as_bytes());
    let file = folder.path().join("newer");
    fs::write(&file, newer)?;
    let blob = git(&path, &["hash-object", "-w", file.to_str().unwrap()]);
    let index = path.join("index");
    let name = format!("{}/{hash}.0", &hash.to_string()[..2]);
    let objects = || {
        let mut command = program::command(&path);
        command.env("GIT_INDEX_FILE", &index);
        command
    };
    assert!(objects().args(["read-tree", "schema-sync/objects"]).status()?.success());
    let added = format!("100644,{},{name}", blob.trim());
    assert!(objects().args(["update-index", "--add", "--cacheinfo", &added]).status()?.success());
    let tree = String::from_utf8(objects().arg("write-tree").output()?.stdout)?;
    let commit = git(&path, &["commit-tree", tree.trim(), "-p", "schema-sync/objects", "-m", "by hand"]);
    git(&path, &["update-ref", "refs/heads/schema-sync/objects", commit.trim()]);
    let error = store.get(&hash).await.unwrap_err();
    assert!(matches!(&error, StoreError::Snapshot { hash: named, .. } if *named == hash), "{error:?}");
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

#[tokio::test]
async fn a_missing_commit_or_blob_is_damage() -> Outcome {
    for what in [
        "tenants/acme",
        "tenants/acme~1",
        "tenants/acme~2",
        "tenants/acme^{tree}",
        "tenants/acme:schema.ndjson",
        "schema-sync/objects",
        "schema-sync/objects^{tree}",
    ] {
        let folder = TempDir::new()?;
        let path = folder.path().join("store.git");
        small_store(&path).await?;
        fs::remove_file(file_of(&path, &git(&path, &["rev-parse", what])))?;
        git_fails(&path, &["fsck", "--strict"]);
        let store = GitStore::open(&path, None, OpenMode::ReadWrite).await?;
        let log = store.read(&acme(), LogRange::last(10)).await.err();
        let object = store.get(&snapshot(1).hash()).await.err();
        let last = store.put(&SchemaSnapshot::empty("test")).await.err();
        let found: Vec<StoreError> = [log, object, last].into_iter().flatten().collect();
        assert!(!found.is_empty() || what.contains("{tree}"), "{what}");
        assert!(found.iter().all(|error| matches!(error, StoreError::Corrupt { .. })), "{what}: {found:?}");
    }
    Ok(())
}
