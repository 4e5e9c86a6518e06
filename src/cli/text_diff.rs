//! A difference as a reviewer reads it: grouped by schema, table and part, `+ - ~`, old → new, and texts of several
//! lines as a difference of lines. Knows no kind: what an object is part of is told by its name and needs.

use std::collections::BTreeMap;

use schema_sync::store::{Object, ObjectChange, ObjectId, SchemaDiff};
use serde_json::{Value, json};
use similar::{ChangeTag, TextDiff};

use super::output::Paint;
use super::text_value as text;

/// One line of a printed difference.
struct Line {
    /// `+`, `-`, `~`, or a space for what is there for orientation.
    mark: char,
    depth: usize,
    text: String,
}

/// What became of one object.
enum Item<'a> {
    Added(&'a Object),
    Removed(&'a Object),
    Changed(&'a ObjectChange),
}

impl Item<'_> {
    fn object(&self) -> &Object {
        match self {
            Self::Added(object) | Self::Removed(object) => object,
            Self::Changed(change) => &change.to,
        }
    }

    fn mark(&self) -> char {
        match self {
            Self::Added(_) => '+',
            Self::Removed(_) => '-',
            Self::Changed(_) => '~',
        }
    }
}

/// A group's place: the schema, and the name of the object that its members are parts of.
type GroupKey<'a> = (Option<&'a str>, &'a str);

/// Why an object is incomparable.
const INCOMPARABLE: &str = "servers of different versions printed it, and differently";

/// The difference for a terminal; empty where nothing differs.
pub(super) fn render(diff: &SchemaDiff, paint: Paint) -> String {
    let mut printed = String::new();
    for line in lines(diff) {
        let row = format!("{}{} {}", "    ".repeat(line.depth), line.mark, line.text);
        printed.push_str(&match line.mark {
            '+' => paint.green(&row),
            '-' => paint.red(&row),
            '~' => paint.yellow(&row),
            _ => row,
        });
        printed.push('\n');
    }
    for change in &diff.incomparable {
        printed.push_str(&paint.yellow(&format!("? {} is incomparable: {INCOMPARABLE}\n", change.id())));
    }
    for change in &diff.cosmetic {
        let names: Vec<String> = change.attributes.iter().map(|change| text::name(&change.attribute)).collect();
        printed.push_str(&paint.dim(&format!(
            "  {}: a difference in {} does not count\n",
            change.id(),
            names.join(", ")
        )));
    }
    printed
}

/// The difference for a review in Markdown.
pub(super) fn render_markdown(diff: &SchemaDiff) -> String {
    let mut printed = format!("**{}** to **{}**: {}\n", diff.from.short(), diff.to.short(), summary(diff));
    if !diff.is_empty() {
        printed.push_str("\n```diff\n");
        for line in lines(diff) {
            let mark = if line.mark == '~' { '!' } else { line.mark };
            printed.push_str(&format!("{mark} {}{}\n", "    ".repeat(line.depth), line.text));
        }
        for change in &diff.incomparable {
            printed.push_str(&format!("? {} is incomparable: {INCOMPARABLE}\n", change.id()));
        }
        printed.push_str("```\n");
    }
    printed
}

/// `2 added, 1 changed`, or that nothing differs.
pub(super) fn summary(diff: &SchemaDiff) -> String {
    let counts = [
        (diff.added.len(), "added"),
        (diff.removed.len(), "removed"),
        (diff.changed.len(), "changed"),
        (diff.incomparable.len(), "incomparable"),
    ];
    let parts: Vec<String> =
        counts.iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")).collect();
    let said = if parts.is_empty() { "nothing differs".to_owned() } else { parts.join(", ") };
    match diff.uncompared.as_slice() {
        [] => said,
        uncompared => format!("{said}; {} not compared, as only one side tells them", uncompared.join(" and ")),
    }
}

/// The difference for programs.
pub(super) fn as_json(diff: &SchemaDiff) -> Value {
    let changes = |changes: &[ObjectChange]| -> Vec<Value> {
        let change = |change: &ObjectChange| {
            let mut value = json!(change.id());
            value["attributes"] = json!(change.attributes);
            value
        };
        changes.iter().map(change).collect()
    };
    let mut value = json!({
        "from": diff.from, "to": diff.to, "change_count": diff.change_count(),
        "added": diff.added.iter().map(object_json).collect::<Vec<_>>(),
        "removed": diff.removed.iter().map(object_json).collect::<Vec<_>>(),
        "changed": changes(&diff.changed), "cosmetic": changes(&diff.cosmetic), "uncompared": diff.uncompared,
    });
    if !diff.incomparable.is_empty() {
        value["incomparable"] = json!(changes(&diff.incomparable));
    }
    value
}

/// An object for programs.
pub(super) fn object_json(object: &Object) -> Value {
    let mut value = json!(object.id);
    value["attributes"] = Value::Object(object.attributes.clone());
    if !object.needs.is_empty() {
        value["needs"] = json!(object.needs);
    }
    value
}

fn lines(diff: &SchemaDiff) -> Vec<Line> {
    let items = diff.added.iter().map(Item::Added);
    let items = items.chain(diff.removed.iter().map(Item::Removed)).chain(diff.changed.iter().map(Item::Changed));
    let mut groups: BTreeMap<GroupKey<'_>, Vec<Item<'_>>> = BTreeMap::new();
    let all: Vec<Item<'_>> = items.collect();
    let has_schemas = all.iter().any(|item| item.object().id.schema.is_some());
    for item in all {
        groups.entry(group_key(&item)).or_default().push(item);
    }
    let mut lines = Vec::new();
    let mut last_schema = None;
    let depth = usize::from(has_schemas);
    for ((schema, name), items) in groups {
        if has_schemas && last_schema != Some(schema) {
            let text =
                schema.map_or_else(|| "in the tenant's own schema".to_owned(), |name| format!("in schema {name}"));
            lines.push(Line { mark: ' ', depth: 0, text });
            last_schema = Some(schema);
        }
        push_group(name, items, depth, &mut lines);
    }
    lines
}

fn group_key<'a>(item: &Item<'a>) -> GroupKey<'a> {
    let id = match item {
        Item::Added(object) | Item::Removed(object) => &object.id,
        Item::Changed(change) => &change.to.id,
    };
    (id.schema.as_deref(), id.name.first().map_or("", |name| name.as_str()))
}

