//! What was done to a store behind its back, and what time does to its objects: the same on each backend that keeps
//! bytes.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod common;

use std::sync::Arc;

use common::places::{self, Place};
use common::{entry, snapshot};
use jiff::{SignedDuration, Timestamp};
use schema_sync_store::{
    EntryHash, FRESH_HOURS, LogEntry, LogName, LogRange, OpenMode, SnapshotHash, SnapshotStore, StoreError, open_store,
};

type Outcome = Result<(), Box<dyn std::error::Error>>;
type Store = Arc<dyn SnapshotStore>;

/// Runs each function on each store, as a test of its own.
macro_rules! on_each_store {
    ($($test:ident),+ $(,)?) => {
        on_each_store!(@ sqlite $($test)+);
        on_each_store!(@ file $($test)+);
        #[cfg(feature = "s3")]
        on_each_store!(@ s3 $($test)+);
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
                super::$test(place, store).await
            })+
        }
    };
}

on_each_store!(
    an_object_with_one_byte_changed_is_damaged,
    bytes_under_their_hash_that_are_no_snapshot_are_said_to_be,
    an_old_object_that_is_put_again_stays,
    an_old_object_that_is_named_stays,
    what_is_put_and_named_meanwhile_is_not_removed,
);

async fn an_object_with_one_byte_changed_is_damaged(place: Place, store: Store) -> Outcome {
    let hash = store.put(&snapshot(1)).await?;
    let packed = place.backdoor().read(&hash);
    let mut harmless = 0;
    for position in 0..packed.len() {
        for flip in [0x01, 0x10, 0x80, 0xff] {
            let mut changed = packed.clone();
            changed[position] ^= flip;
            place.backdoor().write(&hash, &changed);
            match store.get(&hash).await {
                Err(StoreError::Corrupt { what, .. }) => assert!(what.contains(&hash.to_string()), "{what}"),
                // Some bits of a compressed form mean nothing: what unpacks to the right bytes is right.
                Ok(same) => {
                    assert_eq!(same.to_bytes(), snapshot(1).to_bytes());
                    harmless += 1;
                }
                Err(error) => panic!("byte {position} ^ {flip}: {error:?}"),
            }
        }
    }
    assert!(harmless <= 8, "{harmless} changes were not found");
    for bytes in [&[][..], &packed[..packed.len() / 2], b"no snapshot", &[packed.as_slice(), b"more"].concat()] {
        place.backdoor().write(&hash, bytes);
        let error = store.get(&hash).await.unwrap_err();
        assert!(matches!(error, StoreError::Corrupt { .. }), "{error:?}");
    }
    place.backdoor().write(&hash, &packed);
    assert_eq!(store.get(&hash).await?, snapshot(1));
    Ok(())
}

async fn bytes_under_their_hash_that_are_no_snapshot_are_said_to_be(place: Place, store: Store) -> Outcome {
    let newer = b"{\"coverage\":[],\"dialect\":\"test\",\"format\":2}\n";
    let hash = SnapshotHash::of(newer);
    place.backdoor().write(&hash, &zstd::bulk::compress(newer, 3)?);
    let error = store.get(&hash).await.unwrap_err();
    assert!(matches!(&error, StoreError::Snapshot { hash: named, .. } if *named == hash), "{error:?}");
    assert!(error.to_string().contains("upgrade"), "{error}");
    Ok(())
}

fn hours_ago(hours: i64) -> Timestamp {
    Timestamp::now() - SignedDuration::from_hours(hours)
}

async fn stored(store: &Store, hash: &SnapshotHash) -> Result<Option<Timestamp>, StoreError> {
    let objects = store.objects(None, 10).await?;
    Ok(objects.iter().find(|object| object.hash == *hash).map(|object| object.stored))
}

