//! The canonical form (format 1): one JSON object a line, in RFC 8785 form, the header first.
//!
//! RFC 8785 sorts keys by UTF-16 code units and prints numbers as ECMAScript does. The form is kept exact with plain
//! sorted maps because only ASCII keys and whole numbers up to 2^53 are let in; larger ones travel as strings.

use std::collections::{BTreeSet, HashSet};

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize, Serializer};
use serde_json::Value;
use smol_str::SmolStr;

use crate::canonical_json::{self, Sorted};
use crate::object::Attributes;
use crate::snapshot::SNAPSHOT_FORMAT;
use crate::{Object, ObjectId, SchemaSnapshot};

const RESERVED: [&str; 4] = ["kind", "name", "needs", "schema"];

/// A document that is no snapshot, or objects that no snapshot can hold.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SnapshotError {
    /// A line that is not the JSON that is expected there.
    #[error("line {line} of the snapshot is damaged: {reason}")]
    Damaged {
        /// Counted from 1.
        line: usize,
        /// What is wrong with it.
        reason: String,
    },
    /// The document does not end where a line ends.
    #[error("the snapshot is cut short: its last line ({line}) has no end")]
    Truncated {
        /// Counted from 1.
        line: usize,
    },
    /// The document is of a format that this version does not know.
    #[error("the snapshot has format {found}, newer than the {supported} that this version reads: upgrade schema-sync")]
    NewerFormat {
        /// The document's format.
        found: u64,
        /// The newest format that is read here.
        supported: u64,
    },
    /// Valid JSON that is not in canonical form, so that its hash would name other bytes.
    #[error("line {line} of the snapshot is not in canonical form")]
    NotCanonical {
        /// Counted from 1.
        line: usize,
    },
    /// Two objects of one identity.
    #[error("{0} occurs twice in one snapshot")]
    Duplicate(ObjectId),
    /// A need that points at nothing.
    #[error("{object} needs {missing}, which is not in the snapshot")]
    DanglingNeed {
        /// The object that has the need.
        object: ObjectId,
        /// What it names.
        missing: ObjectId,
    },
    /// An attribute that canonical JSON cannot hold exactly.
    #[error("{object}: attribute `{attribute}` {reason}")]
    Attribute {
        /// The object that carries it.
        object: ObjectId,
        /// The attribute's name.
        attribute: String,
        /// Why it cannot be held.
        reason: &'static str,
    },
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Header {
    coverage: BTreeSet<String>,
    dialect: String,
    format: u64,
}

/// Checks what [`SchemaSnapshot::new`] promises, on objects that are sorted already.
pub(crate) fn check_objects(objects: &[Object]) -> Result<(), SnapshotError> {
    if let Some(pair) = objects.windows(2).find(|pair| pair[0].id == pair[1].id) {
        return Err(SnapshotError::Duplicate(pair[0].id.clone()));
    }
    let known: HashSet<&ObjectId> = objects.iter().map(|object| &object.id).collect();
    let mut last_known: Option<&ObjectId> = None;
    for object in objects {
        for (name, value) in &object.attributes {
            let reason = if RESERVED.contains(&name.as_str()) {
                Some("has a reserved name")
            } else if name.is_ascii() {
                unfit(value)
            } else {
                Some("has a name beyond ASCII")
            };
            if let Some(reason) = reason {
                return Err(SnapshotError::Attribute { object: object.id.clone(), attribute: name.clone(), reason });
            }
        }
        for need in &object.needs {
            // Neighbours need the same container, which is looked for once.
            if last_known != Some(need) {
                if !known.contains(need) {
                    return Err(SnapshotError::DanglingNeed { object: object.id.clone(), missing: need.clone() });
                }
                last_known = Some(need);
            }
        }
    }
    Ok(())
}

/// Why an attribute's value has no exact canonical form, where it has none. What is absent is written in one way only.
fn unfit(value: &Value) -> Option<&'static str> {
    if value.is_null() {
        return Some("is null; absent attributes are left out");
    }
    canonical_json::unfit(value).or_else(|| unfit_member(value))
}

fn unfit_member(value: &Value) -> Option<&'static str> {
    match value {
        Value::Array(items) => items.iter().find_map(unfit_member),
        Value::Object(map) => map.iter().find_map(|(key, item)| match item {
            Value::Null => Some("holds a null; absent members are left out"),
            _ if key.is_ascii() => unfit_member(item),
            _ => Some("has a key beyond ASCII"),
        }),
        _ => None,
    }
}

/// Appends the canonical bytes of a snapshot.
pub(crate) fn write(snapshot: &SchemaSnapshot, bytes: &mut Vec<u8>) {
    let header = Header {
        coverage: snapshot.coverage().clone(),
        dialect: snapshot.dialect().to_owned(),
        format: SNAPSHOT_FORMAT,
    };
    canonical_json::write(&header, bytes);
    bytes.push(b'\n');
    for object in snapshot.objects() {
        canonical_json::write(&Line(object), bytes);
        bytes.push(b'\n');
    }
}

