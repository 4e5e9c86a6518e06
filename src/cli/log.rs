//! `log`: the history of a ref or of a tenant, newest first.

use clap::Args;
use schema_sync::engine::registry::BLESSED;
use schema_sync::engine::revision::{Moment, Revision};
use schema_sync::store::LogEntry;
use serde_json::json;

use super::Ending;
use super::failure::Failure;
use super::output::{Paint, print, print_json};
use super::session::Session;

const ENTRIES_DEFAULT: usize = 50;

/// Show the history of a ref or of a tenant, newest first
#[derive(Args)]
pub(super) struct Log {
    /// A ref, or tenant:NAME
    #[arg(value_name = "REF|tenant:NAME", default_value = BLESSED)]
    subject: String,
    /// How many entries at most
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = ENTRIES_DEFAULT)]
    limit: usize,
}

impl Log {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        let Ok(Revision::Logged(subject, Moment::Back(0))) = self.subject.parse() else {
            return Err(Failure::usage(format!("`{}` has no log", self.subject))
                .help("a ref has one, and a tenant: `log blessed`, `log tenant:acme`"));
        };
        let registry = session.records().await?;
        let log = registry.log_of(&subject).await?;
        let entries = registry.history(&log, self.limit).await?;
        if is_json {
            print_json(&json!({ "log": log, "entries": entries }))?;
        } else {
            print(&as_text(&entries, Paint::for_stdout()))?;
        }
        Ok(Ending::Done)
    }
}

/// One line an entry, with the `~2` by which its snapshot is named.
fn as_text(entries: &[LogEntry], paint: Paint) -> String {
    let mut printed = String::new();
    let mut back = 0;
    for entry in entries {
        let name = match entry.snapshot {
            Some(_) => format!("~{back}"),
            None => String::new(),
        };
        back += usize::from(entry.snapshot.is_some());
        let hash = entry.snapshot.map_or_else(|| "-".repeat(12), |hash| hash.short());
        let outcome = entry.details.get("outcome").and_then(serde_json::Value::as_str);
        let event = match outcome {
            Some(outcome) => format!("{} {}", entry.event, outcome.replace('_', " ")),
            None => entry.event.to_string(),
        };
        let time = entry.time.strftime("%Y-%m-%d %H:%M:%SZ");
        let note = entry.note.as_deref().map_or_else(String::new, |note| format!("  {note}"));
        let line = format!("{name:<4} {time}  {}  {event:<16} {}{note}", paint.yellow(&hash), entry.author);
        printed.push_str(&format!("{}\n", line.trim_end()));
    }
    printed
}