/// The objects themselves first, then their parts under them, sorted by kind and name; a part that was replaced by one
/// of its name has the old one first.
fn push_group(name: &str, mut items: Vec<Item<'_>>, depth: usize, lines: &mut Vec<Line>) {
    items.sort_by(|left, right| {
        let key = |item: &Item<'_>| (item.object().id.name.len() > 1, item.object().id.clone(), item.mark() == '+');
        key(left).cmp(&key(right))
    });
    let has_own = items.iter().any(|item| item.object().id.name.len() == 1);
    if !has_own {
        let container = items.iter().find_map(|item| container_kind(item.object()));
        let kind = container.map_or_else(String::new, |kind| format!("{} ", text::name(kind)));
        lines.push(Line { mark: ' ', depth, text: format!("{kind}{name}") });
    }
    for item in &items {
        let is_part = item.object().id.name.len() > 1;
        push_item(item, depth + usize::from(is_part), lines);
    }
}

/// The kind of the outermost thing that this is a part of, where its needs tell.
fn container_kind(object: &Object) -> Option<&str> {
    let outermost = |need: &&ObjectId| need.name.len() == 1 && object.id.is_inside(need);
    object.needs.iter().find(outermost).map(|need| need.kind.as_str())
}

fn push_item(item: &Item<'_>, depth: usize, lines: &mut Vec<Line>) {
    let object = item.object();
    let parts = &object.id.name[usize::from(object.id.name.len() > 1)..];
    let parts: Vec<&str> = parts.iter().map(|part| part.as_str()).collect();
    let title = format!("{} {}", text::name(&object.id.kind), parts.join("."));
    let mark = item.mark();
    match item {
        Item::Added(object) | Item::Removed(object) => {
            lines.push(Line { mark, depth, text: format!("{title}{}", text::attributes(object)) });
            for (attribute, value) in object.attributes.iter().filter(|(_, value)| text::is_block(value)) {
                lines.push(Line { mark, depth: depth + 1, text: format!("{}:", text::name(attribute)) });
                let block = value.as_str().unwrap_or_default();
                lines.extend(block.lines().map(|row| Line { mark, depth: depth + 2, text: row.to_owned() }));
            }
        }
        Item::Changed(change) => {
            lines.push(Line { mark, depth, text: title });
            for change in &change.attributes {
                push_change(&change.attribute, change.from.as_ref(), change.to.as_ref(), depth + 1, lines);
            }
        }
    }
}

