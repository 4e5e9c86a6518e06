//! An audit as text, as a Markdown table and as CSV.

use std::collections::BTreeMap;

use jiff::Timestamp;
use schema_sync::engine::audit::{Live, Recorded, Row};
use schema_sync::store::SnapshotHash;

use super::super::failure::Failure;
use super::super::output::{Paint, count};
use super::super::sync_report::names_shown;
use super::super::text_diff;
use super::Report;

/// The heads of the table; the last one only where databases were asked.
pub(super) const HEADS: [&str; 10] =
    ["Tenant", "Was", "Since", "By", "Note", "Is now", "Since", "By", "Changes", "Database"];

const CSV_HEADS: [&str; 19] = [
    "tenant",
    "at",
    "hash",
    "time",
    "event",
    "author",
    "note",
    "entry",
    "now_hash",
    "now_time",
    "now_event",
    "now_author",
    "now_note",
    "now_entry",
    "changes",
    "begins",
    "live",
    "live_hash",
    "error",
];
/// What a spreadsheet takes for a formula where a cell begins with it.
const FORMULA_MARKS: [char; 6] = ['=', '+', '-', '@', '\t', '\r'];

pub(super) fn time(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M:%SZ").to_string()
}

impl Report<'_> {
    /// When, in words for people.
    pub(super) fn title(&self) -> String {
        format!("Tenants as of {}, by the logs of {}", time(self.audit.at), self.store)
    }

    pub(super) fn as_text(&self, paint: Paint) -> String {
        let mut printed = format!("{}\n\n", self.title());
        for row in &self.audit.rows {
            printed.push_str(&format!("{}\n", paint.bold(&row.tenant)));
            let mut line = |name: &str, text: String| printed.push_str(&format!("    {name:<9} {text}\n"));
            line("was", was(row, paint));
            if let Some(now) = row.now.as_ref().filter(|_| row.then != row.now) {
                let changes = self.changes(row);
                let changes = if changes.is_empty() { changes } else { format!(" ({changes})") };
                line("is now", format!("{}{changes}", recorded(now, paint)));
            }
            if let Some(live) = live(row) {
                line("database", if row.drift().is_some() { paint.red(&live) } else { live });
            }
        }
        let changed = self.audit.rows.iter().filter(|row| row.change().is_some()).count();
        printed.push_str(&format!("{}, {changed} changed since\n", count(self.audit.rows.len(), "tenant")));
        printed
    }

    /// How far a tenant has come since, in words.
    pub(super) fn changes(&self, row: &Row) -> String {
        match (row.change(), self.audit.change_count(row)) {
            (None, Some(_)) => "the same".to_owned(),
            (Some(_), Some(number)) => count(number, "change"),
            (Some(_), None) => "cannot be told".to_owned(),
            (None, None) => String::new(),
        }
    }

    /// The cells of the table, without marks of any language.
    pub(super) fn cells(&self, row: &Row) -> Vec<String> {
        let side = |recorded: &Option<Recorded>| match recorded {
            Some(Recorded { hash, entry }) => {
                let by = format!("{} by {}", entry.event, entry.author);
                [hash.short(), time(entry.time), by, entry.note.clone().unwrap_or_default()]
            }
            None => Default::default(),
        };
        let [was, since, by, note] = side(&row.then);
        let [now, now_since, now_by, _] = side(&row.now);
        let was = match (&row.error, row.begins) {
            (Some(error), _) => format!("cannot be read: {error}"),
            (None, Some(begins)) => format!("no history before {}", time(begins)),
            (None, None) => was,
        };
        let mut cells = vec![row.tenant.clone(), was, since, by, note, now, now_since, now_by, self.changes(row)];
        cells.extend(self.is_live.then(|| live(row).unwrap_or_default()));
        cells
    }

    /// The pairs of snapshots that part tenants then from now, with the tenants.
    pub(super) fn pairs(&self) -> BTreeMap<(SnapshotHash, SnapshotHash), Vec<&str>> {
        let mut pairs: BTreeMap<_, Vec<&str>> = BTreeMap::new();
        for row in &self.audit.rows {
            if let Some(pair) = row.change() {
                pairs.entry(pair).or_default().push(&row.tenant);
            }
        }
        pairs
    }

    pub(super) fn as_markdown(&self) -> String {
        let line = |cells: Vec<String>| format!("| {} |\n", cells.join(" | "));
        let heads = &HEADS[..HEADS.len() - usize::from(!self.is_live)];
        let mut printed = format!("# {}\n\n", escape_markdown(&self.title()));
        printed.push_str(&line(heads.iter().map(|head| (*head).to_owned()).collect()));
        printed.push_str(&line(vec!["---".to_owned(); heads.len()]));
        for row in &self.audit.rows {
            printed.push_str(&line(self.cells(row).iter().map(|cell| escape_markdown(cell)).collect()));
        }
        for (pair, tenants) in self.pairs() {
            printed.push_str(&format!("\n## {}\n\n", escape_markdown(&names_shown(&tenants))));
            match self.audit.changes.get(&pair) {
                Some(Ok(diff)) => printed.push_str(&text_diff::render_markdown(diff)),
                Some(Err(error)) => printed.push_str(&format!("{}\n", escape_markdown(error))),
                None => {}
            }
        }
        printed
    }

    pub(super) fn as_csv(&self) -> Result<Vec<u8>, Failure> {
        let failed = |error: csv::Error| Failure::failed(format!("cannot write CSV: {error}"));
        let mut writer = csv::Writer::from_writer(Vec::new());
        writer.write_record(CSV_HEADS).map_err(failed)?;
        for row in &self.audit.rows {
            let mut cells = vec![row.tenant.clone(), self.audit.at.to_string()];
            for side in [&row.then, &row.now] {
                cells.extend(match side {
                    Some(Recorded { hash, entry }) => [
                        hash.to_string(),
                        entry.time.to_string(),
                        entry.event.to_string(),
                        entry.author.clone(),
                        entry.note.clone().unwrap_or_default(),
                        entry.hash.to_string(),
                    ],
                    None => Default::default(),
                });
            }
            cells.push(self.audit.change_count(row).map_or_else(String::new, |number| number.to_string()));
            cells.push(row.begins.map_or_else(String::new, |begins| begins.to_string()));
            let (state, hash, error) = match &row.live {
                None => ("", None, None),
                Some(Live::Found(hash)) => (if row.drift().is_some() { "differs" } else { "found" }, Some(hash), None),
                Some(Live::Gone) => ("gone", None, None),
                Some(Live::Failed(error)) => ("failed", None, Some(error)),
            };
            cells.push(state.to_owned());
            cells.push(hash.map_or_else(String::new, ToString::to_string));
            cells.push(row.error.as_ref().or(error).cloned().unwrap_or_default());
            writer.write_record(cells.iter().map(|cell| harmless(cell))).map_err(failed)?;
        }
        writer.into_inner().map_err(|error| Failure::failed(format!("cannot write CSV: {error}")))
    }
}