async fn an_old_object_that_is_put_again_stays(place: Place, store: Store) -> Outcome {
    let hashes = store.put_all(&[snapshot(1), snapshot(2)]).await?;
    for round in 0..3 {
        hashes.iter().for_each(|hash| place.backdoor().make_old(hash, 100));
        assert!(stored(&store, &hashes[0]).await?.unwrap() < hours_ago(99), "round {round}");
        assert_eq!(store.put(&snapshot(1)).await?, hashes[0]);
        assert!(stored(&store, &hashes[0]).await?.unwrap() > hours_ago(1), "round {round}");
        assert_eq!(store.objects(None, 10).await?.len(), 2);
        assert_eq!(store.objects(None, 1).await?.len(), 1);
        assert_eq!(store.find(&hashes[0].to_string().parse()?).await?, [hashes[0]]);
        assert_eq!(store.remove(&hashes[..1], hours_ago(FRESH_HOURS)).await?, []);
        assert_eq!(store.get(&hashes[0]).await?, snapshot(1));
    }
    assert_eq!(store.remove(&hashes, hours_ago(FRESH_HOURS)).await?, [hashes[1]]);
    hashes.iter().for_each(|hash| place.backdoor().make_old(hash, 100));
    assert_eq!(store.remove(&hashes, hours_ago(FRESH_HOURS)).await?, [hashes[0]]);
    assert_eq!(store.objects(None, 10).await?, []);
    let gone = store.get(&hashes[0]).await;
    assert!(matches!(gone, Err(StoreError::NotFound { .. })), "{gone:?}");
    Ok(())
}

async fn an_old_object_that_is_named_stays(place: Place, store: Store) -> Outcome {
    let hash = store.put(&snapshot(1)).await?;
    let log = LogName::tenant("acme")?;
    let mut entries: Vec<LogEntry> = Vec::new();
    for round in 0..3 {
        place.backdoor().make_old(&hash, 100);
        let new = entry("named").snapshot(hash);
        entries.push(store.append(&log, entries.last().map(|last| last.hash).as_ref(), new).await?);
        assert!(stored(&store, &hash).await?.unwrap() > hours_ago(1), "round {round}");
        assert_eq!(store.remove(&[hash], hours_ago(FRESH_HOURS)).await?, []);
    }
    place.backdoor().make_old(&hash, 100);
    let other = LogName::tenant("imported")?;
    let foreign = open_store(&"memory:".parse()?, OpenMode::Create).await?;
    foreign.put(&snapshot(1)).await?;
    let imported = foreign.append(&other, None, entry("imported").snapshot(hash)).await?;
    store.import(&other, &[imported]).await?;
    assert!(stored(&store, &hash).await?.unwrap() > hours_ago(1));
    assert_eq!(store.get(&hash).await?, snapshot(1));
    assert_eq!(store.read(&log, LogRange::last(10)).await?.len(), 3);
    Ok(())
}

/// Two remove all that is old, while others put and name the same.
async fn what_is_put_and_named_meanwhile_is_not_removed(place: Place, store: Store) -> Outcome {
    let mut hashes = store.put_all(&(0..8).map(snapshot).collect::<Vec<_>>()).await?;
    hashes.push(store.put(&snapshot(8)).await?);
    let mut last: Vec<Option<EntryHash>> = vec![None; 8];
    for round in 0..20 {
        hashes.iter().for_each(|hash| place.backdoor().make_old(hash, 100));
        let removers: Vec<_> = (0..2)
            .map(|_| {
                let (store, hashes) = (Arc::clone(&store), hashes.clone());
                tokio::spawn(async move { store.remove(&hashes, hours_ago(FRESH_HOURS)).await })
            })
            .collect();
        let writers: Vec<_> = (0..8)
            .map(|number| {
                let (store, last) = (Arc::clone(&store), last[number]);
                tokio::spawn(async move {
                    let hash = store.put(&snapshot(number)).await?;
                    let log = LogName::tenant(&number.to_string())?;
                    store.append(&log, last.as_ref(), entry("named").snapshot(hash)).await
                })
            })
            .collect();
        for remover in removers {
            remover.await??;
        }
        for (number, writer) in writers.into_iter().enumerate() {
            last[number] = Some(writer.await??.hash);
            assert_eq!(store.get(&hashes[number]).await?, snapshot(number), "round {round}");
        }
    }
    let gone = store.get(&hashes[8]).await;
    assert!(matches!(gone, Err(StoreError::NotFound { .. })), "what nobody named is gone: {gone:?}");
    assert_eq!(store.objects(None, 100).await?.len(), 8);
    Ok(())
}
