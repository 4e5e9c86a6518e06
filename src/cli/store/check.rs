//! `store check`: whether a store is as it was written.

use std::io::BufReader;
use std::path::PathBuf;

use clap::Args;
use schema_sync::engine::bundle::verify_bundle;
use schema_sync::engine::check::{CheckReport, Damage, Damaged, check_store};
use schema_sync::store::LogName;
use serde_json::{Value, json};

use super::super::Ending;
use super::super::failure::Failure;
use super::super::output::{Paint, bytes, count, print, print_json, progress};
use super::super::session::Session;
use super::super::sync_report::names_shown;

/// Check every chain and every name of the store, or an audit bundle; exit code 4 where something is damaged
#[derive(Args)]
pub(in super::super) struct Check {
    /// An audit bundle to check instead of the store
    #[arg(value_name = "FILE.tar", conflicts_with = "read_data")]
    bundle: Option<PathBuf>,
    /// Read and hash every snapshot, too
    #[arg(long)]
    read_data: bool,
}

impl Check {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        if let Some(path) = &self.bundle {
            let failed = |error: std::io::Error| Failure::usage(format!("cannot read {}: {error}", path.display()));
            let report =
                std::fs::File::open(path).and_then(|file| verify_bundle(BufReader::new(file))).map_err(failed)?;
            return end(&path.display().to_string(), &report, is_json);
        }
        let store = session.reader().await?;
        let bar = progress("checking", 0);
        let on_step = |done: usize, all: usize| {
            bar.set_length(u64::try_from(all).unwrap_or(u64::MAX));
            bar.set_position(u64::try_from(done).unwrap_or(u64::MAX));
        };
        let report = check_store(store.as_ref(), self.read_data, &on_step).await?;
        bar.finish_and_clear();
        end(store.location(), &report, is_json)
    }
}

/// Prints the report; fails where something is damaged.
fn end(checked: &str, report: &CheckReport, is_json: bool) -> Result<Ending, Failure> {
    if is_json {
        print_json(&as_json(checked, report))?;
    } else {
        print(&as_text(checked, report, Paint::for_stdout()))?;
    }
    if report.damages.is_empty() {
        return Ok(Ending::Done);
    }
    Err(Failure::failed(format!(
        "{checked} is damaged in {}; nothing was changed",
        count(report.damages.len(), "place")
    ))
    .help(
        "restore it from a backup or a copy; a missing snapshot comes back with `put FILE`, `capture` or `store copy`",
    ))
}

fn as_text(checked: &str, report: &CheckReport, paint: Paint) -> String {
    let mut printed = String::new();
    for damage in &report.damages {
        printed.push_str(&format!("{} {}: {}\n", paint.red("damaged"), damage.what, damage.reason));
        let touched = |what: &str, names: Vec<String>| match names.as_slice() {
            [] => String::new(),
            [_] => format!("  touches the {what} {}\n", names.join("")),
            _ => {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                format!("  touches {}: {}\n", count(names.len(), what), names_shown(&names))
            }
        };
        printed.push_str(&touched("tenant", names(damage, LogName::tenant_name)));
        printed.push_str(&touched("ref", names(damage, LogName::reference_name)));
        printed.push_str(&touched("rollout", names(damage, LogName::rollout_name)));
    }
    let read = match report.snapshots_read {
        0 => "none read: --read-data reads them".to_owned(),
        number if number == report.snapshots => "all read".to_owned(),
        number => format!("{number} read"),
    };
    let entries = usize::try_from(report.entries).unwrap_or(usize::MAX);
    let entries = if entries == 1 { "1 entry".to_owned() } else { format!("{entries} entries") };
    printed.push_str(&format!(
        "{checked}: {} with {entries}, {} of {} ({} unnamed; {read}), {}\n",
        count(report.logs, "log"),
        count(report.snapshots, "snapshot"),
        bytes(report.bytes),
        report.unnamed,
        match report.damages.len() {
            0 => paint.green("no damage"),
            number => paint.red(&count(number, "damage")),
        }
    ));
    printed
}

fn names(damage: &Damage, name: impl Fn(&LogName) -> Option<String>) -> Vec<String> {
    damage.touches.iter().filter_map(name).collect()
}

fn as_json(checked: &str, report: &CheckReport) -> Value {
    let damages = report.damages.iter().map(|damage| {
        let mut value = json!({
            "what": damage.what.to_string(), "reason": damage.reason,
            "tenants": names(damage, LogName::tenant_name), "refs": names(damage, LogName::reference_name),
            "rollouts": names(damage, LogName::rollout_name),
        });
        match &damage.what {
            Damaged::Entry(log, sequence) | Damaged::EntriesFrom(log, sequence) => {
                value["log"] = json!(log);
                value["sequence"] = json!(sequence);
            }
            Damaged::Snapshot(hash) => value["snapshot"] = json!(hash),
            Damaged::File(path) => value["file"] = json!(path),
            Damaged::LogList(_) | Damaged::SnapshotList => {}
        }
        value
    });
    json!({
        "checked": checked, "whole": report.damages.is_empty(), "logs": report.logs, "entries": report.entries,
        "snapshots": report.snapshots, "snapshots_read": report.snapshots_read, "unnamed": report.unnamed,
        "bytes": report.bytes, "damages": damages.collect::<Vec<_>>(),
    })
}
