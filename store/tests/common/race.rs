//! Processes that race to append to one log, told round by round what to append behind.

use schema_sync_store::{EntryHash, LogName, OpenMode, StoreError, StoreUrl, open_store};

use super::entry;
use super::parts::{Part, answer};

/// The part of one: told the entry to append behind, answers what came of it.
pub(crate) async fn race(url: &StoreUrl, log: &LogName) {
    let store = open_store(url, OpenMode::Create).await.unwrap();
    answer("ready");
    for line in std::io::stdin().lines() {
        let expected: Option<EntryHash> = line.unwrap().parse().ok();
        // All append the very same, so that nothing but the store tells them apart.
        match store.append(log, expected.as_ref(), entry("mine")).await {
            Ok(entry) => answer(format!("won {}", entry.hash)),
            Err(StoreError::Conflict { .. }) => answer("lost"),
            Err(error) => answer(error),
        }
    }
}

/// Lets processes race for so many rounds, of which each must have one winner; returns what the winners appended.
pub(crate) fn winners(mut racers: Vec<Part>, rounds: u64) -> Vec<EntryHash> {
    for racer in &mut racers {
        assert_eq!(racer.hear().as_deref(), Some("ready"));
    }
    let mut winners: Vec<EntryHash> = Vec::new();
    for round in 0..rounds {
        let expected = winners.last().map_or_else(|| "none".to_owned(), ToString::to_string);
        racers.iter_mut().for_each(|racer| racer.tell(&expected));
        let answers: Vec<String> = racers.iter_mut().map(|racer| racer.hear().unwrap()).collect();
        let won: Vec<&str> = answers.iter().filter_map(|answer| answer.strip_prefix("won ")).collect();
        let lost = answers.iter().filter(|answer| *answer == "lost").count();
        assert_eq!((won.len(), lost), (1, racers.len() - 1), "round {round}: {answers:?}");
        winners.push(won[0].parse().unwrap());
    }
    winners
}
