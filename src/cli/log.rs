//! `log`: the history of a ref or of a tenant, newest first.

use clap::Args;
use jiff::Timestamp;
use schema_sync::engine::history::{LogFilter, Logged, ObjectName};
use schema_sync::engine::registry::BLESSED;
use schema_sync::engine::revision::{Moment, Revision, read_times};
use serde_json::json;

use super::Ending;
use super::failure::Failure;
use super::output::{Paint, print, print_json, say};
use super::session::Session;

const ENTRIES_DEFAULT: usize = 50;
const TIME_HELP: &str = "write 2026-03-03 or 2026-03-03T10:00+01:00; without a zone it is UTC";

/// Show the history of a ref or of a tenant, newest first; with --author only entries whose author's name has that in it
#[derive(Args)]
pub(super) struct Log {
    /// A ref, or tenant:NAME
    #[arg(value_name = "REF|tenant:NAME", default_value = BLESSED)]
    subject: String,
    /// How many entries at most
    #[arg(short = 'n', long, value_name = "COUNT", default_value_t = ENTRIES_DEFAULT)]
    limit: usize,
    /// Only entries of this time and later: 2026-03-03, 2026-03-03T10:00Z; UTC without a zone
    #[arg(long, value_name = "TIME")]
    since: Option<String>,
    /// Only entries of this time and before; a date alone is all of that day
    #[arg(long, value_name = "TIME")]
    until: Option<String>,
    /// Only entries in which this object, or something in it, changed its form: users, users.email
    #[arg(long, value_name = "OBJECT")]
    object: Option<String>,
}

impl Log {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        let Ok(Revision::Logged(subject, Moment::Back(0))) = self.subject.parse() else {
            return Err(Failure::usage(format!("`{}` has no log", self.subject))
                .help("a ref has one, and a tenant: `log blessed`, `log tenant:acme`"));
        };
        let filter = LogFilter {
            since: self.since.as_deref().map(read_time).transpose()?.map(|(first, _)| first),
            until: self.until.as_deref().map(read_time).transpose()?.map(|(_, last)| last),
            author: session.typed_author().map(str::to_owned),
            object: self.object.clone().map(ObjectName::new),
        };
        let registry = session.records().await?;
        let log = registry.log_of(&subject).await?;
        let found = registry.history(&log, &filter, self.limit).await?;
        if is_json {
            let entries: Vec<_> = found.iter().map(|logged| &logged.entry).collect();
            print_json(&json!({ "log": log, "entries": entries }))?;
        } else {
            if found.is_empty() {
                say("no entry of the log is so");
            }
            print(&as_text(&found, Paint::for_stdout()))?;
        }
        Ok(Ending::Done)
    }
}

/// The first and the last moment that a time on the command line means.
pub(super) fn read_time(text: &str) -> Result<(Timestamp, Timestamp), Failure> {
    read_times(text).map_err(|reason| Failure::usage(format!("`{text}` is no time: {reason}")).help(TIME_HELP))
}

/// One line an entry, with the `~2` by which its snapshot is named.
fn as_text(found: &[Logged], paint: Paint) -> String {
    let mut printed = String::new();
    for Logged { entry, back } in found {
        let name = back.map_or_else(String::new, |back| format!("~{back}"));
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
