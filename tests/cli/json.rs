//! The JSON of every command, as docs/json.md has it. Hashes and times are replaced by their numbers in order of
//! appearance, as they hang on the moment.

use std::collections::HashMap;

use serde_json::Value;

use crate::fixture::{Fixture, V1};

/// A document in which every hash is `HASH 1` and so on, and every time `TIME`.
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
                    if name == "time" {
                        *member = Value::from("TIME");
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
}
