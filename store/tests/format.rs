//! Format 1 of snapshot documents, for ever: golden files with their hashes, what damage does to them, and other
//! programs' canonical JSON beside ours.

#![expect(clippy::unwrap_used, reason = "a test fails by panicking")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use proptest::collection::{btree_map, btree_set, vec};
use proptest::prelude::*;
use schema_sync_store::{Object, ObjectId, SNAPSHOT_FORMAT, SchemaSnapshot, SnapshotError, SnapshotHash};
use serde_json::{Value, json};

/// Written by hand and hashed by other programs than this one. No line of this may ever change.
const GOLDEN: [(&str, &str); 6] = [
    ("coverage", "ca1f54711f89d90fdccbab33be26338d9db667099ff24a954b5b01773b2839fa"),
    ("empty", "cf17a1ee5903b92b351714dee8774cd9b90bc947c7eaef52a6a4215cec85c7db"),
    ("hostile", "30f598512950feb743df8534597dccbb59d0822ba14aa76a4bb199d8fee89c8a"),
    ("plain", "5ceb32c62c03c65428a67e019cc8127c5a754bcb45b7e82383d2dd58d46baa83"),
    ("schemas", "ea52a0290b7cbe4df4734375a32ea1af031936ef0130dbb2a0cc6737418cee44"),
    ("values", "84bb116eeb93bd118d401b4679dac7ace56c5eb072b023067c9284f0761227b5"),
];

fn golden(name: &str) -> Vec<u8> {
    let folder: PathBuf = [env!("CARGO_MANIFEST_DIR"), "tests", "golden"].iter().collect();
    fs::read(folder.join(name).with_extension("snapshot")).unwrap()
}

#[test]
fn golden_files_have_their_hashes_for_ever() {
    for (name, hash) in GOLDEN {
        let bytes = golden(name);
        let snapshot = SchemaSnapshot::from_bytes(&bytes).unwrap();
        assert_eq!(snapshot.to_bytes(), bytes, "{name}");
        assert_eq!(snapshot.hash().to_string(), hash, "{name}");
        assert_eq!(SnapshotHash::of(&bytes), snapshot.hash(), "{name}: the hash is that of the file");
    }
}

#[test]
fn golden_objects_are_what_the_files_say() {
    let coverage = SchemaSnapshot::from_bytes(&golden("coverage")).unwrap();
    assert!(coverage.coverage().contains("a_coverage_of_a_later_version"));
    let plain = SchemaSnapshot::from_bytes(&golden("plain")).unwrap();
    assert_eq!((plain.dialect(), plain.objects().len()), ("postgresql", 4));
    let table = ObjectId::new("table", ["users"]);
    let columns: Vec<String> = plain.parts("column", &table).map(|object| object.id.dotted()).collect();
    assert_eq!(columns, ["users.email", "users.id"]);
    let identity = plain.get(&ObjectId::new("column", ["users", "id"])).unwrap().attribute("identity");
    assert_eq!(identity, Some(&json!({ "mode": "always", "maximum": "9223372036854775807" })));
    let schemas = SchemaSnapshot::from_bytes(&golden("schemas")).unwrap();
    let trigger = schemas.of_kind("trigger").next().unwrap();
    let needed: Vec<Option<&str>> = trigger.needs.iter().map(|need| need.schema.as_deref()).collect();
    assert_eq!(needed, [None, Some("audit")]);
}

#[test]
fn a_file_cut_short_never_passes_for_the_whole() {
    for (name, _) in GOLDEN {
        let bytes = golden(name);
        let whole = SchemaSnapshot::from_bytes(&bytes).unwrap();
        for length in 0..bytes.len() {
            match SchemaSnapshot::from_bytes(&bytes[..length]) {
                // Where a line ends, fewer objects are a snapshot too, with a hash of its own.
                Ok(part) => {
                    assert!(bytes[..length].ends_with(b"\n") && part.hash() != whole.hash(), "{name}: {length}")
                }
                Err(SnapshotError::Truncated { .. } | SnapshotError::DanglingNeed { .. }) => {}
                Err(error) => panic!("{name}, {length} bytes: {error}"),
            }
        }
    }
}

#[test]
fn a_changed_byte_never_passes_for_the_whole() {
    for (name, _) in GOLDEN {
        let bytes = golden(name);
        let whole = SchemaSnapshot::from_bytes(&bytes).unwrap();
        for position in 0..bytes.len() {
            for flip in [0x01, 0x20, 0x80, 0xff] {
                let mut changed = bytes.clone();
                changed[position] ^= flip;
                if let Ok(other) = SchemaSnapshot::from_bytes(&changed) {
                    assert_ne!(other.hash(), whole.hash(), "{name}: byte {position}");
                    assert_eq!(other.to_bytes(), changed, "{name}: byte {position}");
                }
            }
        }
    }
}

fn error_of(text: &str) -> SnapshotError {
    SchemaSnapshot::from_bytes(text.as_bytes()).unwrap_err()
}

