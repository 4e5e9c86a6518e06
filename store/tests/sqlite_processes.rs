//! One SQLite store and many processes: racing, killed in the middle, out of disk, without the right to write. The
//! processes are this test binary again, told by the environment which part to play.

#![cfg(unix)]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]
#![expect(clippy::print_stdout, reason = "a process that plays a part answers on its output")]

mod common;

use std::fs::{self, Permissions};
use std::io::{BufRead, BufReader, Write};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::time::Duration;

use common::{entry, snapshot};
use schema_sync_store::{
    EntryHash, LogEntry, LogName, LogRange, OpenMode, SnapshotStore, SqliteStore, StoreError, verify_chain,
};
use tempfile::TempDir;
use tokio::runtime::Runtime;

/// In a process that plays a part: the store that it does so on.
const STORE_VARIABLE: &str = "SCHEMA_SYNC_STORE_TEST_PATH";
/// Before each line that such a process answers, as the test harness prints lines of its own.
const MARK: &str = "answer: ";

const RACERS: usize = 8;
const ROUNDS: u64 = 50;

fn raced() -> LogName {
    LogName::tenant("raced").unwrap()
}

/// The store's path, in a process that plays a part.
fn path_of_part() -> Option<PathBuf> {
    std::env::var_os(STORE_VARIABLE).map(PathBuf::from)
}

fn answer(text: impl std::fmt::Display) {
    println!("\n{MARK}{text}");
}

/// This binary, to play its part in the test of this name.
fn part(program: &Path, test: &str, store: &Path) -> Command {
    let mut command = Command::new(program);
    command.args([test, "--exact", "--nocapture"]).env(STORE_VARIABLE, store);
    command
}

/// The same, run by another program that gets it as its last arguments.
fn part_under(runner: &[&str], program: &Path, test: &str, store: &Path) -> Command {
    let mut command = Command::new(runner[0]);
    command.args(&runner[1..]).arg(program).args([test, "--exact", "--nocapture"]).env(STORE_VARIABLE, store);
    command
}

fn this_program() -> PathBuf {
    std::env::current_exe().unwrap()
}

struct Part {
    child: Child,
    input: ChildStdin,
    output: BufReader<ChildStdout>,
}

impl Part {
    fn start(mut command: Command) -> Self {
        let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
        let (input, output) = (child.stdin.take().unwrap(), BufReader::new(child.stdout.take().unwrap()));
        Self { child, input, output }
    }

    fn tell(&mut self, text: impl std::fmt::Display) {
        writeln!(self.input, "{text}").unwrap();
    }

    /// The next answer; none once the process has ended.
    fn hear(&mut self) -> Option<String> {
        let mut line = String::new();
        while self.output.read_line(&mut line).unwrap() > 0 {
            if let Some((_, answer)) = line.trim_end().split_once(MARK) {
                return Some(answer.to_owned());
            }
            line.clear();
        }
        None
    }

    fn hear_rest(mut self) -> Vec<String> {
        let answers = std::iter::from_fn(|| self.hear()).collect();
        self.child.wait().unwrap();
        answers
    }
}

