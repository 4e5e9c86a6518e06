//! Servers that lie, refuse, forget to answer or break off, and what of it reaches whoever uses the store: nothing, or
//! an error that says so. Nothing that was acknowledged is lost, and nothing is done twice.

#![cfg(feature = "s3")]
#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::fs;
use std::sync::Arc;
use std::sync::atomic::Ordering::SeqCst;

use common::places::Place;
use common::s3_place::{is_played_elsewhere, s3_with_server};
use common::s3_server::{ACCESS_KEY, S3Server, SECRET_KEY};
use common::{acme, entry, snapshot};
use schema_sync_store::{
    Append, EntryHash, LogEntry, LogName, LogRange, OpenMode, SnapshotStore, StoreError, StoreUrl, open_store,
    verify_chain,
};

type Outcome = Result<(), Box<dyn std::error::Error>>;
type Store = Arc<dyn SnapshotStore>;

/// Runs each function with a server of its own, as a test of its own.
macro_rules! on_a_server {
    ($($test:ident),+ $(,)?) => {
        mod on_a_server {
            $(#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
            async fn $test() -> super::Outcome {
                if super::is_played_elsewhere(concat!("on_a_server::", stringify!($test))) {
                    return Ok(());
                }
                let (place, server) = super::s3_with_server(super::SECRET_KEY);
                super::$test(place, server).await
            })+
        }
    };
}

on_a_server!(
    a_server_that_ignores_the_condition_is_refused,
    a_server_that_knows_no_condition_is_refused,
    a_server_shows_once_what_it_can_do,
    a_lost_answer_is_no_lost_write,
    what_is_undecided_is_tried_again,
    in_all_weathers_there_is_one_winner,
    a_server_that_refuses_to_write_can_be_read,
    a_full_server_is_said_to_be,
    who_may_not_delete_may_do_all_else,
    what_cannot_be_reached_is_named_without_secrets,
    what_is_not_a_store_is_left_alone,
    a_bucket_and_a_folder_hold_the_same,
    few_requests_are_made_at_once,
);

async fn open(place: &Place) -> Store {
    open_store(&place.url, OpenMode::Create).await.unwrap()
}

async fn error_of_opening(place: &Place, mode: OpenMode) -> StoreError {
    let Err(error) = open_store(&place.url, mode).await else { panic!("{} was opened", place.url) };
    assert!(error.to_string().contains(&place.url.to_string()), "{error} does not name its store");
    error
}

fn keys(server: &S3Server) -> Vec<String> {
    server.bucket.objects().keys().cloned().collect()
}

async fn a_server_that_ignores_the_condition_is_refused(place: Place, server: S3Server) -> Outcome {
    server.bucket.lies.store(true, SeqCst);
    let error = error_of_opening(&place, OpenMode::Create).await;
    assert!(matches!(&error, StoreError::Unfit { .. }), "{error:?}");
    assert!(error.to_string().contains("of 16 writers of one new key it told 16 that they made it"), "{error}");
    assert_eq!(keys(&server), [""; 0], "nothing was kept there");
    Ok(())
}

async fn a_server_that_knows_no_condition_is_refused(place: Place, server: S3Server) -> Outcome {
    server.bucket.knows_no_conditions.store(true, SeqCst);
    let error = error_of_opening(&place, OpenMode::Create).await;
    assert!(matches!(&error, StoreError::Unfit { reason, .. } if reason.contains("NotImplemented")), "{error:?}");
    assert_eq!(keys(&server), [""; 0], "nothing was kept there");
    Ok(())
}