#[test]
fn a_newer_format_is_called_newer() {
    let header = r#"{"a_member_of_later":[1],"dialect":"test","format":2}"#;
    let error = error_of(&format!("{header}\nwhatever stands here\n"));
    assert_eq!(error, SnapshotError::NewerFormat { found: 2, supported: SNAPSHOT_FORMAT });
    assert!(error.to_string().contains("upgrade"), "{error}");
}

const HEADER: &str = r#"{"coverage":[],"dialect":"test","format":1}"#;

#[test]
fn what_is_not_canonical_is_refused_with_its_line() {
    for (line, text) in [
        (1, format!("{}\n", r#"{"dialect":"test","coverage":[],"format":1}"#)),
        (1, format!("{}\n", r#"{"coverage":["b","a"],"dialect":"test","format":1}"#)),
        (1, format!("{}\n", r#"{"coverage":["a","a"],"dialect":"test","format":1}"#)),
        (1, format!("{}\n", r#"{"coverage":[],"dialect":"test","format":0}"#)),
        (1, format!(" {HEADER}\n")),
        (1, format!("{HEADER}\r\n")),
        (2, format!("{HEADER}\n{}\n", r#"{"name":["a"],"kind":"thing"}"#)),
        (2, format!("{HEADER}\n{}\n", r#"{"kind":"thing", "name":["a"]}"#)),
        (2, format!("{HEADER}\n{}\n", r#"{"kind":"thing","name":["a"]} "#)),
        (2, format!("{HEADER}\n{}\n", r#"{"kind":"thing","name":["\u0061"]}"#)),
        (2, format!("{HEADER}\n{}\n", r#"{"kind":"thing","name":["a\/b"]}"#)),
        (2, format!("{HEADER}\n{}\n", r#"{"kind":"thing","name":["a"],"needs":[]}"#)),
        (2, format!("{HEADER}\n{}\n", r#"{"kind":"thing","name":["a"],"x":{"b":1,"a":2}}"#)),
        (2, format!("{HEADER}\n{}\n", r#"{"kind":"thing","kind":"thing","name":["a"]}"#)),
        (2, format!("{HEADER}\n{}\n", "{\"kind\":\"thing\",\"name\":[\"b\"]}\n{\"kind\":\"thing\",\"name\":[\"a\"]}")),
    ] {
        assert_eq!(error_of(&text), SnapshotError::NotCanonical { line }, "{text}");
    }
}

#[test]
fn what_is_no_snapshot_is_refused_with_its_line() {
    for (line, reason, text) in [
        (1, "expected value at column 1", "CREATE TABLE users (id int);\n".to_owned()),
        (1, "no `format`", "{}\n".to_owned()),
        (1, "no `format`", "[1]\n".to_owned()),
        (1, "no `format`", "{\"format\":\"1\"}\n".to_owned()),
        (1, "missing field `coverage`", "{\"format\":1}\n".to_owned()),
        (1, "unknown field `more`", "{\"coverage\":[],\"dialect\":\"test\",\"format\":1,\"more\":1}\n".to_owned()),
        (2, "EOF while parsing", format!("{HEADER}\n\n")),
        (2, "expected a map", format!("{HEADER}\n[]\n")),
        (2, "without `kind`", format!("{HEADER}\n{{}}\n")),
        (2, "without `name`", format!("{HEADER}\n{}\n", r#"{"kind":"thing"}"#)),
        (2, "expected a sequence", format!("{HEADER}\n{}\n", r#"{"kind":"thing","name":"a"}"#)),
        (2, "invalid type: null", format!("{HEADER}\n{}\n", r#"{"kind":"thing","name":["a"],"schema":null}"#)),
        (2, "recursion limit", format!("{HEADER}\n{{\"x\":{}{}}}\n", "[".repeat(100_000), "]".repeat(100_000))),
    ] {
        let error = error_of(&text);
        assert!(
            matches!(&error, SnapshotError::Damaged { line: found, .. } if *found == line),
            "{text:.80}: {error:?}"
        );
        assert!(error.to_string().contains(reason), "{text:.80}: {error}");
    }
    assert_eq!(error_of(""), SnapshotError::Truncated { line: 1 });
    assert!(SchemaSnapshot::from_bytes(b"\xff\xfe\n").is_err());
}

fn thing(name: &str) -> Object {
    Object::new(ObjectId::new("thing", [name]))
}

fn build(objects: Vec<Object>) -> Result<SchemaSnapshot, SnapshotError> {
    SchemaSnapshot::new("test", BTreeSet::new(), objects)
}

#[test]
fn what_no_document_can_hold_is_refused_before_it_is_one() {
    let mut deep = json!(1);
    for _ in 0..100 {
        deep = json!([deep]);
    }
    for (attribute, value) in [
        ("kind", json!("x")),
        ("schema", json!("x")),
        ("ä", json!(1)),
        ("x", json!(1.5)),
        ("x", json!(-0.0)),
        ("x", json!(9_007_199_254_740_993_u64)),
        ("x", json!(i64::MIN)),
        ("x", json!([[u64::MAX]])),
        ("x", Value::Null),
        ("x", json!({ "a": null })),
        ("x", json!([{ "ä": 1 }])),
        ("x", deep),
    ] {
        let mut object = thing("a");
        object.attributes.insert(attribute.to_owned(), value.clone());
        let result = build(vec![object]);
        assert!(matches!(result, Err(SnapshotError::Attribute { .. })), "{attribute}: {value}");
    }
    assert_eq!(build(vec![thing("a"), thing("a")]).unwrap_err(), SnapshotError::Duplicate(thing("a").id));
    let mut object = thing("a");
    object.needs.insert(thing("b").id);
    let missing = SnapshotError::DanglingNeed { object: thing("a").id, missing: thing("b").id };
    assert_eq!(build(vec![object]).unwrap_err(), missing);
}

#[test]
fn what_nests_as_deep_as_is_allowed_reads_back() {
    let mut deep = json!(1);
    for _ in 0..64 {
        deep = json!({ "x": deep });
    }
    let mut object = thing("a");
    object.attributes.insert("x".to_owned(), deep);
    let snapshot = build(vec![object]).unwrap();
    assert_eq!(SchemaSnapshot::from_bytes(&snapshot.to_bytes()).unwrap(), snapshot);
}

/// Any text, and often one with characters that JSON, terminals or sorting treat in their own way.
fn text() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-c]{0,3}",
        any::<String>(),
        "[\u{0}-\u{20}\"\\\\/\u{7f}\u{80}\u{2028}\u{2029}\u{d7ff}\u{e000}\u{feff}\u{ffff}\u{10000}\u{10ffff}]{0,6}",
    ]
}

fn key() -> impl Strategy<Value = String> {
    "[ -~]{0,5}".prop_filter("reserved names", |key| !["kind", "name", "needs", "schema"].contains(&key.as_str()))
}

fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        any::<bool>().prop_map(Value::from),
        (-(1_i64 << 53)..=(1_i64 << 53)).prop_map(Value::from),
        text().prop_map(Value::from),
    ];
    leaf.prop_recursive(4, 24, 5, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..5).prop_map(Value::from),
            btree_map("[ -~]{0,5}", inner, 0..5).prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

/// Objects of distinct identities, some of which need some of the others.
fn objects() -> impl Strategy<Value = Vec<Object>> {
    let id = (text(), vec(text(), 0..3), proptest::option::of(text()))
        .prop_map(|(kind, name, schema)| ObjectId::new(kind, name).in_schema(schema.map(Into::into)));
    btree_set(id, 0..8).prop_flat_map(|ids| {
        let count = ids.len();
        let ids: Vec<ObjectId> = ids.into_iter().collect();
        let needs = vec(btree_set(0..count.max(1), 0..3), count);
        let attributes = vec(btree_map(key(), value(), 0..5), count);
        (attributes, needs, Just(ids)).prop_map(|(attributes, needs, ids)| {
            let object = |index: usize| Object {
                id: ids[index].clone(),
                attributes: attributes[index].clone().into_iter().collect(),
                needs: needs[index].iter().map(|&need| ids[need].clone()).collect(),
            };
            (0..ids.len()).map(object).collect()
        })
    })
}

proptest! {
    #[test]
    fn every_line_is_what_another_canonicalizer_writes(objects in objects(), coverage in btree_set(text(), 0..4)) {
        let snapshot = SchemaSnapshot::new("test", coverage, objects).unwrap();
        let document = String::from_utf8(snapshot.to_bytes()).unwrap();
        for line in document.split_terminator('\n') {
            let value: Value = serde_json::from_str(line).unwrap();
            prop_assert_eq!(serde_json_canonicalizer::to_string(&value).unwrap(), line);
        }
        prop_assert_eq!(document.split_terminator('\n').count(), snapshot.objects().len() + 1);
    }

    #[test]
    fn a_snapshot_reads_back_as_it_was(objects in objects()) {
        let snapshot = build(objects).unwrap();
        let bytes = snapshot.to_bytes();
        let back = SchemaSnapshot::from_bytes(&bytes).unwrap();
        prop_assert_eq!(back.objects(), snapshot.objects());
        prop_assert_eq!(back.to_bytes(), bytes);
    }

    #[test]
    fn the_order_of_objects_does_not_count(
        (given, shuffled) in objects().prop_flat_map(|objects| (Just(objects.clone()), Just(objects).prop_shuffle())),
    ) {
        prop_assert_eq!(build(given).unwrap().hash(), build(shuffled).unwrap().hash());
    }

    #[test]
    fn whatever_the_bytes_are_nothing_panics(bytes in vec(any::<u8>(), 0..200), body in "[ -~\n]{0,200}") {
        let _ = SchemaSnapshot::from_bytes(&bytes);
        let document = format!("{HEADER}\n{body}\n");
        if let Ok(snapshot) = SchemaSnapshot::from_bytes(document.as_bytes()) {
            prop_assert_eq!(snapshot.to_bytes(), document.as_bytes());
        }
    }
}
