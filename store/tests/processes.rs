//! One store and many processes: racing, killed in the middle, out of disk, without the right to write. The processes
//! are this test binary again, told by the environment which part to play.

#![cfg(unix)]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Duration;

use common::parts::{Part, answer, part_under, url_of_part};
use common::places::{self, Place};
use common::race::{race, winners};
use common::{entry, snapshot};
use schema_sync_store::{
    EntryHash, LogEntry, LogName, LogRange, OpenMode, SnapshotStore, StoreError, StoreUrl, open_store, verify_chain,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

const RACERS: usize = 16;
const ROUNDS: u64 = 200;
/// Two processes are killed in each.
const KILLING_ROUNDS: u64 = 150;

/// Runs each function on each place, as a test of its own. It is told its test's name, by which its parts are called.
macro_rules! on_places {
    ([$($place:ident)+] $tests:tt) => {
        $(mod $place {
            on_places!(@ $place $tests);
        })+
    };
    (@ $place:ident [$($test:ident)+]) => {
        $(#[test]
        fn $test() {
            let path = concat!(module_path!(), "::", stringify!($test));
            let (_, name) = path.split_once("::").unwrap();
            if super::places::is_played_elsewhere(stringify!($place), path) {
                return;
            }
            super::$test(name, super::places::$place);
        })+
    };
}

mod everywhere {
    use super::*;
    on_places!([sqlite file] [
        racing_processes_have_one_winner_a_round
        what_a_killed_process_has_answered_is_there
        killing_the_maker_leaves_a_store_or_none
    ]);
    #[cfg(feature = "git")]
    on_places!([git] [
        racing_processes_have_one_winner_a_round
        what_a_killed_process_has_answered_is_there
        killing_the_maker_leaves_a_store_or_none
    ]);
    #[cfg(feature = "s3")]
    on_places!([s3] [
        racing_processes_have_one_winner_a_round
        what_a_killed_process_has_answered_is_there
        killing_the_maker_leaves_a_store_or_none
    ]);
}

/// What is about a disk, and who may write to it.
mod on_disk {
    use super::*;
    on_places!([sqlite file] [
        a_full_disk_is_an_error_and_nothing_is_lost
        who_may_only_read_can_read
    ]);
    #[cfg(feature = "git")]
    on_places!([git] [
        a_full_disk_is_an_error_and_nothing_is_lost
        who_may_only_read_can_read
    ]);
}

fn raced() -> LogName {
    LogName::tenant("raced").unwrap()
}

async fn open(url: &StoreUrl, mode: OpenMode) -> Arc<dyn SnapshotStore> {
    open_store(url, mode).await.unwrap()
}

async fn last_entries(store: &Arc<dyn SnapshotStore>, log: &LogName, limit: usize) -> Vec<LogEntry> {
    let mut entries = store.read(log, LogRange::last(limit)).await.unwrap();
    entries.reverse();
    entries
}

async fn whole_log(store: &Arc<dyn SnapshotStore>, log: &LogName) -> Vec<LogEntry> {
    let entries = last_entries(store, log, usize::MAX).await;
    verify_chain(None, &entries).unwrap();
    entries
}

fn racing_processes_have_one_winner_a_round(name: &str, place: fn() -> Place) {
    let runtime = Runtime::new().unwrap();
    if let Some(url) = url_of_part() {
        return runtime.block_on(race(&url, &raced()));
    }
    let place = place();
    let racers: Vec<Part> = (0..RACERS).map(|_| Part::play(name, &place.url)).collect();
    let winners = winners(racers, ROUNDS);
    let entries = runtime.block_on(async {
        let store = open(&place.url, OpenMode::ReadWrite).await;
        whole_log(&store, &raced()).await
    });
    assert_eq!(entries.iter().map(|entry| entry.hash).collect::<Vec<_>>(), winners);
}

/// Told a log, keeps snapshots and appends entries to it for ever, answering each entry once it is there.
async fn write_until_killed(url: &StoreUrl) {
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let log = LogName::tenant(line.trim_end()).unwrap();
    let store = open(url, OpenMode::Create).await;
    let mut last = store.last_entry(&log).await.unwrap();
    loop {
        let number = last.as_ref().map_or(1, |last| last.sequence + 1);
        // The other writer may have put the same one, or be putting it now.
        let hash = store.put(&snapshot(usize::try_from(number).unwrap())).await.unwrap();
        let entry = entry(&number.to_string()).snapshot(hash);
        let appended = store.append(&log, last.map(|last| last.hash).as_ref(), entry).await.unwrap();
        answer(appended.hash);
        last = Some(appended);
    }
}

fn what_a_killed_process_has_answered_is_there(name: &str, place: fn() -> Place) {
    let runtime = Runtime::new().unwrap();
    if let Some(url) = url_of_part() {
        return runtime.block_on(write_until_killed(&url));
    }
    let place = place();
    let store = runtime.block_on(open(&place.url, OpenMode::Create));
    let tenants = ["one", "two"];
    let logs = tenants.map(|tenant| LogName::tenant(tenant).unwrap());
    let mut answered: [Vec<String>; 2] = [Vec::new(), Vec::new()];
    for round in 0..KILLING_ROUNDS {
        let mut writers = tenants.map(|tenant| {
            let mut writer = Part::play(name, &place.url);
            writer.tell(tenant);
            writer
        });
        // A round in six kills them before they have done anything.
        if round % 6 > 0 {
            writers.iter_mut().zip(&mut answered).for_each(|(writer, answered)| answered.extend(writer.hear()));
        }
        std::thread::sleep(Duration::from_micros(round % 50 * 450));
        for (mut writer, (log, answered)) in writers.into_iter().zip(logs.iter().zip(&mut answered)) {
            writer.kill();
            let heard = writer.hear_rest();
            let entries = runtime.block_on(last_entries(&store, log, heard.len() + 1));
            let hashes: Vec<String> = entries.iter().map(|entry| entry.hash.to_string()).collect();
            assert!(heard.iter().all(|hash| hashes.contains(hash)), "round {round}: {heard:?} are not in {hashes:?}");
            answered.extend(heard);
        }
    }
    for (log, answered) in logs.iter().zip(answered) {
        let entries = runtime.block_on(async {
            let entries = whole_log(&store, log).await;
            for entry in &entries {
                store.get(&entry.snapshot.unwrap()).await.unwrap();
            }
            entries
        });
        // One entry a round may be there without anybody having heard of it, so answers are met in order, not in place.
        let mut kept = entries.into_iter().map(|entry| entry.hash.to_string());
        for answer in &answered {
            assert!(kept.any(|hash| hash == *answer), "{answer} is lost");
        }
        assert!(answered.len() >= 125, "{} entries are too few to say anything", answered.len());
    }
}

fn killing_the_maker_leaves_a_store_or_none(name: &str, place: fn() -> Place) {
    let runtime = Runtime::new().unwrap();
    if let Some(url) = url_of_part() {
        answer("begun");
        return runtime.block_on(write_until_killed(&url));
    }
    for round in 0..40 {
        let place = place();
        let mut maker = Part::play(name, &place.url);
        assert_eq!(maker.hear().as_deref(), Some("begun"));
        maker.tell("one");
        std::thread::sleep(Duration::from_micros(round * 300));
        maker.kill();
        let answered = maker.hear_rest();
        let entries = runtime.block_on(async {
            let store = open(&place.url, OpenMode::Create).await;
            store.put(&snapshot(0)).await.unwrap();
            assert_eq!(store.get(&snapshot(0).hash()).await.unwrap(), snapshot(0));
            whole_log(&store, &LogName::tenant("one").unwrap()).await
        });
        assert!(entries.len() >= answered.len(), "round {round}");
    }
}

/// Writes until that fails, and then still reads what is there.
async fn write_until_full(url: &StoreUrl) {
    let store = open(url, OpenMode::ReadWrite).await;
    let mut last = store.last_entry(&raced()).await.unwrap();
    let mut repetitions = 50;
    let error = loop {
        // Ever longer, so that a limit on each file is met also where each entry has a file of its own.
        repetitions += repetitions / 16;
        // And of digits that hardly take less place when they are packed.
        let digits = |number: usize| EntryHash::of(format!("{repetitions} {number}").as_bytes()).to_string();
        let note: String = (0..repetitions).map(digits).collect();
        match store.append(&raced(), last.as_ref().map(|last| last.hash).as_ref(), entry(&note)).await {
            Ok(appended) => {
                answer(appended.hash);
                last = Some(appended);
            }
            Err(error) => break error,
        }
    };
    assert!(error.to_string().contains(&url.to_string()), "{error}");
    assert_eq!(store.last_entry(&raced()).await.unwrap(), last);
    assert_eq!(store.get(&snapshot(1).hash()).await.unwrap(), snapshot(1));
    match error {
        StoreError::Full { .. } => answer("full"),
        StoreError::Io { .. } => answer("failed"),
        error => panic!("{error:?}"),
    }
}

/// A small file system of its own for a place, where that can be had.
struct SmallDisk<'a>(&'a Path);

