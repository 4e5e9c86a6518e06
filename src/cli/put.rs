//! `put`: keep a snapshot, whatever it comes from, and print its hash.

use clap::Args;
use serde_json::json;

use super::Ending;
use super::failure::Failure;
use super::output::{count, print, print_json, say};
use super::session::Session;

/// Store a snapshot (say of schema.sql) and print its hash
#[derive(Args)]
pub(super) struct Put {
    /// What to store
    #[arg(value_name = "REV")]
    revision: String,
}

impl Put {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        let registry = session.registry().await?;
        let snapshot = session.resolve(&self.revision).await?;
        let hash = registry.store().put(&snapshot).await?;
        if is_json {
            let objects = snapshot.objects().len();
            print_json(&json!({ "hash": hash, "dialect": snapshot.dialect(), "objects": objects }))?;
        } else {
            say(&format!("stored {} of {}", count(snapshot.objects().len(), "object"), self.revision));
            print(&hash.to_string())?;
        }
        Ok(Ending::Done)
    }
}
