//! `bless`: move a ref to a snapshot.

use clap::Args;
use schema_sync::engine::Proposal;
use schema_sync::engine::registry::BLESSED;
use serde_json::json;

use super::Ending;
use super::failure::Failure;
use super::output::{ask, print, print_json};
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
    /// Move it only if it names this snapshot now
    #[arg(long, value_name = "REV")]
    expect: Option<String>,
    /// Move it also where the snapshot has objects without a model, and back to an earlier one without asking
    #[arg(long)]
    force: bool,
}

impl Bless {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        let registry = session.registry().await?;
        let snapshot = session.resolve(&self.revision).await?;
        let hash = snapshot.hash();
        let proposal = registry.propose(&self.reference, &snapshot).await?;
        if let Some(expected) = &self.expect {
            proposal.expect(session.resolve(expected).await?.hash())?;
        }
        if !self.force {
            proposal.gate()?;
            self.ask_whether_to_go_back(session, &proposal)?;
        }
        registry.store().put(&snapshot).await?;
        let blessing = registry.accept(proposal, self.note).await?;
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

impl Bless {
    /// A ref goes on as a rule; one that goes back may be moved by mistake.
    fn ask_whether_to_go_back(&self, session: &Session, proposal: &Proposal) -> Result<(), Failure> {
        let Some(earlier) = &proposal.earlier else { return Ok(()) };
        let note = earlier.note.as_deref().map_or_else(String::new, |note| format!(" ({note})"));
        let back = format!(
            "{} was this snapshot already, from {} on{note}, so this goes back",
            self.reference,
            earlier.time.strftime("%Y-%m-%d %H:%M:%SZ")
        );
        if session.must_ask(&back, "add --yes to go back")? && !ask(&format!("{back}. Do it?"))? {
            return Err(Failure::refused("not confirmed; nothing was changed"));
        }
        Ok(())
    }
}