impl<'a> SmallDisk<'a> {
    fn mount(folder: &'a Path) -> Option<Self> {
        let arguments = ["-t", "tmpfs", "-o", "size=4m", "tmpfs"];
        let output = Command::new("mount").args(arguments).arg(folder).output().ok()?;
        output.status.success().then_some(Self(folder))
    }
}

impl Drop for SmallDisk<'_> {
    fn drop(&mut self) {
        // Somebody may still be leaving it.
        let _ = Command::new("umount").arg("--lazy").arg(self.0).status();
    }
}

fn a_full_disk_is_an_error_and_nothing_is_lost(name: &str, place: fn() -> Place) {
    let runtime = Runtime::new().unwrap();
    if let Some(url) = url_of_part() {
        return runtime.block_on(write_until_full(&url));
    }
    let place = place();
    let disk = SmallDisk::mount(place.folder());
    let filler = place.folder().join("filler");
    fs::write(&filler, vec![1; 1 << 20]).unwrap();
    let store = runtime.block_on(open(&place.url, OpenMode::Create));
    runtime.block_on(store.put(&snapshot(1))).unwrap();
    drop(store);
    // Without such a disk files may take 600 blocks, and the system answers an error instead of a signal.
    let limited: &[&str] = match &disk {
        Some(_) => &[],
        None => &["sh", "-c", "trap '' XFSZ && ulimit -f 600 && exec \"$0\" \"$@\""],
    };
    let program = std::env::current_exe().unwrap();
    let mut answered = Part::start(part_under(limited, &program, name, &place.url)).hear_rest();
    let outcome = answered.pop().unwrap();
    assert!(outcome == "full" || (disk.is_none() && outcome == "failed"), "{outcome}");
    assert!(answered.len() > 10, "{}", answered.len());
    runtime.block_on(async {
        let store = open(&place.url, OpenMode::ReadOnly).await;
        let hashes = whole_log(&store, &raced()).await.into_iter().map(|entry| entry.hash.to_string());
        assert_eq!(hashes.collect::<Vec<_>>(), answered, "it reads while the disk is full");
        fs::remove_file(&filler).unwrap();
        let store = open(&place.url, OpenMode::ReadWrite).await;
        let last = store.last_entry(&raced()).await.unwrap().map(|last| last.hash);
        store.append(&raced(), last.as_ref(), entry("there is room again")).await.unwrap();
        assert_eq!(store.get(&snapshot(1).hash()).await.unwrap(), snapshot(1));
    });
}