impl Drop for Part {
    fn drop(&mut self) {
        // It is gone already in most tests; a failing one must not leave it behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

async fn whole_log(store: &SqliteStore) -> Result<Vec<LogEntry>, StoreError> {
    let mut entries = store.read(&raced(), LogRange::last(usize::MAX)).await?;
    entries.reverse();
    verify_chain(None, &entries).unwrap();
    Ok(entries)
}

/// Told the entry to append behind, answers what came of it.
async fn race(path: &Path) {
    let store = SqliteStore::open(path, OpenMode::Create).await.unwrap();
    answer("ready");
    for line in std::io::stdin().lines() {
        let expected: Option<EntryHash> = line.unwrap().parse().ok();
        match store.append(&raced(), expected.as_ref(), entry(&std::process::id().to_string())).await {
            Ok(entry) => answer(format!("won {}", entry.hash)),
            Err(StoreError::Conflict { .. }) => answer("lost"),
            Err(error) => answer(error),
        }
    }
}

#[test]
fn racing_processes_have_one_winner_a_round() {
    let runtime = Runtime::new().unwrap();
    if let Some(path) = path_of_part() {
        return runtime.block_on(race(&path));
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("made by whoever is first/store.db");
    let start = || Part::start(part(&this_program(), "racing_processes_have_one_winner_a_round", &path));
    let mut racers: Vec<Part> = (0..RACERS).map(|_| start()).collect();
    for racer in &mut racers {
        assert_eq!(racer.hear().as_deref(), Some("ready"));
    }
    let mut winners: Vec<EntryHash> = Vec::new();
    for round in 0..ROUNDS {
        let expected = winners.last().map_or_else(|| "none".to_owned(), ToString::to_string);
        racers.iter_mut().for_each(|racer| racer.tell(&expected));
        let answers: Vec<String> = racers.iter_mut().map(|racer| racer.hear().unwrap()).collect();
        let won: Vec<&str> = answers.iter().filter_map(|answer| answer.strip_prefix("won ")).collect();
        let lost = answers.iter().filter(|answer| *answer == "lost").count();
        assert_eq!((won.len(), lost), (1, RACERS - 1), "round {round}: {answers:?}");
        winners.push(won[0].parse().unwrap());
    }
    drop(racers);
    let entries = runtime.block_on(async {
        let store = SqliteStore::open(&path, OpenMode::ReadWrite).await?;
        whole_log(&store).await
    });
    let hashes: Vec<EntryHash> = entries.unwrap().iter().map(|entry| entry.hash).collect();
    assert_eq!(hashes, winners);
}

/// Keeps snapshots and appends entries for ever, answering each entry once it is there.
async fn write_until_killed(path: &Path) {
    let store = SqliteStore::open(path, OpenMode::Create).await.unwrap();
    let mut last = store.last_entry(&raced()).await.unwrap();
    loop {
        let number = last.as_ref().map_or(1, |last| last.sequence + 1);
        let hash = store.put(&snapshot(usize::try_from(number).unwrap())).await.unwrap();
        let entry = entry(&number.to_string()).snapshot(hash);
        let appended = store.append(&raced(), last.map(|last| last.hash).as_ref(), entry).await.unwrap();
        answer(appended.hash);
        last = Some(appended);
    }
}

#[test]
fn what_a_killed_process_has_answered_is_there() {
    let runtime = Runtime::new().unwrap();
    if let Some(path) = path_of_part() {
        return runtime.block_on(write_until_killed(&path));
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let mut answered: Vec<String> = Vec::new();
    for round in 0..20 {
        let mut writer = Part::start(part(&this_program(), "what_a_killed_process_has_answered_is_there", &path));
        answered.extend(writer.hear());
        std::thread::sleep(Duration::from_micros(round * 1_700));
        writer.child.kill().unwrap();
        answered.extend(writer.hear_rest());
        let entries = runtime.block_on(async {
            let store = SqliteStore::open(&path, OpenMode::ReadWrite).await?;
            let entries = whole_log(&store).await?;
            for entry in &entries {
                store.get(&entry.snapshot.unwrap()).await?;
            }
            Ok::<_, StoreError>(entries)
        });
        let mut kept = entries.unwrap().into_iter().map(|entry| entry.hash.to_string());
        // One entry a round may be there without anybody having heard of it, so answers are met in order, not in place.
        for answer in &answered {
            assert!(kept.any(|hash| hash == *answer), "round {round}: {answer} is lost");
        }
    }
    assert!(answered.len() > 20, "{} entries are too few to say anything", answered.len());
}

#[test]
fn killing_the_maker_leaves_a_store_or_none() {
    let runtime = Runtime::new().unwrap();
    if let Some(path) = path_of_part() {
        answer("begun");
        return runtime.block_on(write_until_killed(&path));
    }
    for round in 0..40 {
        let folder = TempDir::new().unwrap();
        let path = folder.path().join("a/store.db");
        let mut maker = Part::start(part(&this_program(), "killing_the_maker_leaves_a_store_or_none", &path));
        assert_eq!(maker.hear().as_deref(), Some("begun"));
        std::thread::sleep(Duration::from_micros(round * 300));
        maker.child.kill().unwrap();
        let answered = maker.hear_rest();
        let entries = runtime.block_on(async {
            let store = SqliteStore::open(&path, OpenMode::Create).await?;
            store.put(&snapshot(0)).await?;
            assert_eq!(store.get(&snapshot(0).hash()).await?, snapshot(0));
            whole_log(&store).await
        });
        assert!(entries.unwrap().len() >= answered.len(), "round {round}");
    }
}

/// Writes until that fails, and then still reads what is there.
async fn write_until_full(path: &Path) {
    let store = SqliteStore::open(path, OpenMode::ReadWrite).await.unwrap();
    let mut last = store.last_entry(&raced()).await.unwrap();
    let error = loop {
        let note = "a note that takes its place on the disk ".repeat(50);
        match store.append(&raced(), last.as_ref().map(|last| last.hash).as_ref(), entry(&note)).await {
            Ok(appended) => {
                answer(appended.hash);
                last = Some(appended);
            }
            Err(error) => break error,
        }
    };
    let full = matches!(error, StoreError::Full { .. } | StoreError::Io { .. });
    assert!(full && error.to_string().contains(path.to_str().unwrap()), "{error:?}");
    assert_eq!(store.last_entry(&raced()).await.unwrap(), last);
    assert_eq!(store.get(&snapshot(1).hash()).await.unwrap(), snapshot(1));
    answer("read what is there");
}

#[test]
fn a_full_disk_is_an_error_and_nothing_is_lost() {
    let runtime = Runtime::new().unwrap();
    if let Some(path) = path_of_part() {
        return runtime.block_on(write_until_full(&path));
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("store.db");
    let make = async { SqliteStore::open(&path, OpenMode::Create).await?.put(&snapshot(1)).await };
    runtime.block_on(make).unwrap();
    // Files may take 600 blocks, and the system answers an error instead of a signal.
    let limited = ["sh", "-c", "trap '' XFSZ && ulimit -f 600 && exec \"$0\" \"$@\""];
    let name = "a_full_disk_is_an_error_and_nothing_is_lost";
    let mut answered = Part::start(part_under(&limited, &this_program(), name, &path)).hear_rest();
    assert_eq!(answered.pop().as_deref(), Some("read what is there"));
    assert!(answered.len() > 20, "{}", answered.len());
    runtime.block_on(async {
        let store = SqliteStore::open(&path, OpenMode::ReadWrite).await.unwrap();
        let entries = whole_log(&store).await.unwrap();
        let hashes: Vec<String> = entries.iter().map(|entry| entry.hash.to_string()).collect();
        assert_eq!(hashes, answered);
        store.append(&raced(), entries.last().map(|last| &last.hash), entry("there is room again")).await.unwrap();
        assert_eq!(store.get(&snapshot(1).hash()).await.unwrap(), snapshot(1));
    });
}

/// Reads what may be read, and is refused to write.
async fn read_without_rights(path: &Path) {
    for mode in [OpenMode::Create, OpenMode::ReadWrite] {
        let error = SqliteStore::open(path, mode).await.unwrap_err();
        assert!(matches!(error, StoreError::ReadOnly { .. }), "{error:?}");
    }
    let store = SqliteStore::open(path, OpenMode::ReadOnly).await.unwrap();
    assert_eq!(store.get(&snapshot(1).hash()).await.unwrap(), snapshot(1));
    let hidden = path.with_file_name("hidden.db");
    let error = SqliteStore::open(&hidden, OpenMode::ReadOnly).await.unwrap_err();
    assert!(matches!(&error, StoreError::Io { reason, .. } if reason.contains("denied")), "{error:?}");
    answer("read what may be read");
}

#[test]
fn who_may_only_read_can_read() {
    let runtime = Runtime::new().unwrap();
    if let Some(path) = path_of_part() {
        return runtime.block_on(read_without_rights(&path));
    }
    let folder = TempDir::new().unwrap();
    let path = folder.path().join("a store?.db");
    let make = async { SqliteStore::open(&path, OpenMode::Create).await?.put(&snapshot(1)).await };
    runtime.block_on(make).unwrap();
    // Root may do everything, so the part is played by nobody, who needs a program that nobody can reach.
    let program = folder.path().join("program");
    fs::copy(this_program(), &program).unwrap();
    let hidden = path.with_file_name("hidden.db");
    fs::copy(&path, &hidden).unwrap();
    for (path, mode) in [(&hidden, 0o000), (&path, 0o444), (&folder.path().to_owned(), 0o555)] {
        fs::set_permissions(path, Permissions::from_mode(mode)).unwrap();
    }
    let root = fs::File::open(&hidden).is_ok();
    let name = "who_may_only_read_can_read";
    let nobody = ["setpriv", "--reuid=65534", "--regid=65534", "--clear-groups"];
    let command = if root { part_under(&nobody, &program, name, &path) } else { part(&program, name, &path) };
    let before = fs::read(&path).unwrap();
    let answered = Part::start(command).hear_rest();
    assert_eq!(answered, ["read what may be read"]);
    assert_eq!(fs::read(&path).unwrap(), before);
    fs::set_permissions(folder.path(), Permissions::from_mode(0o755)).unwrap();
    let files = fs::read_dir(folder.path()).unwrap().count();
    assert_eq!(files, 3, "nothing was left beside the store");
}
