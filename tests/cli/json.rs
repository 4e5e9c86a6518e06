//! The JSON of every command, as docs/json.md has it. Hashes and times are replaced by their numbers in order of
//! appearance, as they hang on the moment.

use std::collections::HashMap;

use serde_json::Value;

use crate::fixture::{Fixture, V1};

/// A document in which every hash is `HASH 1` and so on, every time `TIME`, and every size `BYTES`.
struct Stable {
    hashes: HashMap<String, String>,
}

impl Stable {
    fn of(value: &Value) -> String {
        let mut stable = Self { hashes: HashMap::new() };
        let mut value = value.clone();
        stable.replace(&mut value);
        format!("{value:#}")
    }

    fn replace(&mut self, value: &mut Value) {
        match value {
            Value::String(text) if text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit()) => {
                let next = format!("HASH {}", self.hashes.len() + 1);
                *text = self.hashes.entry(text.clone()).or_insert(next).clone();
            }
            Value::Array(items) => items.iter_mut().for_each(|item| self.replace(item)),
            Value::Object(members) => {
                for (name, member) in members.iter_mut() {
                    match name.as_str() {
                        "time" | "at" | "begins" => *member = Value::from("TIME"),
                        "bytes" => *member = Value::from("BYTES"),
                        _ => {}
                    }
                    self.replace(member);
                }
            }
            _ => {}
        }
    }
}

macro_rules! pin {
    ($fixture:expr, $code:expr, $name:expr, $($argument:expr),+) => {
        insta::assert_snapshot!($name, Stable::of(&$fixture.json(&[$($argument),+], $code)))
    };
}

#[test]
fn json_is_as_documented() {
    let fixture = Fixture::new(&[("acme", V1), ("globex", V1)]);
    pin!(fixture, 0, "init", "init");
    pin!(fixture, 0, "tenants", "tenants");
    pin!(fixture, 0, "capture", "capture", "acme");
    pin!(fixture, 0, "put", "put", "v2.sql");
    pin!(fixture, 0, "bless", "bless", "v2.sql", "-m", "second");
    pin!(fixture, 0, "refs", "refs");
    pin!(fixture, 0, "show", "show", "tenant:acme");
    pin!(fixture, 0, "diff", "diff", "tenant:acme", "blessed");
    pin!(fixture, 0, "plan", "plan", "blessed", "--tenant", "acme");
    pin!(fixture, 0, "status", "status");
    pin!(fixture, 1, "validate", "validate", "acme");
    pin!(fixture, 0, "sync-dry-run", "sync", "acme", "--dry-run");
    pin!(fixture, 0, "sync", "sync", "--all", "--yes");
    pin!(fixture, 0, "log", "log", "tenant:acme");
    pin!(fixture, 0, "tenants-recorded", "tenants", "--recorded");
    pin!(fixture, 0, "blame", "blame", "tenant:acme", "users");
    fixture.tenant("acme").execute_batch("CREATE TABLE drift (x)").unwrap();
    pin!(fixture, 0, "audit", "audit", "acme", "--live");
    pin!(fixture, 0, "audit-before", "audit", "acme", "--at", "2001-01-01");
    pin!(fixture, 0, "audit-bundle", "audit", "--bundle", "acme.tar");
    pin!(fixture, 0, "store-check", "store", "check", "--read-data");
    pin!(fixture, 0, "store-gc", "store", "gc", "--dry-run");
    pin!(fixture, 0, "store-copy", "store", "copy", "sqlite:copy.db");
    pin!(fixture, 0, "store-export", "store", "export", "blessed", "v2.snapshot");
    let store = rusqlite::Connection::open(fixture.path(".schema-sync/store.db")).unwrap();
    let damage =
        "DELETE FROM objects WHERE rowid = 2; DELETE FROM entries WHERE log = 'tenants/eu/acme' AND sequence = 1";
    store.execute_batch(damage).unwrap();
    pin!(fixture, 4, "store-check-damaged", "store", "check");
}
