use super::*;

fn folder(root: &Path) -> Folder {
    Folder {
        location: "file:test".to_owned(),
        root: root.to_owned(),
        settled: Mutex::default(),
        turns: Mutex::default(),
    }
}

#[test]
fn keys_are_listed_as_their_bytes_sort() {
    let temporary = tempfile::TempDir::new().unwrap();
    let folder = folder(temporary.path());
    folder.check_writable().unwrap();
    let mut keys = ["a/b/1", "a/b-c", "a/b.d", "a/b~", "a/b/c/2", "a/b0/1", "a-/1", "b", "a.b"].map(str::to_owned);
    for key in &keys {
        assert_eq!(folder.create(key, key.as_bytes()).unwrap(), Creation::Created);
        assert_eq!(folder.create(key, b"other").unwrap(), Creation::Exists);
        assert_eq!(folder.get(key).unwrap().as_deref(), Some(key.as_bytes()));
    }
    keys.sort_unstable();
    for prefix in ["", "a", "a/", "a/b", "a/b/", "a/b/c/", "c", "a/../a/", "../", "a//", "./"] {
        for after in ["", "a/b", "a/b/", "a/b/1", "a/b/c", "a/b/~", "b", "a/b-c"] {
            for limit in [0, 1, 3, usize::MAX] {
                let expected = keys.iter().filter(|key| key.starts_with(prefix) && key.as_str() > after);
                let expected: Vec<&String> = expected.take(limit).collect();
                let listed = folder.list(prefix, after, limit).unwrap();
                let listed: Vec<&String> = listed.iter().map(|listed| &listed.key).collect();
                assert_eq!(listed, expected, "{prefix} {after} {limit}");
            }
        }
    }
    folder.delete("a/b/1").unwrap();
    folder.delete("a/b/1").unwrap();
    assert_eq!(folder.get("a/b/1").unwrap(), None);
    assert_eq!(fs::read_dir(temporary.path().join(TEMPORARY)).unwrap().count(), 0, "nothing is left aside");
}

#[test]
fn one_synchronisation_serves_all_who_had_asked() {
    let (turn, done) = (Turn::default(), AtomicU64::new(0));
    let synchronise = || {
        std::thread::sleep(Duration::from_millis(20));
        done.fetch_add(1, Ordering::SeqCst);
        Ok(())
    };
    std::thread::scope(|scope| {
        for _ in 0..16 {
            scope.spawn(|| turn.take(synchronise).unwrap());
        }
    });
    assert!((1..8).contains(&done.load(Ordering::SeqCst)), "{done:?}");
    turn.take(|| Err(io::ErrorKind::TimedOut.into())).unwrap_err();
    let before = done.load(Ordering::SeqCst);
    turn.take(synchronise).unwrap();
    assert_eq!(done.load(Ordering::SeqCst), before + 1, "what failed has served nobody");
}

#[test]
fn what_was_left_aside_long_ago_is_removed() {
    let temporary = tempfile::TempDir::new().unwrap();
    let folder = folder(temporary.path());
    folder.check_writable().unwrap();
    let aside = temporary.path().join(TEMPORARY);
    for (name, hours) in [("old", LEFTOVER_HOURS + 1), ("young", LEFTOVER_HOURS - 1)] {
        let file = File::create(aside.join(name)).unwrap();
        file.set_modified(SystemTime::now() - Duration::from_secs(hours * 3_600)).unwrap();
    }
    folder.check_writable().unwrap();
    let left: Vec<_> = fs::read_dir(&aside).unwrap().map(|entry| entry.unwrap().file_name()).collect();
    assert_eq!(left, ["young"]);
}

#[test]
fn errors_say_what_they_mean_for_the_store() {
    let folder = folder(Path::new("/nowhere"));
    let meaning = |kind: io::ErrorKind| folder.write_failure(Path::new("/nowhere/x"), &kind.into());
    assert!(matches!(meaning(io::ErrorKind::StorageFull), StoreError::Full { .. }));
    assert!(matches!(meaning(io::ErrorKind::QuotaExceeded), StoreError::Full { .. }));
    assert!(matches!(meaning(io::ErrorKind::ReadOnlyFilesystem), StoreError::ReadOnly { .. }));
    assert!(matches!(meaning(io::ErrorKind::PermissionDenied), StoreError::ReadOnly { .. }));
    let other = meaning(io::ErrorKind::TimedOut);
    assert!(matches!(&other, StoreError::Io { reason, .. } if reason.starts_with("/nowhere/x: ")), "{other:?}");
}
