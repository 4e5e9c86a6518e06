//! `validate`: whether tenants are what they should be. For CI: exit code 1 where one is not.

use std::collections::BTreeMap;

use clap::Args;
use schema_sync::adapter::TenantContext;
use schema_sync::engine::registry::BLESSED;
use schema_sync::store::{SchemaDiff, SnapshotHash};
use serde_json::{Value, json};

use super::capture::fail_with_tenants;
use super::diff::{between, refuse_incomparable, say_uncompared};
use super::failure::Failure;
use super::output::{Paint, count, print, print_json, progress};
use super::selection::Selection;
use super::session::Session;
use super::sync_report::names_shown;
use super::{Ending, text_diff};

/// Check that tenants are what they should be, for CI: exit code 1 where one is not
#[derive(Args)]
pub(super) struct Validate {
    #[command(flatten)]
    selection: Selection,
    /// What they should be
    #[arg(long, value_name = "REV", default_value = BLESSED)]
    against: String,
}

/// What a tenant would need to become what it should be.
type Finding = (TenantContext, SnapshotHash, SchemaDiff);

impl Validate {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        let against = session.resolve(&self.against).await?;
        let fleets = session.live_fleets(self.selection.fleet.as_deref()).await?;
        let (mut findings, mut failed): (Vec<Finding>, Vec<_>) = (Vec::new(), Vec::new());
        for (fleet, tenants) in self.selection.or_all(&fleets).await? {
            let bar = progress("inspecting", tenants.len());
            let on_batch = |done: usize| bar.inc(u64::try_from(done).unwrap_or(u64::MAX));
            let inspected = fleet.engine.inspect_all(&tenants, fleet.config.concurrency, &on_batch).await;
            bar.finish_and_clear();
            for (tenant, live) in tenants.into_iter().zip(inspected) {
                match live {
                    Ok(live) => findings.push((tenant, live.hash(), between(&live, &against)?)),
                    Err(error) => failed.push((tenant, error)),
                }
            }
        }
        let valid = failed.is_empty() && findings.iter().all(|(_, _, diff)| diff.is_empty());
        if is_json {
            let failed =
                failed.iter().map(|(tenant, error)| json!({ "tenant": tenant.name, "error": error.to_string() }));
            print_json(&json!({
                "against": against.hash(), "valid": valid,
                "tenants": findings.iter().map(finding_json).collect::<Vec<_>>(), "failed": failed.collect::<Vec<_>>(),
            }))?;
        } else {
            print(&as_text(against.hash(), &findings, Paint::for_stdout()))?;
        }
        say_uncompared(findings.iter().map(|(_, _, diff)| diff));
        fail_with_tenants("inspected", failed.into_iter())?;
        if findings.iter().all(|(_, _, diff)| diff.change_count() == 0) {
            findings.iter().try_for_each(|(_, _, diff)| refuse_incomparable(diff))?;
        }
        Ok(if valid { Ending::Done } else { Ending::Differs })
    }
}

fn as_text(against: SnapshotHash, findings: &[Finding], paint: Paint) -> String {
    let mut differing: BTreeMap<SnapshotHash, (&SchemaDiff, Vec<&str>)> = BTreeMap::new();
    for (tenant, hash, diff) in findings.iter().filter(|(_, _, diff)| !diff.is_empty()) {
        differing.entry(*hash).or_insert_with(|| (diff, Vec::new())).1.push(&tenant.name);
    }
    let mut printed = String::new();
    for (hash, (diff, names)) in &differing {
        printed.push_str(&format!(
            "{} {}: {}\n",
            paint.yellow(&hash.short()),
            count(names.len(), "tenant"),
            names_shown(names)
        ));
        printed.push_str(&format!("{}\n", text_diff::render(diff, paint)));
    }
    let wrong: usize = differing.values().map(|(_, names)| names.len()).sum();
    printed.push_str(&format!(
        "{} against {}: {} in sync, {wrong} not\n",
        count(findings.len(), "tenant"),
        against.short(),
        findings.len() - wrong
    ));
    printed
}

fn finding_json((tenant, hash, diff): &Finding) -> Value {
    json!({
        "tenant": tenant.name, "hash": hash, "in_sync": diff.is_empty(),
        "diff": (!diff.is_empty()).then(|| text_diff::as_json(diff)),
    })
}
