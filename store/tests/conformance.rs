//! What every store must do, run on each of them.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;
use std::time::Duration;

use common::{entry, places, snapshot};
use schema_sync_store::{
    Append, EntryHash, Event, HashPrefix, History, LogEntry, LogName, LogRange, NewEntry, OpenMode, SchemaSnapshot,
    SnapshotHash, SnapshotStore, StoreError, StoreUrl, StoredObject, open_store, verify_chain,
};
use serde_json::{Value, json};

type Outcome = Result<(), Box<dyn std::error::Error>>;
type Store = Arc<dyn SnapshotStore>;

/// Runs each function of the suite on each store, as a test of its own.
macro_rules! conformance {
    ($($test:ident),+ $(,)?) => {
        conformance!(@ memory $($test)+);
        conformance!(@ sqlite $($test)+);
        conformance!(@ file $($test)+);
        #[cfg(feature = "git")]
        conformance!(@ git $($test)+);
        #[cfg(feature = "git")]
        conformance!(@ git_remote $($test)+);
        #[cfg(feature = "s3")]
        conformance!(@ s3 $($test)+);
    };
    (@ $place:ident $($test:ident)+) => {
        mod $place {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() -> super::Outcome {
                if super::places::is_played_elsewhere(stringify!($place), concat!(module_path!(), "::", stringify!($test))) {
                    return Ok(());
                }
                let place = super::places::$place();
                let store = super::open_store(&place.url, super::OpenMode::Create).await?;
                super::$test(store).await
            })+
        }
    };
}

conformance!(
    an_object_comes_back_as_it_was_put,
    what_was_never_put_is_not_found,
    prefixes_find_their_hashes,
    a_log_is_a_chain,
    an_append_behind_another_entry_conflicts,
    an_entry_that_cannot_stand_changes_nothing,
    an_entry_keeps_all_that_it_says,
    reading_is_bounded_and_newest_first,
    a_log_is_read_as_of_a_time,
    logs_are_listed_by_prefix,
    many_at_once_are_as_one_by_one,
    racing_tasks_have_one_winner_a_round,
    thousands_of_logs_are_listed,
    a_log_with_another_inside_its_name_stays_alone,
    history_is_kept_by_tenant,
    refs_move_by_compare_and_swap,
    objects_are_listed_in_pages,
    only_what_is_old_is_removed,
    a_store_is_copied_as_it_is,
);

const RACERS: usize = 16;
const RACE_ROUNDS: u64 = 200;

fn log(name: &str) -> LogName {
    LogName::tenant(name).unwrap()
}

async fn append_many(store: &Store, log: &LogName, count: usize) -> Result<Vec<LogEntry>, StoreError> {
    let mut entries: Vec<LogEntry> = Vec::new();
    for number in 0..count {
        let last = entries.last().map(|last| last.hash);
        entries.push(store.append(log, last.as_ref(), entry(&number.to_string())).await?);
    }
    Ok(entries)
}

async fn an_object_comes_back_as_it_was_put(store: Store) -> Outcome {
    for snapshot in [snapshot(1), SchemaSnapshot::empty("test"), snapshot(2)] {
        let hash = store.put(&snapshot).await?;
        assert_eq!(hash, snapshot.hash());
        assert_eq!(store.put(&snapshot).await?, hash, "putting again changes nothing");
        let back = store.get(&hash).await?;
        assert_eq!(back.to_bytes(), snapshot.to_bytes());
    }
    assert_eq!(store.find(&snapshot(1).hash().to_string().parse()?).await?, [snapshot(1).hash()]);
    Ok(())
}

async fn what_was_never_put_is_not_found(store: Store) -> Outcome {
    store.put(&snapshot(1)).await?;
    let hash = snapshot(2).hash();
    let error = store.get(&hash).await.unwrap_err();
    assert_eq!(error, StoreError::NotFound { store: store.location().to_owned(), hash });
    assert_eq!(store.read(&log("nobody"), LogRange::last(10)).await?, []);
    assert_eq!(store.last_entry(&log("nobody")).await?, None);
    assert_eq!(store.logs("").await?, []);
    Ok(())
}