fn push_change(attribute: &str, from: Option<&Value>, to: Option<&Value>, depth: usize, lines: &mut Vec<Line>) {
    let name = text::name(attribute);
    if let (Some(Value::String(before)), Some(Value::String(after))) = (from, to)
        && (before.contains('\n') || after.contains('\n'))
    {
        lines.push(Line { mark: '~', depth, text: format!("{name}:") });
        for change in TextDiff::from_lines(before, after).iter_all_changes() {
            let mark = match change.tag() {
                ChangeTag::Insert => '+',
                ChangeTag::Delete => '-',
                ChangeTag::Equal => ' ',
            };
            lines.push(Line { mark, depth: depth + 1, text: change.value().trim_end().to_owned() });
        }
        return;
    }
    let show = |value: Option<&Value>| value.map_or_else(|| "none".to_owned(), text::inline);
    lines.push(Line { mark: '~', depth, text: format!("{name}: {} → {}", show(from), show(to)) });
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use schema_sync::store::{DiffCalculator, ExactDiff, SchemaSnapshot};

    use super::*;

    fn snapshot(objects: &[(&str, &[&str], Value)]) -> SchemaSnapshot {
        let object = |(kind, name, attributes): &(&str, &[&str], Value)| {
            let mut object = Object::new(ObjectId::new(*kind, name.iter().copied()));
            object.attributes = attributes.as_object().unwrap().clone();
            if name.len() > 1 {
                object.needs.insert(ObjectId::new("table", [name[0]]));
            }
            object
        };
        SchemaSnapshot::new("test", BTreeSet::new(), objects.iter().map(object).collect()).unwrap()
    }

    #[test]
    fn a_difference_reads_like_a_review() {
        let before = snapshot(&[
            ("table", &["users"], json!({})),
            ("column", &["users", "age"], json!({ "type": "integer", "not_null": true })),
            ("index", &["users", "users_age"], json!({ "columns": ["age"] })),
            ("function", &["greet"], json!({ "body": "begin\n  say 'hello';\nend" })),
        ]);
        let after = snapshot(&[
            ("table", &["users"], json!({})),
            ("column", &["users", "age"], json!({ "type": "bigint" })),
            ("column", &["users", "email"], json!({ "type": "text", "not_null": true })),
            ("table", &["orders"], json!({ "strict": true })),
            ("column", &["orders", "id"], json!({ "type": "integer" })),
            ("function", &["greet"], json!({ "body": "begin\n  say 'good day';\nend" })),
        ]);
        let diff = ExactDiff.calculate(&before, &after);
        let expected = "\
~ function greet
    ~ body:
          begin
        -   say 'hello';
        +   say 'good day';
          end
+ table orders (strict)
    + column id (type integer)
  table users
    ~ column age
        ~ not null: yes → none
        ~ type: integer → bigint
    + column email (not null, type text)
    - index users_age (columns [age])
";
        assert_eq!(render(&diff, Paint::PLAIN), expected);
        assert_eq!(summary(&diff), "3 added, 1 removed, 2 changed");
        let markdown = render_markdown(&diff);
        assert!(
            markdown.contains("```diff\n! function greet\n") && markdown.contains("\n+     column id"),
            "{markdown}"
        );
    }
}