/// Reads what may be read, and is refused to write.
async fn read_without_rights(url: &StoreUrl) {
    for mode in [OpenMode::Create, OpenMode::ReadWrite] {
        let error = open_store(url, mode).await.err();
        assert!(matches!(error, Some(StoreError::ReadOnly { .. })), "{error:?}");
    }
    let store = open(url, OpenMode::ReadOnly).await;
    assert_eq!(store.get(&snapshot(1).hash()).await.unwrap(), snapshot(1));
    assert_eq!(whole_log(&store, &raced()).await.len(), 1);
    answer("read what may be read");
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
    let error = open_store(url, OpenMode::ReadOnly).await.err();
    assert!(matches!(&error, Some(StoreError::Io { reason, .. }) if reason.contains("denied")), "{error:?}");
    answer("was denied");
}

/// Every file and folder of a folder, the folder itself last.
fn all_paths(folder: &Path) -> Vec<PathBuf> {
    let mut paths = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { paths.extend(all_paths(&path)) } else { paths.push(path) }
    }
    paths.sort();
    paths.push(folder.to_owned());
    paths
}

fn permit(paths: &[PathBuf], file: u32, folder: u32) {
    for path in paths {
        let mode = if path.is_dir() { folder } else { file };
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
}

fn who_may_only_read_can_read(name: &str, place: fn() -> Place) {
    let runtime = Runtime::new().unwrap();
    if let Some(url) = url_of_part() {
        return runtime.block_on(read_without_rights(&url));
    }
    let place = place();
    runtime.block_on(async {
        let store = open(&place.url, OpenMode::Create).await;
        let hash = store.put(&snapshot(1)).await.unwrap();
        store.append(&raced(), None, entry("one").snapshot(hash)).await.unwrap();
    });
    // Root may do everything, so the part is played by nobody, who needs a program that nobody can reach.
    let elsewhere = TempDir::new().unwrap();
    fs::set_permissions(elsewhere.path(), Permissions::from_mode(0o755)).unwrap();
    let program = elsewhere.path().join("program");
    fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
    let paths = all_paths(place.folder());
    let contents = || -> Vec<_> { paths.iter().map(|path| fs::read(path).ok()).collect() };
    let before = contents();
    permit(&paths, 0o444, 0o555);
    let is_root = fs::write(place.folder().join("written by root"), "").is_ok();
    let _ = fs::remove_file(place.folder().join("written by root"));
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups", "env", "--unset=HOME"];
    let runner = if is_root { &nobody[..] } else { &[] };
    let mut part = Part::start(part_under(runner, &program, name, &place.url));
    assert_eq!(part.hear().as_deref(), Some("read what may be read"));
    assert_eq!(all_paths(place.folder()), paths, "nothing was left beside the store");
    assert_eq!(contents(), before);
    // The folder itself stays open, as it is about the store and not about how to get there.
    permit(&paths[..paths.len() - 1], 0o000, 0o555);
    part.tell("again");
    assert_eq!(part.hear_rest(), ["was denied"]);
    permit(&paths, 0o644, 0o755);
}
