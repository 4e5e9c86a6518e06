//! `store`: looking after a store as a whole.

mod check;
mod copy;
mod export;
mod gc;

use clap::{Args, Subcommand};

use super::Ending;
use super::failure::Failure;
use super::session::Session;

pub(super) use export::temporary;

/// Check a store or a bundle, copy it, remove what nothing names, write snapshots to files
#[derive(Args)]
pub(super) struct Store {
    #[command(subcommand)]
    task: Task,
}

#[derive(Subcommand)]
enum Task {
    Check(check::Check),
    Gc(gc::Gc),
    Copy(copy::Copy),
    Export(export::Export),
}

impl Store {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        match self.task {
            Task::Check(task) => task.run(session).await,
            Task::Gc(task) => task.run(session).await,
            Task::Copy(task) => task.run(session).await,
            Task::Export(task) => task.run(session).await,
        }
    }
}
