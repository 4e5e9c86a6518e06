//! `blame`: for each object, who brought its present form.

use clap::Args;
use schema_sync::engine::blame;
use schema_sync::engine::history::ObjectName;
use schema_sync::engine::revision::Revision;
use serde_json::{Value, json};

use super::Ending;
use super::failure::Failure;
use super::output::{Paint, print, print_json};
use super::session::Session;

/// Show for each object when and by whom its present form came
#[derive(Args)]
pub(super) struct Blame {
    /// tenant:NAME or a ref; with ~2 or @{TIME} as it was then
    #[arg(value_name = "REF|tenant:NAME")]
    revision: String,
    /// Only this object and what is inside it: users, users.email
    #[arg(value_name = "OBJECT")]
    object: Option<String>,
}

impl Blame {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        let Ok(Revision::Logged(subject, moment)) = self.revision.parse() else {
            return Err(Failure::usage(format!("`{}` has no log that could tell", self.revision))
                .help("a ref has one, and a tenant: `blame blessed`, `blame tenant:acme`"));
        };
        let object = self.object.map(ObjectName::new);
        let blame = session.records().await?.blame(&subject, moment, object.as_ref()).await?;
        if is_json {
            print_json(&as_json(&blame))?;
        } else {
            print(&as_text(&blame, Paint::for_stdout()))?;
        }
        Ok(Ending::Done)
    }
}

fn as_text(blame: &blame::Blame, paint: Paint) -> String {
    let mut rows: Vec<_> = blame.objects.iter().collect();
    rows.sort_by_key(|(id, _)| (id.schema.clone(), id.name.first().cloned(), id.name.len() > 1));
    let width = rows.iter().map(|(_, entry)| entry.author.chars().count()).max().unwrap_or(0);
    let mut printed = String::new();
    for (id, entry) in rows {
        let hash = entry.snapshot.map_or_else(|| "-".repeat(12), |hash| hash.short());
        let time = entry.time.strftime("%Y-%m-%d %H:%M:%SZ");
        let note = entry.note.as_deref().map_or_else(String::new, |note| format!("  {}", paint.dim(note)));
        printed.push_str(&format!(
            "{time}  {}  {:<9} {:<width$}  {}{note}\n",
            paint.yellow(&hash),
            entry.event.as_str(),
            entry.author,
            paint.bold(&id.to_string())
        ));
    }
    printed
}

/// Each entry stands there once, newest first; objects name theirs by its place in the log.
fn as_json(blame: &blame::Blame) -> Value {
    let mut entries: Vec<_> = blame.objects.iter().map(|(_, entry)| entry.as_ref()).collect();
    entries.sort_by_key(|entry| std::cmp::Reverse(entry.sequence));
    entries.dedup_by_key(|entry| entry.sequence);
    let objects = blame.objects.iter().map(|(id, entry)| {
        let mut value = json!(id);
        value["sequence"] = json!(entry.sequence);
        value
    });
    json!({ "hash": blame.hash, "objects": objects.collect::<Vec<_>>(), "entries": entries })
}
