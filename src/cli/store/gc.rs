//! `store gc`: remove snapshots that no log names.

use clap::Args;
use schema_sync::engine::collect::{Collection, KEEP_DAYS_DEFAULT, KEEP_DAYS_MIN, collect_garbage};
use schema_sync::store::{OpenMode, StoreError, open_store};
use serde_json::json;

use super::super::Ending;
use super::super::failure::Failure;
use super::super::output::{Paint, bytes, count, print, print_json};
use super::super::session::Session;

/// Remove snapshots that no log names and that were stored some time ago
#[derive(Args)]
pub(in super::super) struct Gc {
    /// Keep those that were stored, or named last, within so many days
    #[arg(long, value_name = "DAYS", default_value_t = KEEP_DAYS_DEFAULT)]
    keep_days: u32,
    /// Only show what would be removed
    #[arg(long)]
    dry_run: bool,
}

impl Gc {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        if self.keep_days < KEEP_DAYS_MIN {
            return Err(Failure::usage(format!(
                "--keep-days {} could remove what others have just put and are about to name",
                self.keep_days
            ))
            .help(format!("{KEEP_DAYS_MIN} is the least")));
        }
        let mode = if self.dry_run { OpenMode::ReadOnly } else { OpenMode::ReadWrite };
        let store = open_store(&session.store_url().await?, mode).await?;
        let collection = collect_garbage(store.as_ref(), self.keep_days, self.dry_run).await.map_err(|error| {
            let is_damage = matches!(error, StoreError::Corrupt { .. });
            let failure = Failure::from(error);
            if is_damage {
                failure.help("what damaged logs name is not known; `schema-sync store check` says more")
            } else {
                failure
            }
        })?;
        if is_json {
            let removed: Vec<_> = collection.removed.iter().map(|object| object.hash).collect();
            print_json(&json!({
                "dry_run": self.dry_run, "keep_days": self.keep_days, "named": collection.named,
                "recent": collection.recent, "removed": removed, "put_back": collection.put_back,
                "bytes": collection.removed.iter().map(|object| object.bytes).sum::<u64>(),
            }))?;
        } else {
            print(&self.as_text(&collection, Paint::for_stdout()))?;
        }
        Ok(Ending::Done)
    }

    fn as_text(&self, collection: &Collection, paint: Paint) -> String {
        let mut printed = String::new();
        for object in &collection.removed {
            let stored = object.stored.strftime("%Y-%m-%d %H:%M:%SZ");
            printed.push_str(&format!(
                "{}  stored {stored}  {}\n",
                paint.yellow(&object.hash.short()),
                bytes(object.bytes)
            ));
        }
        let all = collection.removed.iter().map(|object| object.bytes).sum();
        let done = if self.dry_run { "would be removed" } else { "removed" };
        printed.push_str(&format!(
            "{} {done} ({}); {} named by logs stay, and {} stored within {}\n",
            count(collection.removed.len(), "snapshot"),
            bytes(all),
            collection.named,
            collection.recent,
            count(usize::try_from(self.keep_days).unwrap_or(usize::MAX), "day"),
        ));
        printed
    }
}