async fn prefixes_find_their_hashes(store: Store) -> Outcome {
    // So many that some share their first four digits.
    let snapshots: Vec<SchemaSnapshot> = (0..700).map(snapshot).collect();
    let mut hashes = store.put_all(&snapshots).await?;
    hashes.sort_unstable();
    let digits: Vec<String> = hashes.iter().map(ToString::to_string).collect();
    let shared = (1..digits.len()).find(|&index| digits[index - 1][..4] == digits[index][..4]);
    let shared = shared.ok_or("no two hashes share four digits")?;
    for length in [4, 5, 12, 63, 64] {
        for index in [0, shared, digits.len() - 1] {
            let typed = &digits[index][..length];
            let matching: Vec<SnapshotHash> = (0..digits.len())
                .filter(|&other| digits[other].starts_with(typed))
                .map(|other| hashes[other])
                .collect();
            let prefix: HashPrefix = typed.to_uppercase().parse()?;
            assert_eq!(store.find(&prefix).await?, matching);
            match store.resolve(&prefix).await {
                Ok(resolved) => assert_eq!([resolved], matching[..]),
                Err(StoreError::Ambiguous { candidates, .. }) => assert_eq!(candidates, matching),
                Err(error) => return Err(error.into()),
            }
        }
    }
    let ambiguous = store.resolve(&digits[shared][..4].parse()?).await;
    assert!(matches!(ambiguous, Err(StoreError::Ambiguous { .. })), "{ambiguous:?}");
    let unknown: HashPrefix = "00000000000000".parse()?;
    assert_eq!(store.find(&unknown).await?, []);
    assert!(matches!(store.resolve(&unknown).await, Err(StoreError::Unknown { .. })));
    Ok(())
}

