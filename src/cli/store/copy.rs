//! `store copy`: everything in the store, to another one.

use clap::Args;
use schema_sync::engine::copy::{CopyReport, copy_store};
use schema_sync::store::{OpenMode, StoreUrl, open_store};
use serde_json::json;

use super::super::Ending;
use super::super::failure::Failure;
use super::super::output::{count, print, print_json, progress};
use super::super::session::Session;

/// Copy all snapshots and logs to another store; what it has already is left alone
#[derive(Args)]
pub(in super::super) struct Copy {
    /// The other store; made where there is none
    #[arg(value_name = "URL")]
    to: String,
}

impl Copy {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        let url: StoreUrl = self.to.parse()?;
        let from = session.reader().await?;
        if url == session.store_url().await? {
            return Err(Failure::usage(format!("{url} cannot be copied to itself")));
        }
        let to = open_store(&url, OpenMode::Create).await?;
        let bar = progress("copying", 0);
        let on_step = |done: usize, all: usize| {
            bar.set_length(u64::try_from(all).unwrap_or(u64::MAX));
            bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        };
        let report = copy_store(from.as_ref(), to.as_ref(), &on_step).await?;
        bar.finish_and_clear();
        if is_json {
            print_json(&json!({
                "from": from.location(), "to": to.location(), "snapshots": report.snapshots,
                "snapshots_copied": report.snapshots_copied, "logs": report.logs,
                "entries_copied": report.entries_copied, "ahead": report.ahead,
                "failures": report.failures.iter().map(ToString::to_string).collect::<Vec<_>>(),
            }))?;
        } else {
            print(&as_text(to.location(), &report))?;
        }
        end(&report)
    }
}

fn as_text(to: &str, report: &CopyReport) -> String {
    let mut printed = format!(
        "{to} has {} ({} copied) and {} ({} entries copied)\n",
        count(report.snapshots, "snapshot"),
        report.snapshots_copied,
        count(report.logs, "log"),
        report.entries_copied
    );
    for log in &report.ahead {
        printed.push_str(&format!("{log} has more entries there already\n"));
    }
    printed
}

fn end(report: &CopyReport) -> Result<Ending, Failure> {
    if report.failures.is_empty() {
        return Ok(Ending::Done);
    }
    let failures: Vec<String> = report.failures.iter().map(|failure| format!("\n  {failure}")).collect();
    Err(Failure::failed(format!("the copy is not whole:{}", failures.concat())).help(
        "`schema-sync store check --read-data` says what is damaged here; the same command goes on with the rest",
    ))
}
