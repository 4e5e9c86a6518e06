//! `completions`: what a shell needs to complete commands.

use clap::{Args, CommandFactory};
use clap_complete::Shell;

use super::failure::Failure;
use super::output::print_bytes;
use super::session::Session;
use super::{Cli, Ending};

/// Print the completions for a shell
#[derive(Args)]
pub(super) struct Completions {
    /// The shell
    shell: Shell,
}

impl Completions {
    pub(super) fn run(self, session: &Session) -> Result<Ending, Failure> {
        session.format(&[])?;
        let mut script = Vec::new();
        clap_complete::generate(self.shell, &mut Cli::command(), "schema-sync", &mut script);
        print_bytes(&script)?;
        Ok(Ending::Done)
    }
}