async fn a_log_is_a_chain(store: Store) -> Outcome {
    let entries = append_many(&store, &log("acme"), 5).await?;
    assert_eq!(entries.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert_eq!(entries[0].previous, None);
    assert_eq!(entries[4].previous, Some(entries[3].hash));
    verify_chain(None, &entries)?;
    verify_chain(Some(&entries[1]), &entries[2..])?;
    let mut read = store.read(&log("acme"), LogRange::last(10)).await?;
    read.reverse();
    assert_eq!(read, entries);
    Ok(())
}

async fn an_append_behind_another_entry_conflicts(store: Store) -> Outcome {
    let entries = append_many(&store, &log("acme"), 2).await?;
    let other = EntryHash::of(b"another");
    let wrong = [None, Some(entries[0].hash), Some(other)];
    for expected in wrong {
        let error = store.append(&log("acme"), expected.as_ref(), entry("late")).await.unwrap_err();
        let found = Some(entries[1].hash);
        assert_eq!(error, StoreError::Conflict { store: store.location().into(), log: log("acme"), expected, found });
    }
    let error = store.append(&log("empty"), Some(&other), entry("early")).await.unwrap_err();
    assert!(matches!(error, StoreError::Conflict { found: None, .. }), "{error}");
    assert_eq!(store.read(&log("acme"), LogRange::last(10)).await?.len(), 2);
    assert_eq!(store.logs("").await?, [log("acme")]);
    Ok(())
}

async fn an_entry_that_cannot_stand_changes_nothing(store: Store) -> Outcome {
    let missing = entry("of a missing snapshot").snapshot(snapshot(9).hash());
    let error = store.append(&log("acme"), None, missing).await.unwrap_err();
    assert!(matches!(error, StoreError::NotFound { .. }), "{error}");
    for details in [json!({ "seconds": 0.5 }), json!([1_u64 << 54]), json!({ "deep": [{ "number": -1e300 }] })] {
        let error = store.append(&log("acme"), None, entry("inexact").details(details)).await.unwrap_err();
        assert!(matches!(error, StoreError::Entry { .. }), "{error}");
    }
    assert_eq!(store.logs("").await?, []);
    Ok(())
}

async fn an_entry_keeps_all_that_it_says(store: Store) -> Outcome {
    let hash = store.put(&snapshot(1)).await?;
    let hostile = "\"quoted\"\\\n\r\t\0\u{7f}\u{2028}😀ä'; DROP TABLE entries; --";
    let details =
        json!({ "ä": 1, "a": [null, true, -9_007_199_254_740_992_i64], "": { "😀": hostile, "\u{ffff}": {} } });
    let new = NewEntry::new(Event::new("tenant_done")?, hostile)
        .snapshot(hash)
        .note(Some(hostile.to_owned()))
        .details(details.clone());
    let before = jiff::Timestamp::now();
    let name = LogName::tenant(hostile)?;
    let appended = store.append(&name, None, new).await?;
    let read = store.last_entry(&name).await?.unwrap();
    assert_eq!(read, appended);
    assert_eq!((read.author.as_str(), read.note.as_deref()), (hostile, Some(hostile)));
    assert_eq!((read.event.as_str(), read.snapshot, &read.details), ("tenant_done", Some(hash), &details));
    assert_eq!(read.log.tenant_name().as_deref(), Some(hostile));
    let late_ms = read.time.as_millisecond() - before.as_millisecond();
    assert!((0..10_000).contains(&late_ms), "{late_ms}");
    let bare = store.append(&log("bare"), None, NewEntry::new(Event::BLESSED, "")).await?;
    assert_eq!(store.last_entry(&log("bare")).await?, Some(bare.clone()));
    assert_eq!((bare.note, bare.snapshot, bare.details), (None, None, Value::Null));
    Ok(())
}

async fn reading_is_bounded_and_newest_first(store: Store) -> Outcome {
    append_many(&store, &log("acme"), 9).await?;
    append_many(&store, &log("acme2"), 3).await?;
    for (range, sequences) in [
        (LogRange::last(3), vec![9, 8, 7]),
        (LogRange::last(0), vec![]),
        (LogRange::last(usize::MAX), (1..=9).rev().collect()),
        (LogRange::last(2).before(5), vec![4, 3]),
        (LogRange::last(5).before(3), vec![2, 1]),
        (LogRange::last(5).before(1), vec![]),
        (LogRange::last(5).before(0), vec![]),
        (LogRange::last(1).before(u64::MAX), vec![9]),
    ] {
        let read = store.read(&log("acme"), range).await?;
        assert_eq!(read.iter().map(|entry| entry.sequence).collect::<Vec<_>>(), sequences, "{range:?}");
    }
    Ok(())
}

async fn a_log_is_read_as_of_a_time(store: Store) -> Outcome {
    let mut entries: Vec<LogEntry> = Vec::new();
    for number in 0..4 {
        tokio::time::sleep(Duration::from_millis(3)).await;
        let last = entries.last().map(|last| last.hash);
        entries.push(store.append(&log("acme"), last.as_ref(), entry(&number.to_string())).await?);
    }
    for (index, then) in entries.iter().enumerate() {
        let read = store.read(&log("acme"), LogRange::last(2).as_of(then.time)).await?;
        let expected: Vec<LogEntry> = entries[..=index].iter().rev().take(2).cloned().collect();
        assert_eq!(read, expected);
    }
    let before_all = entries[0].time - Duration::from_millis(1);
    assert_eq!(store.read(&log("acme"), LogRange::last(2).as_of(before_all)).await?, []);
    let range = LogRange::last(5).as_of(entries[2].time).before(3);
    assert_eq!(store.read(&log("acme"), range).await?.len(), 2);
    Ok(())
}

async fn logs_are_listed_by_prefix(store: Store) -> Outcome {
    let names = ["tenants/acme", "tenants/eu/a", "tenants/eu/a%00", "tenants/eu/b", "tenants/eu2", "refs/blessed"];
    for name in names {
        append_many(&store, &name.parse()?, 3).await?;
    }
    for (prefix, expected) in [
        ("", vec!["refs/blessed", "tenants/acme", "tenants/eu/a", "tenants/eu/a%00", "tenants/eu/b", "tenants/eu2"]),
        ("tenants/eu/", vec!["tenants/eu/a", "tenants/eu/a%00", "tenants/eu/b"]),
        ("tenants/eu", vec!["tenants/eu/a", "tenants/eu/a%00", "tenants/eu/b", "tenants/eu2"]),
        ("refs/", vec!["refs/blessed"]),
        ("tenants/z", vec![]),
        ("tenants/eu_", vec![]),
        ("%", vec![]),
    ] {
        let logs = store.logs(prefix).await?;
        assert_eq!(logs.iter().map(LogName::as_str).collect::<Vec<_>>(), expected, "{prefix}");
    }
    Ok(())
}

async fn many_at_once_are_as_one_by_one(store: Store) -> Outcome {
    let snapshots = [snapshot(1), snapshot(2), snapshot(1)];
    let hashes = store.put_all(&snapshots).await?;
    assert_eq!(hashes, snapshots.iter().map(SchemaSnapshot::hash).collect::<Vec<_>>());
    assert_eq!(store.put_all(&[]).await?, []);
    let first = store.append(&log("a"), None, entry("first")).await?;
    let append = |name: &str, expected, entry| Append { log: log(name), expected, entry };
    let answers = store
        .append_all(vec![
            append("b", None, entry("new").snapshot(hashes[1])),
            append("a", None, entry("conflict")),
            append("a", Some(first.hash), entry("second")),
            append("c", None, entry("missing").snapshot(snapshot(3).hash())),
            append("c", None, entry("inexact").details(json!(1.5))),
            append("a", Some(first.hash), entry("conflict with the one before it")),
        ])
        .await;
    let b = answers[0].clone()?;
    let a = answers[2].clone()?;
    assert_eq!((b.sequence, a.sequence, a.previous), (1, 2, Some(first.hash)));
    assert!(matches!(answers[1], Err(StoreError::Conflict { .. })));
    assert!(matches!(answers[3], Err(StoreError::NotFound { .. })));
    assert!(matches!(answers[4], Err(StoreError::Entry { .. })));
    assert!(matches!(answers[5], Err(StoreError::Conflict { found: Some(found), .. }) if found == a.hash));
    let last = store.last_entries(&[log("c"), log("b"), log("a"), log("b")]).await?;
    assert_eq!(last, [None, Some(b.clone()), Some(a.clone()), Some(b)]);
    assert_eq!(store.last_entries(&[]).await?, []);
    assert!(store.append_all(Vec::new()).await.is_empty());
    assert_eq!(store.read(&log("a"), LogRange::last(9)).await?, [a, first]);
    Ok(())
}

async fn racing_tasks_have_one_winner_a_round(store: Store) -> Outcome {
    let mut last: Option<EntryHash> = None;
    for round in 1..=RACE_ROUNDS {
        let tasks: Vec<_> = (0..RACERS)
            .map(|racer| {
                let store = Arc::clone(&store);
                tokio::spawn(
                    async move { store.append(&log("raced"), last.as_ref(), entry(&format!("{racer}"))).await },
                )
            })
            .collect();
        let mut winners = Vec::new();
        for task in tasks {
            match task.await? {
                Ok(entry) => winners.push(entry),
                Err(StoreError::Conflict { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        assert_eq!(winners.len(), 1, "round {round}");
        assert_eq!(winners[0].sequence, round);
        last = Some(winners[0].hash);
    }
    let mut entries = store.read(&log("raced"), LogRange::last(1_000)).await?;
    entries.reverse();
    assert_eq!(u64::try_from(entries.len())?, RACE_ROUNDS);
    verify_chain(None, &entries)?;
    Ok(())
}

async fn thousands_of_logs_are_listed(store: Store) -> Outcome {
    let hash = store.put(&snapshot(1)).await?;
    let mut names: Vec<LogName> = (0..5_000).map(|number| log(&format!("fleet {}/t{number}", number % 3))).collect();
    let appends =
        names.iter().map(|name| Append { log: name.clone(), expected: None, entry: entry("first").snapshot(hash) });
    let answers = store.append_all(appends.collect()).await;
    let entries: Vec<LogEntry> = answers.into_iter().collect::<Result<_, _>>()?;
    assert!(entries.iter().zip(&names).all(|(entry, name)| entry.log == *name && entry.sequence == 1));
    let last = store.last_entries(&names).await?;
    assert!(last.iter().zip(&entries).all(|(last, entry)| last.as_ref() == Some(entry)));
    names.sort_unstable();
    assert_eq!(store.logs("").await?, names);
    let second: Vec<LogName> = names.iter().filter(|name| name.as_str().contains("%201/")).cloned().collect();
    assert_eq!(store.logs("tenants/fleet%201/").await?, second);
    Ok(())
}

async fn a_log_with_another_inside_its_name_stays_alone(store: Store) -> Outcome {
    let digits = format!("{:016x}", u64::MAX - 1);
    let names = ["eu".to_owned(), format!("eu/{digits}"), format!("eu/~{digits}"), "eu/~".to_owned(), "eu~".to_owned()];
    for (count, name) in names.iter().enumerate() {
        append_many(&store, &log(name), count + 1).await?;
    }
    for (count, name) in names.iter().enumerate() {
        let read = store.read(&log(name), LogRange::last(10)).await?;
        assert!(read.len() == count + 1 && read.iter().all(|entry| entry.log == log(name)), "{name}: {read:?}");
    }
    assert_eq!(store.logs("tenants/eu").await?.len(), names.len());
    Ok(())
}

async fn history_is_kept_by_tenant(store: Store) -> Outcome {
    assert_eq!(store.get_latest("acme").await?, None);
    let first = store.store("acme", &snapshot(1), "me").await?;
    assert_eq!(store.store("acme", &snapshot(1), "me").await?, first, "what has not changed is not written again");
    let second = store.store("acme", &snapshot(2), "me").await?;
    store.store("../other", &snapshot(3), "me").await?;
    assert_eq!((first.event.clone(), second.previous), (Event::CAPTURED, Some(first.hash)));
    store.append(&log("acme"), Some(&second.hash), entry("it failed, so there is no snapshot")).await?;
    assert_eq!(store.get_latest("acme").await?, Some(snapshot(2)));
    assert_eq!(store.list("acme").await?[1..], [second, first]);
    assert_eq!(store.get_by_hash("acme", &snapshot(1).hash()).await?, snapshot(1));
    let foreign = store.get_by_hash("acme", &snapshot(3).hash()).await;
    assert!(matches!(foreign, Err(StoreError::NotFound { .. })), "{foreign:?}");
    let diff = store.compare("acme", &snapshot(1).hash(), &snapshot(2).hash()).await?;
    assert_eq!((diff.change_count(), diff.changed[0].id().dotted()), (1, "users.email".to_owned()));
    assert_eq!(store.tenants().await?, ["../other", "acme"]);
    Ok(())
}

async fn refs_move_by_compare_and_swap(store: Store) -> Outcome {
    let hashes = store.put_all(&[snapshot(1), snapshot(2)]).await?;
    let bless = |hash: SnapshotHash| NewEntry::new(Event::BLESSED, "me").snapshot(hash);
    assert_eq!(store.read_ref("blessed").await?, None);
    let first = store.move_ref("blessed", None, bless(hashes[0])).await?;
    let stale = store.move_ref("blessed", None, bless(hashes[1])).await;
    assert!(matches!(stale, Err(StoreError::Conflict { .. })), "{stale:?}");
    let second = store.move_ref("blessed", Some(&first.hash), bless(hashes[1])).await?;
    let other = store.move_ref("v1.2", None, bless(hashes[0])).await?;
    assert_eq!(store.read_ref("blessed").await?, Some(second.clone()));
    assert_eq!(store.refs().await?, [("blessed".to_owned(), second), ("v1.2".to_owned(), other)]);
    Ok(())
}

async fn objects_are_listed_in_pages(store: Store) -> Outcome {
    assert_eq!(store.objects(None, 10).await?, []);
    let mut hashes = store.put_all(&(0..25).map(snapshot).collect::<Vec<_>>()).await?;
    hashes.sort_unstable();
    let mut listed: Vec<SnapshotHash> = Vec::new();
    loop {
        let page = store.objects(listed.last(), 10).await?;
        assert!(page.len() <= 10);
        let late_ms = |object: &StoredObject| jiff::Timestamp::now().as_millisecond() - object.stored.as_millisecond();
        assert!(page.iter().all(|object| object.bytes > 0 && (-2_000..60_000).contains(&late_ms(object))), "{page:?}");
        if page.is_empty() {
            break;
        }
        listed.extend(page.iter().map(|object| object.hash));
    }
    assert_eq!(listed, hashes);
    assert_eq!(store.objects(None, 0).await?, []);
    Ok(())
}

async fn only_what_is_old_is_removed(store: Store) -> Outcome {
    let hashes = store.put_all(&[snapshot(1), snapshot(2)]).await?;
    let now = jiff::Timestamp::now();
    let (early, late) = (now - jiff::SignedDuration::from_hours(1), now + jiff::SignedDuration::from_hours(1));
    assert_eq!(store.remove(&hashes, early).await?, [], "what was just put stays");
    assert_eq!(store.get(&hashes[0]).await?, snapshot(1));
    let missing = snapshot(3).hash();
    assert_eq!(store.remove(&[missing, hashes[0]], late).await?, [hashes[0]]);
    let gone = store.get(&hashes[0]).await;
    assert!(matches!(gone, Err(StoreError::NotFound { .. })), "{gone:?}");
    assert_eq!(store.find(&hashes[0].to_string().parse()?).await?, []);
    assert_eq!(store.objects(None, 10).await?.len(), 1);
    assert_eq!(store.get(&hashes[1]).await?, snapshot(2));
    assert_eq!(store.put(&snapshot(1)).await?, hashes[0], "it can come back");
    assert_eq!(store.get(&hashes[0]).await?, snapshot(1));
    Ok(())
}

async fn a_store_is_copied_as_it_is(store: Store) -> Outcome {
    let hashes = store.put_all(&[snapshot(1), snapshot(2)]).await?;
    let mut entries: Vec<LogEntry> = Vec::new();
    for number in 0..5 {
        let last = entries.last().map(|last| last.hash);
        let new = entry(&number.to_string()).snapshot(hashes[number % 2]).details(json!({ "number": number }));
        entries.push(store.append(&log("eu/acme"), last.as_ref(), new).await?);
    }
    let other = open_store(&StoreUrl::Memory, OpenMode::Create).await?;
    let missing = other.import(&log("eu/acme"), &entries).await;
    assert!(matches!(missing, Err(StoreError::NotFound { .. })), "{missing:?}");
    other.put_all(&[snapshot(1), snapshot(2)]).await?;
    other.import(&log("eu/acme"), &entries).await?;
    // And into a store of the kind at hand: another log's entries do not fit, nor do those behind a missing one.
    let foreign = store.import(&log("eu/other"), &entries).await;
    assert!(matches!(foreign, Err(StoreError::Entry { .. })), "{foreign:?}");
    let again = store.import(&log("eu/acme"), &entries).await;
    assert!(matches!(again, Err(StoreError::Conflict { .. })), "{again:?}");
    let mut longer = entries.clone();
    for number in 0..3 {
        let new = entry(&format!("elsewhere {number}")).snapshot(hashes[0]);
        longer.push(other.append(&log("eu/acme"), longer.last().map(|last| last.hash).as_ref(), new).await?);
    }
    let gap = store.import(&log("eu/acme"), &longer[6..]).await;
    assert!(matches!(gap, Err(StoreError::Conflict { .. })), "{gap:?}");
    let mut changed = longer[5..].to_vec();
    changed[1].author.push('!');
    let damaged = store.import(&log("eu/acme"), &changed).await;
    assert!(matches!(damaged, Err(StoreError::Entry { .. })), "{damaged:?}");
    store.import(&log("eu/acme"), &longer[5..]).await?;
    store.import(&log("eu/acme"), &[]).await?;
    let mut read = store.read(&log("eu/acme"), LogRange::last(100)).await?;
    read.reverse();
    assert_eq!(read, longer);
    assert_eq!(store.logs("").await?, [log("eu/acme")]);
    Ok(())
}
