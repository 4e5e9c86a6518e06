use serde_json::json;

use super::*;

fn log() -> LogName {
    LogName::tenant("eu/acme").unwrap()
}

fn at(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn chain() -> Vec<LogEntry> {
    let mut entries: Vec<LogEntry> = Vec::new();
    for (time, note) in
        [("2026-03-03T10:00:00.1239Z", "one"), ("2026-03-03T11:00:00Z", "two"), ("2026-03-03T09:00:00Z", "three")]
    {
        let new = NewEntry::new(Event::CAPTURED, "me").note(Some(note.to_owned()));
        let entry = LogEntry::following(&log(), entries.last(), at(time), new).unwrap();
        entries.push(entry);
    }
    entries
}

/// The bytes of entries are kept for ever, and so is what they are.
#[test]
fn an_entry_is_canonical_json_named_by_its_hash() {
    let new = NewEntry::new(Event::PROMOTED, "a \"quoted\" author\n")
        .snapshot(SnapshotHash::of(b"abc"))
        .note(Some("ä\u{2028}".to_owned()))
        .details(json!({ "b": [1, null], "a": { "ä": true } }));
    let first = LogEntry::following(&log(), None, at("2026-03-03T10:00:00.1239Z"), new).unwrap();
    let expected = "{\"author\":\"a \\\"quoted\\\" author\\n\",\"details\":{\"a\":{\"ä\":true},\"b\":[1,null]},\
        \"event\":\"promoted\",\"log\":\"tenants/eu/acme\",\"note\":\"ä\u{2028}\",\"sequence\":1,\
        \"snapshot\":\"ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad\",\
        \"time\":\"2026-03-03T10:00:00.123Z\"}";
    assert_eq!(String::from_utf8(first.to_bytes()).unwrap(), expected);
    assert_eq!(first.hash, EntryHash::of(expected.as_bytes()));
    assert_eq!(LogEntry::from_bytes(&first.hash, expected.as_bytes()).unwrap(), first);
    let second =
        LogEntry::following(&log(), Some(&first), at("2026-03-03T10:00:01Z"), NewEntry::new(Event::BLESSED, ""))
            .unwrap();
    let expected = format!(
        "{{\"author\":\"\",\"event\":\"blessed\",\"log\":\"tenants/eu/acme\",\"previous\":\"{}\",\"sequence\":2,\"time\":\"2026-03-03T10:00:01Z\"}}",
        first.hash
    );
    assert_eq!(String::from_utf8(second.to_bytes()).unwrap(), expected);
}

#[test]
fn time_never_goes_back_within_a_log() {
    let times: Vec<Timestamp> = chain().iter().map(|entry| entry.time).collect();
    assert_eq!(times, ["2026-03-03T10:00:00.123Z", "2026-03-03T11:00:00Z", "2026-03-03T11:00:00Z"].map(at));
}

#[test]
fn a_broken_chain_is_found() {
    verify_chain(None, &chain()).unwrap();
    verify_chain(Some(&chain()[0]), &chain()[1..]).unwrap();
    verify_chain(None, []).unwrap();
    let broken: [fn(&mut Vec<LogEntry>); 9] = [
        |entries| entries[1].author.push('!'),
        |entries| entries[1].time = Timestamp::UNIX_EPOCH,
        |entries| entries[1].details = json!({}),
        |entries| entries[1].hash = entries[0].hash,
        |entries| entries[1].log = LogName::tenant("other").unwrap(),
        |entries| entries.swap(1, 2),
        |entries| drop(entries.remove(0)),
        |entries| drop(entries.remove(1)),
        |entries| {
            // Another entry in its place, whole in itself.
            let new = NewEntry::new(Event::CAPTURED, "somebody else");
            entries[1] = LogEntry::following(&log(), Some(&entries[0]), entries[1].time, new).unwrap();
        },
    ];
    for (index, break_it) in broken.iter().enumerate() {
        let mut entries = chain();
        break_it(&mut entries);
        assert!(verify_chain(None, &entries).is_err(), "{index}");
    }
}

#[test]
fn what_is_no_entry_is_refused() {
    for bytes in ["", "{}", "[]", "null", "{\"author\":1}"] {
        let error = LogEntry::from_bytes(&EntryHash::of(bytes.as_bytes()), bytes.as_bytes());
        assert!(matches!(error, Err(LogError::Unreadable(_))), "{bytes}: {error:?}");
    }
    let error = LogEntry::from_bytes(&EntryHash::of(b"other"), &chain()[0].to_bytes());
    assert!(matches!(error, Err(LogError::Hash { .. })), "{error:?}");
    for name in ["", "Captured", "two words", "9", "_a", "ä", "a\n", &"a".repeat(65)] {
        assert!(Event::new(name).is_err(), "{name}");
    }
}

#[test]
fn details_that_could_not_be_read_again_are_refused() {
    let mut deep = json!({});
    for _ in 0..65 {
        deep = json!([deep]);
    }
    for details in [deep, json!(0.1), json!([u64::MAX])] {
        let new = NewEntry::new(Event::CAPTURED, "me").details(details);
        let result = LogEntry::following(&log(), None, Timestamp::UNIX_EPOCH, new);
        assert!(matches!(result, Err(LogError::Details(_))), "{result:?}");
    }
}

#[test]
fn json_of_an_entry_reads_back() {
    for entry in chain() {
        let text = serde_json::to_string(&entry).unwrap();
        assert_eq!(serde_json::from_str::<LogEntry>(&text).unwrap(), entry);
    }
}
