//! A git store's writers of many branches at once, killed in the middle: the processes are this test binary again.

#![cfg(all(unix, feature = "git"))]
#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;
#[path = "common/git.rs"]
mod program;

use std::sync::Arc;
use std::time::Duration;

use common::parts::{Part, answer, url_of_part};
use common::{entry, places, snapshot};
use program::check;
use schema_sync_store::{
    Append, LogEntry, LogName, LogRange, OpenMode, SnapshotStore, StoreError, StoreUrl, open_store, verify_chain,
};
use tokio::runtime::Runtime;

const LOGS: usize = 80;
const ROUNDS: u64 = 60;

fn logs() -> Vec<LogName> {
    (0..LOGS).map(|number| LogName::tenant(&format!("t{number}")).unwrap()).collect()
}

/// Appends to all logs together for ever, answering how often that was done.
async fn write_until_killed(url: &StoreUrl) {
    let store = open_store(url, OpenMode::ReadWrite).await.unwrap();
    loop {
        let lasts = store.last_entries(&logs()).await.unwrap();
        let count = lasts.iter().flatten().map(|last| last.sequence).min().unwrap_or_default();
        let hash = store.put(&snapshot(usize::try_from(count).unwrap())).await.unwrap();
        // Those that a killed writer has left behind the others come along.
        let behind =
            logs().into_iter().zip(lasts).filter(|(_, last)| last.as_ref().map_or(0, |last| last.sequence) == count);
        let appends = behind.map(|(log, last)| Append {
            log,
            expected: last.map(|last| last.hash),
            entry: entry("all").snapshot(hash),
        });
        for appended in store.append_all(appends.collect()).await {
            appended.unwrap();
        }
        answer(count + 1);
    }
}

async fn whole_logs(store: &Arc<dyn SnapshotStore>) -> Result<Vec<Vec<LogEntry>>, StoreError> {
    let mut whole = Vec::new();
    for log in logs() {
        let mut entries = store.read(&log, LogRange::last(usize::MAX)).await?;
        entries.reverse();
        verify_chain(None, &entries).unwrap();
        whole.push(entries);
    }
    Ok(whole)
}

#[test]
fn many_branches_are_moved_or_not_when_their_writer_is_killed() {
    let runtime = Runtime::new().unwrap();
    if let Some(url) = url_of_part() {
        return runtime.block_on(write_until_killed(&url));
    }
    let place = places::git();
    let store = runtime.block_on(open_store(&place.url, OpenMode::Create)).unwrap();
    let mut answered = 0;
    for round in 0..ROUNDS {
        let name = "many_branches_are_moved_or_not_when_their_writer_is_killed";
        let mut writer = Part::play(name, &place.url);
        let first = writer.hear();
        std::thread::sleep(Duration::from_micros(round * 900));
        writer.kill();
        let last = writer.hear_rest().pop().or(first).unwrap();
        answered = last.parse::<usize>().unwrap();
        let whole = runtime.block_on(whole_logs(&store)).unwrap();
        for entries in &whole {
            assert!(
                (answered..=answered + 1).contains(&entries.len()),
                "round {round}: {} of {answered}",
                entries.len()
            );
        }
        for entry in &whole[0] {
            runtime.block_on(store.get(&entry.snapshot.unwrap())).unwrap();
        }
        if round % 10 == 9 {
            check(&place.folder().join("a/b/store.git"));
        }
    }
    assert!(answered > usize::try_from(ROUNDS).unwrap(), "{answered} rounds are too few to say anything");
}