async fn a_server_shows_once_what_it_can_do(place: Place, server: S3Server) -> Outcome {
    open(&place).await.put(&snapshot(1)).await?;
    let asked = server.bucket.requests.swap(0, SeqCst);
    assert!(asked > 64, "{asked} requests");
    open_store(&place.url, OpenMode::ReadWrite).await?;
    assert_eq!(server.bucket.requests.swap(0, SeqCst), 2);
    open_store(&place.url, OpenMode::ReadOnly).await?;
    assert_eq!(server.bucket.requests.swap(0, SeqCst), 1);
    // The same objects on another server, which lies.
    let (elsewhere, other) = s3_with_server(SECRET_KEY);
    let objects = server.bucket.objects().clone();
    objects.iter().for_each(|(key, kept)| other.bucket.write(key, &kept.bytes));
    other.bucket.lies.store(true, SeqCst);
    let error = error_of_opening(&elsewhere, OpenMode::ReadWrite).await;
    assert!(matches!(&error, StoreError::Unfit { .. }), "{error:?}");
    let store = open_store(&elsewhere.url, OpenMode::ReadOnly).await?;
    assert_eq!(store.get(&snapshot(1).hash()).await?, snapshot(1));
    Ok(())
}

async fn a_lost_answer_is_no_lost_write(place: Place, server: S3Server) -> Outcome {
    let store = open(&place).await;
    let mut last: Option<LogEntry> = None;
    for round in 0..5 {
        server.bucket.lost_replies.store(1 + round % 3, SeqCst);
        let hash = store.put(&snapshot(usize::try_from(round)?)).await?;
        server.bucket.lost_replies.store(1 + round % 2, SeqCst);
        let new = entry("once").snapshot(hash);
        last = Some(store.append(&acme(), last.map(|last| last.hash).as_ref(), new).await?);
    }
    let mut entries = store.read(&acme(), LogRange::last(100)).await?;
    entries.reverse();
    verify_chain(None, &entries)?;
    assert_eq!((entries.len(), entries.last()), (5, last.as_ref()));
    // All answers are lost, so nobody can know: the error says so, and looking again tells.
    server.bucket.lost_replies.store(1_000, SeqCst);
    let answer = store.append(&acme(), last.map(|last| last.hash).as_ref(), entry("unheard")).await;
    server.bucket.lost_replies.store(0, SeqCst);
    let found = store.last_entry(&acme()).await?.unwrap();
    assert_eq!(found.note.as_deref(), Some("unheard"));
    assert_eq!(answer?, found, "what is read back settles it");
    Ok(())
}

async fn what_is_undecided_is_tried_again(place: Place, server: S3Server) -> Outcome {
    let store = open(&place).await;
    server.bucket.conflicts.store(3, SeqCst);
    let first = store.append(&acme(), None, entry("first")).await?;
    server.bucket.conflicts.store(1_000, SeqCst);
    let error = store.append(&acme(), Some(&first.hash), entry("never")).await.unwrap_err();
    assert!(matches!(&error, StoreError::Io { reason, .. } if reason.contains("somebody else is writing")), "{error}");
    server.bucket.conflicts.store(0, SeqCst);
    assert_eq!(store.read(&acme(), LogRange::last(10)).await?, [first]);
    Ok(())
}

/// Asks again where the weather was too bad for the SDK's own patience.
async fn patiently<T>(ask: impl AsyncFn() -> Result<T, StoreError>) -> Result<T, StoreError> {
    loop {
        match ask().await {
            Err(StoreError::Io { .. }) => {}
            answer => return answer,
        }
    }
}

