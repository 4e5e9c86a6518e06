//! What an entry did, in one line that people read in `git log`: counts of the kinds of objects that came and went.
//! Names no kind: a kind's name is made plural as English does it.

use std::collections::BTreeMap;

use super::signature::plain;
use crate::{DiffCalculator, ExactDiff, LogEntry, SchemaSnapshot};

/// Kinds that are spelled out; the others are counted together.
const KINDS_MAX: usize = 4;

/// What a snapshot is held against.
pub(super) enum Before<'a> {
    /// The log had no snapshot.
    Nothing,
    /// The log's last snapshot cannot be read.
    Unknown,
    /// The log's last snapshot.
    Snapshot(&'a SchemaSnapshot),
}

/// `acme: 2 columns added, 1 index dropped`, without the name.
pub(super) fn summary(entry: &LogEntry, before: &Before<'_>, after: Option<&SchemaSnapshot>) -> String {
    let event = entry.event.as_str().replace('_', " ");
    let Some(after) = after else { return event };
    match before {
        Before::Nothing => {
            let count = after.objects().len();
            format!("{event} {}, {count} object{}", after.hash().short(), if count == 1 { "" } else { "s" })
        }
        Before::Unknown => format!("{event} {}", after.hash().short()),
        Before::Snapshot(before) if *before == after => format!("{event}, nothing differs"),
        Before::Snapshot(before) => differences(before, after).unwrap_or(event),
    }
}

/// What a log is called in a summary: a tenant and a ref by their own names.
pub(super) fn title(entry: &LogEntry) -> String {
    let log = &entry.log;
    let name = log.tenant_name().or_else(|| log.reference_name()).or_else(|| log.rollout_name());
    let name = plain(&name.unwrap_or_default());
    if name.is_empty() { log.as_str().to_owned() } else { name }
}

fn differences(before: &SchemaSnapshot, after: &SchemaSnapshot) -> Option<String> {
    let diff = ExactDiff.calculate(before, after);
    let mut counts: BTreeMap<(usize, &str), usize> = BTreeMap::new();
    let added = diff.added.iter().map(|object| (0, &object.id));
    let changed = diff.changed.iter().map(|change| (1, change.id()));
    let dropped = diff.removed.iter().map(|object| (2, &object.id));
    for (how, id) in added.chain(changed).chain(dropped) {
        *counts.entry((how, id.kind.as_str())).or_default() += 1;
    }
    let word = |how| ["added", "changed", "dropped"][how];
    let mut parts: Vec<String> = Vec::new();
    for ((how, kind), count) in counts.iter().take(KINDS_MAX) {
        parts.push(format!("{count} {} {}", counted(kind, *count), word(*how)));
    }
    let others: usize = counts.values().skip(KINDS_MAX).sum();
    if others > 0 {
        parts.push(format!("{others} more"));
    }
    if parts.is_empty() && before.coverage() != after.coverage() {
        parts.push("another coverage".to_owned());
    }
    (!parts.is_empty()).then(|| parts.join(", "))
}

fn counted(kind: &str, count: usize) -> String {
    let word = plain(&kind.replace('_', " "));
    if count == 1 {
        return word;
    }
    let consonant_before_y = || word.len() > 1 && !word[..word.len() - 1].ends_with(['a', 'e', 'i', 'o', 'u']);
    if word.ends_with('y') && consonant_before_y() {
        format!("{}ies", &word[..word.len() - 1])
    } else if word.ends_with(['s', 'x', 'z']) || word.ends_with("ch") || word.ends_with("sh") {
        word + "es"
    } else {
        word + "s"
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use jiff::Timestamp;
    use serde_json::json;

    use super::*;
    use crate::{Event, LogName, NewEntry, Object, ObjectId};

    fn snapshot(ids: &[(&'static str, &'static str, u32)]) -> SchemaSnapshot {
        let object = |(kind, name, value): &(&'static str, &'static str, u32)| {
            let mut object = Object::new(ObjectId::new(*kind, [*name]));
            object.attributes.insert("value".into(), json!(value));
            object
        };
        SchemaSnapshot::new("test", BTreeSet::new(), ids.iter().map(object).collect()).unwrap()
    }

    fn entry(log: &LogName) -> LogEntry {
        LogEntry::following(log, None, Timestamp::UNIX_EPOCH, NewEntry::new(Event::CAPTURED, "me")).unwrap()
    }

    #[test]
    fn a_summary_counts_what_came_and_went() {
        let entry = entry(&LogName::tenant("eu/acme").unwrap());
        let before = snapshot(&[("column", "a", 1), ("index", "a", 1), ("index", "b", 1), ("policy", "a", 1)]);
        let after = snapshot(&[("column", "a", 2), ("column", "b", 1), ("column", "c", 1), ("policy", "a", 1)]);
        let text = summary(&entry, &Before::Snapshot(&before), Some(&after));
        assert_eq!(text, "2 columns added, 1 column changed, 2 indexes dropped");
        assert_eq!(summary(&entry, &Before::Snapshot(&after), Some(&after)), "captured, nothing differs");
        assert_eq!(summary(&entry, &Before::Snapshot(&after), None), "captured");
        let first = summary(&entry, &Before::Nothing, Some(&after));
        assert_eq!(first, format!("captured {}, 4 objects", after.hash().short()));
        assert_eq!(title(&entry), "eu/acme");
    }

    #[test]
    fn words_are_made_plural() {
        for (kind, plural) in [
            ("table", "tables"),
            ("index", "indexes"),
            ("policy", "policies"),
            ("foreign_key", "foreign keys"),
            ("y", "ys"),
            ("", "s"),
        ] {
            assert_eq!((counted(kind, 1), counted(kind, 2)), (kind.replace('_', " "), plural.to_owned()));
        }
    }

    #[test]
    fn many_kinds_are_counted_together() {
        let after =
            snapshot(&[("a", "a", 1), ("b", "a", 1), ("c", "a", 1), ("d", "a", 1), ("e", "a", 1), ("e", "b", 1)]);
        let text = differences(&SchemaSnapshot::empty("test"), &after);
        assert_eq!(text.as_deref(), Some("1 a added, 1 b added, 1 c added, 1 d added, 2 more"));
    }
}
