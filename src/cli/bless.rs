//! `bless`: move a ref to a snapshot.

use clap::Args;
use schema_sync::engine::registry::BLESSED;
use serde_json::json;

use super::Ending;
use super::failure::Failure;
use super::output::{print, print_json};
use super::session::Session;

/// Move a ref to a snapshot
#[derive(Args)]
pub(super) struct Bless {
    /// The snapshot
    #[arg(value_name = "REV")]
    revision: String,
    /// The ref
    #[arg(long = "as", value_name = "REF", default_value = BLESSED)]
    reference: String,
    /// What to say about it in the log
    #[arg(short = 'm', long, value_name = "NOTE")]
    note: Option<String>,
}

impl Bless {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        let registry = session.registry().await?;
        let snapshot = session.resolve(&self.revision).await?;
        let hash = registry.store().put(&snapshot).await?;
        let blessing = registry.bless(&self.reference, hash, self.note).await?;
        if is_json {
            print_json(&json!({
                "ref": self.reference, "before": blessing.before, "hash": hash,
                "moved": blessing.moved, "entry": blessing.entry,
            }))?;
        } else {
            let moved = match blessing.before {
                _ if !blessing.moved => format!("is {} already", hash.short()),
                None => format!("is {}", hash.short()),
                Some(before) => format!("was {}, is {}", before.short(), hash.short()),
            };
            print(&format!("{} {moved}\n", self.reference))?;
        }
        Ok(Ending::Done)
    }
}