/// A twentieth of all requests fails in one way or another.
async fn in_all_weathers_there_is_one_winner(place: Place, server: S3Server) -> Outcome {
    let stores = [open(&place).await, open(&place).await];
    server.bucket.failing_of_1000.store(50, SeqCst);
    let mut last: Option<EntryHash> = None;
    let mut acknowledged: Vec<EntryHash> = Vec::new();
    for round in 0..20 {
        let hash = patiently(async || stores[round % 2].put(&snapshot(round % 7)).await).await?;
        let tasks: Vec<_> = (0..8)
            .map(|racer| {
                let store = Arc::clone(&stores[racer % 2]);
                tokio::spawn(async move { store.append(&acme(), last.as_ref(), entry("mine").snapshot(hash)).await })
            })
            .collect();
        let mut won = Vec::new();
        for task in tasks {
            match task.await? {
                Ok(entry) => won.push(entry.hash),
                Err(StoreError::Conflict { .. } | StoreError::Io { .. }) => {}
                Err(error) => return Err(error.into()),
            }
        }
        assert!(won.len() <= 1, "round {round}: {won:?}");
        acknowledged.extend(&won);
        // Where the winner has not heard of it, the log has.
        let found = patiently(async || stores[0].last_entry(&acme()).await).await?;
        last = found.map(|found| found.hash);
    }
    server.bucket.failing_of_1000.store(0, SeqCst);
    let mut entries = stores[0].read(&acme(), LogRange::last(100)).await?;
    entries.reverse();
    verify_chain(None, &entries)?;
    let hashes: Vec<EntryHash> = entries.iter().map(|entry| entry.hash).collect();
    assert!(acknowledged.len() >= 15, "{} are too few to say anything", acknowledged.len());
    assert!(acknowledged.iter().all(|hash| hashes.contains(hash)) && hashes.len() <= 20, "{hashes:?}");
    Ok(())
}

async fn a_server_that_refuses_to_write_can_be_read(place: Place, server: S3Server) -> Outcome {
    let store = open(&place).await;
    let hash = store.put(&snapshot(1)).await?;
    let first = store.append(&acme(), None, entry("first").snapshot(hash)).await?;
    server.bucket.is_read_only.store(true, SeqCst);
    let errors = [
        store.put(&snapshot(2)).await.unwrap_err(),
        store.append(&acme(), Some(&first.hash), entry("second")).await.unwrap_err(),
        store.remove(&[hash], jiff::Timestamp::MAX).await.unwrap_err(),
    ];
    for error in errors {
        assert_eq!(error, StoreError::ReadOnly { store: place.url.to_string() });
    }
    let store = open_store(&place.url, OpenMode::ReadOnly).await?;
    assert_eq!((store.get(&hash).await?, store.last_entry(&acme()).await?), (snapshot(1), Some(first)));
    let (new, other) = s3_with_server(SECRET_KEY);
    other.bucket.is_read_only.store(true, SeqCst);
    assert!(matches!(error_of_opening(&new, OpenMode::Create).await, StoreError::ReadOnly { .. }));
    Ok(())
}

async fn a_full_server_is_said_to_be(place: Place, server: S3Server) -> Outcome {
    let store = open(&place).await;
    let first = store.append(&acme(), None, entry("first")).await?;
    server.bucket.is_full.store(true, SeqCst);
    let error = store.append(&acme(), Some(&first.hash), entry("second")).await.unwrap_err();
    assert!(matches!(&error, StoreError::Full { reason, .. } if reason.contains("no room is left")), "{error:?}");
    assert!(error.to_string().contains(&place.url.to_string()), "{error}");
    assert_eq!(store.read(&acme(), LogRange::last(10)).await?, [first]);
    Ok(())
}

/// So that a policy can keep the history from whoever writes it.
async fn who_may_not_delete_may_do_all_else(place: Place, server: S3Server) -> Outcome {
    server.bucket.keeps_all.store(true, SeqCst);
    let store = open(&place).await;
    let hash = store.put(&snapshot(1)).await?;
    for _ in 0..3 {
        place.backdoor().make_old(&hash, 100);
        store.put(&snapshot(1)).await?;
    }
    store.append(&acme(), None, entry("first").snapshot(hash)).await?;
    assert_eq!(
        store.remove(&[hash], jiff::Timestamp::MAX).await,
        Err(StoreError::ReadOnly { store: place.url.to_string() })
    );
    assert_eq!(store.get(&hash).await?, snapshot(1));
    server.bucket.keeps_all.store(false, SeqCst);
    assert_eq!(store.remove(&[hash], jiff::Timestamp::MAX).await?, [hash]);
    assert_eq!(store.objects(None, 10).await?, []);
    Ok(())
}