fn was(row: &Row, paint: Paint) -> String {
    match (&row.then, &row.error, row.begins) {
        (_, Some(error), _) => paint.red(&format!("cannot be read: {error}")),
        (Some(then), ..) => recorded(then, paint),
        (None, None, Some(begins)) => format!("nothing is known: its history begins at {}", time(begins)),
        (None, None, None) => "nothing is known: it was never captured".to_owned(),
    }
}

fn recorded(recorded: &Recorded, paint: Paint) -> String {
    let Recorded { hash, entry } = recorded;
    let note = entry.note.as_deref().map_or_else(String::new, |note| format!(": {note}"));
    format!("{}, {} {} by {}{note}", paint.yellow(&hash.short()), entry.event, time(entry.time), entry.author)
}

/// What the database says beside the log.
fn live(row: &Row) -> Option<String> {
    Some(match row.live.as_ref()? {
        Live::Gone => "is gone".to_owned(),
        Live::Failed(error) => format!("cannot be looked at: {error}"),
        Live::Found(hash) => match (&row.now, row.drift()) {
            (None, _) => format!("is {}", hash.short()),
            (Some(_), None) => "is what the log says".to_owned(),
            (Some(_), Some(_)) => format!("is {}, which the log does not say", hash.short()),
        },
    })
}

/// Text of others that a table of Markdown takes as text.
fn escape_markdown(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\n' | '\r' => escaped.push(' '),
            '<' => escaped.push_str("&lt;"),
            '&' => escaped.push_str("&amp;"),
            '|' | '\\' | '`' | '*' | '_' | '[' | ']' | '#' | '!' | '~' => escaped.extend(['\\', letter]),
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// A cell that no spreadsheet takes for a formula: one that begins like one has an apostrophe before it.
fn harmless(cell: &str) -> String {
    if cell.starts_with(FORMULA_MARKS) { format!("'{cell}") } else { cell.to_owned() }
}
