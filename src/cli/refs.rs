//! `refs`: every ref and what it names.

use clap::Args;
use serde_json::{Value, json};

use super::Ending;
use super::failure::Failure;
use super::output::{Paint, print, print_json, say};
use super::session::Session;

/// List the refs and what they name
#[derive(Args)]
pub(super) struct Refs {}

impl Refs {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        let refs = session.records().await?.refs().await?;
        if is_json {
            let refs: Vec<Value> = refs.iter().map(|(name, entry)| json!({ "ref": name, "entry": entry })).collect();
            print_json(&json!({ "refs": refs }))?;
            return Ok(Ending::Done);
        }
        if refs.is_empty() {
            say("there are no refs yet; `schema-sync bless REV` makes `blessed`");
        }
        let paint = Paint::for_stdout();
        let mut printed = String::new();
        for (name, entry) in refs {
            let hash = entry.snapshot.map_or_else(|| "-".repeat(12), |hash| hash.short());
            let note = entry.note.as_deref().map_or_else(String::new, |note| format!("  {note}"));
            let time = entry.time.strftime("%Y-%m-%d %H:%M:%SZ");
            printed.push_str(&format!(
                "{}  {}  {time}  {}{note}\n",
                paint.yellow(&hash),
                paint.bold(&name),
                entry.author
            ));
        }
        print(&printed)?;
        Ok(Ending::Done)
    }
}