async fn what_cannot_be_reached_is_named_without_secrets(place: Place, server: S3Server) -> Outcome {
    let (strangers, _server) = s3_with_server("another secret key");
    let nowhere = format!("s3://no-such-bucket/a?endpoint={}", server.endpoint);
    let silent = "s3://bucket/a?endpoint=http://127.0.0.1:9";
    for (url, reason) in [
        (strangers.url.clone(), "SignatureDoesNotMatch"),
        (nowhere.parse()?, "NoSuchBucket"),
        (silent.parse()?, "onnection refused"),
    ] {
        for mode in [OpenMode::Create, OpenMode::ReadOnly] {
            let Err(error) = open_store(&url, mode).await else { panic!("{url} was opened") };
            let said = format!("{error} {error:?}");
            assert!(matches!(&error, StoreError::Io { .. }) && said.contains(&url.to_string()), "{said}");
            assert!(said.contains(reason), "{said}");
            assert!(!said.contains(SECRET_KEY) && !said.contains(ACCESS_KEY), "{said}");
        }
    }
    drop(place);
    Ok(())
}

async fn what_is_not_a_store_is_left_alone(place: Place, server: S3Server) -> Outcome {
    for mode in [OpenMode::ReadWrite, OpenMode::ReadOnly] {
        assert!(matches!(error_of_opening(&place, mode).await, StoreError::Missing { .. }));
    }
    server.bucket.write("a/b/photographs/1", b"not ours");
    server.bucket.write("a/bc", b"beside it");
    for mode in [OpenMode::Create, OpenMode::ReadWrite, OpenMode::ReadOnly] {
        let error = error_of_opening(&place, mode).await;
        assert!(
            matches!(&error, StoreError::NotAStore { reason, .. } if reason.contains("photographs/1")),
            "{error:?}"
        );
    }
    assert_eq!(keys(&server), ["a/b/photographs/1", "a/bc"]);
    server.bucket.objects().remove("a/b/photographs/1");
    server.bucket.write("a/b/probe/race-0", b"left by one who was killed");
    open(&place).await;
    Ok(())
}

/// What is under the keys is the same, so that a bucket that is copied to a folder is a store, and the other way round.
async fn a_bucket_and_a_folder_hold_the_same(place: Place, server: S3Server) -> Outcome {
    let store = open(&place).await;
    let hash = store.put(&snapshot(1)).await?;
    let first = store.append(&acme(), None, entry("first").snapshot(hash)).await?;
    let second = store.append(&acme(), Some(&first.hash), entry("second")).await?;
    let folder = tempfile::TempDir::new()?;
    for (key, kept) in server.bucket.objects().iter() {
        let path = folder.path().join(key);
        fs::create_dir_all(path.parent().unwrap())?;
        fs::write(path, &kept.bytes)?;
    }
    let copied = open_store(&StoreUrl::File(folder.path().join("a/b")), OpenMode::ReadWrite).await?;
    assert_eq!(copied.read(&acme(), LogRange::last(10)).await?, [second.clone(), first]);
    assert_eq!((copied.get(&hash).await?, copied.logs("").await?), (snapshot(1), vec![acme()]));
    copied.append(&acme(), Some(&second.hash), entry("third")).await?;
    Ok(())
}

async fn few_requests_are_made_at_once(place: Place, server: S3Server) -> Outcome {
    let store = open(&place).await;
    let logs: Vec<LogName> = (0..200).map(|number| LogName::tenant(&number.to_string()).unwrap()).collect();
    server.bucket.in_flight_max.store(0, SeqCst);
    server.bucket.delay_ms.store(10, SeqCst);
    store.put_all(&(0..200).map(snapshot).collect::<Vec<_>>()).await?;
    let appends = logs.iter().map(|log| Append { log: log.clone(), expected: None, entry: entry("first") });
    assert!(store.append_all(appends.collect()).await.iter().all(Result::is_ok));
    assert_eq!(store.last_entries(&logs).await?.len(), 200);
    let at_once = server.bucket.in_flight_max.load(SeqCst);
    assert!((8..=32).contains(&at_once), "{at_once} requests at once");
    Ok(())
}