/// One member of an object's line.
#[derive(Serialize)]
#[serde(untagged)]
enum Member<'a> {
    Text(&'a SmolStr),
    Name(&'a [SmolStr]),
    Needs(&'a BTreeSet<ObjectId>),
    Attribute(Sorted<'a>),
}

/// An object as its line has it: our own four members among the attributes, sorted by key.
struct Line<'a>(&'a Object);

impl Serialize for Line<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let object = self.0;
        let mut members: Vec<(&str, Member<'_>)> = Vec::with_capacity(object.attributes.len() + RESERVED.len());
        members.push(("kind", Member::Text(&object.id.kind)));
        members.push(("name", Member::Name(&object.id.name)));
        if !object.needs.is_empty() {
            members.push(("needs", Member::Needs(&object.needs)));
        }
        if let Some(schema) = &object.id.schema {
            members.push(("schema", Member::Text(schema)));
        }
        members.extend(object.attributes.iter().map(|(name, value)| (name.as_str(), Member::Attribute(Sorted(value)))));
        members.sort_unstable_by_key(|(name, _)| *name);
        serializer.collect_map(members)
    }
}

/// Reads a document and accepts it only when writing it again gives the same bytes.
pub(crate) fn read(bytes: &[u8]) -> Result<SchemaSnapshot, SnapshotError> {
    let mut lines = bytes.split_inclusive(|byte| *byte == b'\n').enumerate().map(|(index, line)| (index + 1, line));
    let (_, header_line) = lines.next().ok_or(SnapshotError::Truncated { line: 1 })?;
    let header = read_header(whole(1, header_line)?)?;
    let mut objects = Vec::new();
    for (line, text) in lines {
        objects.push(read_object(line, whole(line, text)?)?);
    }
    let snapshot = SchemaSnapshot::new(header.dialect, header.coverage, objects)?;
    first_difference(bytes, &snapshot.to_bytes()).map_or(Ok(snapshot), |line| Err(SnapshotError::NotCanonical { line }))
}

fn whole(line: usize, text: &[u8]) -> Result<&[u8], SnapshotError> {
    text.strip_suffix(b"\n").ok_or(SnapshotError::Truncated { line })
}

fn damaged(line: usize, reason: impl ToString) -> SnapshotError {
    SnapshotError::Damaged { line, reason: reason.to_string() }
}

/// `serde_json` counts lines within the line that it is given, where only the column says something.
fn unparsed(line: usize, error: &serde_json::Error) -> SnapshotError {
    let reason = error.to_string();
    let place = format!(" at line {} column {}", error.line(), error.column());
    let reason = reason.strip_suffix(&place).unwrap_or(&reason);
    match error.column() {
        0 => damaged(line, reason),
        column => damaged(line, format!("{reason} at column {column}")),
    }
}

/// The format is read before the rest, so that a newer document is called newer and not damaged.
fn read_header(text: &[u8]) -> Result<Header, SnapshotError> {
    let value: Value = serde_json::from_slice(text).map_err(|error| unparsed(1, &error))?;
    let found = value.get("format").and_then(Value::as_u64);
    let found = found.ok_or_else(|| damaged(1, "this is no snapshot document: its header has no `format`"))?;
    if found > SNAPSHOT_FORMAT {
        return Err(SnapshotError::NewerFormat { found, supported: SNAPSHOT_FORMAT });
    }
    serde_json::from_value(value).map_err(|error| unparsed(1, &error))
}

fn read_object(line: usize, text: &[u8]) -> Result<Object, SnapshotError> {
    let mut attributes: Attributes = serde_json::from_slice(text).map_err(|error| unparsed(line, &error))?;
    let mut take = |key: &str| attributes.remove(key);
    let kind = read_member(line, take("kind"))?.ok_or_else(|| damaged(line, "an object without `kind`"))?;
    let name = read_member(line, take("name"))?.ok_or_else(|| damaged(line, "an object without `name`"))?;
    let schema = read_member(line, take("schema"))?;
    let needs = read_member(line, take("needs"))?.unwrap_or_default();
    Ok(Object { id: ObjectId { kind, name, schema }, attributes, needs })
}

fn read_member<T: DeserializeOwned>(line: usize, value: Option<Value>) -> Result<Option<T>, SnapshotError> {
    value.map(|value| serde_json::from_value(value).map_err(|error| unparsed(line, &error))).transpose()
}

/// The first line, counted from 1, in which two documents differ.
fn first_difference(left: &[u8], right: &[u8]) -> Option<usize> {
    if left == right {
        return None;
    }
    let common = left.iter().zip(right).take_while(|(left, right)| left == right).count();
    Some(left[..common].iter().filter(|byte| **byte == b'\n').count() + 1)
}
