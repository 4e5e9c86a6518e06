//! `audit`: what each tenant was at some time, who made it so, and what it is now; and bundles that prove it.

mod html;
mod table;

use std::path::{Path, PathBuf};

use clap::Args;
use jiff::Timestamp;
use schema_sync::engine::audit::{self, Live, Recorded, Row};
use serde_json::{Value, json};

use super::failure::Failure;
use super::log::read_time;
use super::output::{Paint, count, print, print_bytes, print_json, progress, say};
use super::session::Session;
use super::store::temporary;
use super::{Ending, Format};

/// Show what tenants were at some time, who made them so, and what they are now; changes nothing
#[derive(Args)]
pub(super) struct Audit {
    /// Tenants by their full or short names; by default all that have a history
    #[arg(value_name = "TENANT")]
    tenants: Vec<String>,
    /// All tenants that have a history
    #[arg(long, conflicts_with = "tenants")]
    all: bool,
    /// The time: 2026-03-03 (the end of that day), 2026-03-03T10:00+01:00; UTC without a zone; by default now
    #[arg(long, value_name = "TIME")]
    at: Option<String>,
    /// Compare what the logs say with the databases as they are now; only reads, and locks nothing
    #[arg(long)]
    live: bool,
    /// Write the entries and snapshots that prove it to a tar file; with --at those that were there then
    #[arg(long, value_name = "FILE.tar", conflicts_with = "live")]
    bundle: Option<PathBuf>,
}

/// Everything that a report says.
struct Report<'a> {
    audit: &'a audit::Audit,
    store: &'a str,
    is_live: bool,
}

impl Audit {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let now = Timestamp::now();
        let at = self.at.as_deref().map(|text| past(text, now)).transpose()?;
        if let Some(path) = &self.bundle {
            return self.write_bundle(session, path, at).await;
        }
        let format = session.format(&[Format::Markdown, Format::Html, Format::Csv])?;
        let records = session.records().await?;
        let mut audit = records.audit(&self.tenants, at.unwrap_or(now)).await?;
        if self.live {
            let fleets = session.live_fleets(None).await?;
            let bar = progress("inspecting", audit.rows.len());
            let on_batch = |done: usize| bar.inc(u64::try_from(done).unwrap_or(u64::MAX));
            audit.compare_live(&fleets, self.tenants.is_empty(), &on_batch).await?;
            bar.finish_and_clear();
        }
        let report = Report { audit: &audit, store: records.store().location(), is_live: self.live };
        match format {
            Format::Json => print_json(&report.as_json())?,
            Format::Markdown => print(&report.as_markdown())?,
            Format::Html => print(&report.as_html())?,
            Format::Csv => print_bytes(&report.as_csv()?)?,
            _ => {
                if audit.rows.is_empty() {
                    say("no tenant has a history yet; `schema-sync capture --all` begins it");
                }
                print(&report.as_text(Paint::for_stdout()))?;
            }
        }
        report.ending()
    }

    async fn write_bundle(&self, session: &Session, path: &Path, at: Option<Timestamp>) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        let failed = |error: std::io::Error| Failure::failed(format!("cannot write {}: {error}", path.display()));
        if path.exists() {
            return Err(Failure::usage(format!("{} is there already; it was not touched", path.display()))
                .help("remove it, or choose another name"));
        }
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
        let mut file = temporary(folder).map_err(failed)?;
        let writer = std::io::BufWriter::new(file.as_file_mut());
        let bundled = session.records().await?.write_bundle(&self.tenants, at, writer).await?;
        file.as_file().sync_all().map_err(failed)?;
        file.persist_noclobber(path).map_err(|error| failed(error.error))?;
        if is_json {
            print_json(&json!({
                "file": path.display().to_string(), "logs": bundled.logs, "entries": bundled.entries,
                "snapshots": bundled.snapshots, "seal": bundled.seal,
            }))?;
        } else {
            say(&format!(
                "wrote {} with {}, {} entries and {}; its README.txt tells how to verify it. The seal, to be kept \
                 elsewhere, is the sum of its SHA256SUMS:",
                path.display(),
                count(bundled.logs, "log"),
                bundled.entries,
                count(bundled.snapshots, "snapshot")
            ));
            print(&bundled.seal.to_string())?;
        }
        Ok(Ending::Done)
    }
}

/// A time that is not to come; of a day that is not over, now.
fn past(text: &str, now: Timestamp) -> Result<Timestamp, Failure> {
    let (first, last) = read_time(text)?;
    if first > now {
        return Err(Failure::usage(format!("{text} is still to come: no log knows of it")));
    }
    Ok(last.min(now))
}

impl Report<'_> {
    fn ending(&self) -> Result<Ending, Failure> {
        let logs = self.audit.rows.iter().filter_map(|row| Some((&row.tenant, row.error.clone()?)));
        let live = self.audit.rows.iter().filter_map(|row| match &row.live {
            Some(Live::Failed(error)) => Some((&row.tenant, error.clone())),
            _ => None,
        });
        let changes = self.audit.rows.iter().filter_map(|row| {
            let error = self.audit.changes.get(&row.change()?)?.as_ref().err()?;
            Some((&row.tenant, error.clone()))
        });
        let failures: Vec<String> =
            logs.chain(live).chain(changes).map(|(tenant, error)| format!("\n  {tenant}: {error}")).collect();
        if failures.is_empty() {
            return Ok(Ending::Done);
        }
        Err(Failure::failed(format!("{} could not be read:{}", count(failures.len(), "record"), failures.concat()))
            .help("the report holds all the others; `schema-sync store check --read-data` says what of the store is damaged"))
    }

    fn as_json(&self) -> Value {
        let recorded = |recorded: &Option<Recorded>| {
            recorded.as_ref().map(|recorded| json!({ "hash": recorded.hash, "entry": recorded.entry }))
        };
        let row = |row: &Row| {
            let mut value = json!({
                "tenant": row.tenant, "then": recorded(&row.then), "now": recorded(&row.now),
                "changes": self.audit.change_count(row),
            });
            let mut add = |name: &str, member: Value| value[name] = member;
            if let Some(begins) = row.begins {
                add("begins", json!(begins));
            }
            if let Some(error) = &row.error {
                add("error", json!(error));
            }
            match &row.live {
                None => {}
                Some(Live::Found(hash)) => {
                    add(
                        "live",
                        json!({ "state": if row.drift().is_some() { "differs" } else { "found" }, "hash": hash }),
                    );
                }
                Some(Live::Gone) => add("live", json!({ "state": "gone" })),
                Some(Live::Failed(error)) => add("live", json!({ "state": "failed", "error": error })),
            }
            value
        };
        json!({
            "at": self.audit.at, "store": self.store, "tenants": self.audit.rows.iter().map(row).collect::<Vec<_>>(),
        })
    }
}
