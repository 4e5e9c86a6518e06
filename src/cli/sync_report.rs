//! What `sync` did, tenant by tenant.

use std::collections::BTreeMap;
use std::sync::Arc;

use schema_sync::engine::{EngineError, FleetOutcome, SyncOutcome, SyncState, TenantOutcome};
use schema_sync::plan::{MigrationPlan, Policy};
use schema_sync::store::{SchemaDiff, SnapshotHash};
use serde_json::{Value, json};

use super::Ending;
use super::capture::fail_with_tenants;
use super::failure::Failure;
use super::output::{Paint, count};
use super::text_plan;

/// Names that are listed before the rest is only counted.
pub(super) const NAMES_SHOWN_MAX: usize = 8;

/// Everything that `sync` has to tell.
pub(super) struct Report {
    target: SnapshotHash,
    dry_run: bool,
    policy: Policy,
    tenants: Vec<TenantOutcome>,
}

impl Report {
    pub(super) fn new(target: SnapshotHash, dry_run: bool, policy: Policy, outcomes: Vec<FleetOutcome>) -> Self {
        let tenants = outcomes.into_iter().flat_map(|outcome| outcome.tenants).collect();
        Self { target, dry_run, policy, tenants }
    }

    /// Done, or the gravest failure; stopping half way is one.
    pub(super) fn ending(self) -> Result<Ending, Failure> {
        let untouched = self.tenants.iter().filter(|tenant| tenant.result.is_none()).count();
        let failed = self.tenants.into_iter().filter_map(|tenant| Some((tenant.tenant, tenant.result?.err()?)));
        let ending = fail_with_tenants("synced", failed);
        if untouched == 0 {
            return ending;
        }
        let rest = format!("stopped: {} left alone", count(untouched, "tenant"));
        let before = ending.err().map_or_else(String::new, |failure| format!("{}\n", failure.message));
        Err(Failure::failed(format!("{before}{rest}")).help("the same command goes on where this one stopped"))
    }

    /// What differed, of each tenant that could be looked at.
    pub(super) fn diffs(&self) -> impl Iterator<Item = &SchemaDiff> {
        self.tenants.iter().filter_map(|tenant| Some(&tenant.result.as_ref()?.as_ref().ok()?.diff))
    }

    pub(super) fn as_text(&self) -> String {
        let paint = Paint::for_stdout();
        let mut printed = String::new();
        if self.dry_run {
            self.print_plans(&mut printed, paint);
        } else {
            for tenant in &self.tenants {
                if let Some(line) = tenant_line(tenant, paint) {
                    printed.push_str(&format!("{}  {line}\n", tenant.tenant));
                }
            }
        }
        printed.push_str(&self.summary());
        printed.push('\n');
        printed
    }

    /// Each plan once, with the tenants that it is for.
    fn print_plans(&self, printed: &mut String, paint: Paint) {
        for (plan, names) in self.plans().values() {
            printed.push_str(&format!("{}: {}\n", count(names.len(), "tenant"), names_shown(names)));
            printed.push_str(&text_plan::render(plan, &self.policy, paint));
            printed.push('\n');
        }
    }

    fn plans(&self) -> BTreeMap<SnapshotHash, (Arc<MigrationPlan>, Vec<&str>)> {
        let mut plans: BTreeMap<SnapshotHash, (Arc<MigrationPlan>, Vec<&str>)> = BTreeMap::new();
        for tenant in &self.tenants {
            if let Some(Ok(SyncOutcome { plan: Some(plan), .. })) = &tenant.result {
                let (_, names) = plans.entry(plan.from).or_insert_with(|| (Arc::clone(plan), Vec::new()));
                names.push(&tenant.tenant.name);
            }
        }
        plans
    }

    fn summary(&self) -> String {
        let mut counts: Vec<(&str, usize)> = Vec::new();
        for tenant in &self.tenants {
            let state = state(tenant);
            match counts.iter_mut().find(|(name, _)| *name == state) {
                Some((_, count)) => *count += 1,
                None => counts.push((state, 1)),
            }
        }
        let parts: Vec<String> = counts.iter().map(|(state, count)| format!("{count} {state}")).collect();
        format!("{} to {}: {}", count(self.tenants.len(), "tenant"), self.target.short(), parts.join(", "))
    }

    pub(super) fn as_json(&self) -> Value {
        let plans: Vec<Value> = self.plans().values().map(|(plan, _)| text_plan::as_json(plan, &self.policy)).collect();
        json!({
            "target": self.target, "dry_run": self.dry_run,
            "tenants": self.tenants.iter().map(tenant_json).collect::<Vec<_>>(), "plans": plans,
        })
    }
}

/// The first names, and how many more there are.
pub(super) fn names_shown(names: &[&str]) -> String {
    let shown = names.iter().take(NAMES_SHOWN_MAX).copied().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(NAMES_SHOWN_MAX) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

fn state(tenant: &TenantOutcome) -> &'static str {
    match &tenant.result {
        None => "untouched",
        Some(Ok(outcome)) => match outcome.state {
            SyncState::AlreadyInSync => "already-in-sync",
            SyncState::Planned => "planned",
            SyncState::Applied { .. } => "applied",
            SyncState::SyncedByPeer { .. } => "synced-by-peer",
        },
        Some(Err(EngineError::Refused { .. } | EngineError::Plan { .. })) => "refused",
        Some(Err(_)) => "failed",
    }
}

fn tenant_line(tenant: &TenantOutcome, paint: Paint) -> Option<String> {
    let state_name = state(tenant);
    Some(match &tenant.result {
        None => paint.dim(state_name),
        Some(Ok(outcome)) => match outcome.state {
            SyncState::AlreadyInSync => return None,
            SyncState::Planned => state_name.to_owned(),
            SyncState::Applied { after, .. } => {
                let steps = outcome.plan.as_ref().map_or(0, |plan| plan.steps.len());
                let (before, after) = (outcome.before.short(), after.short());
                format!("{}  {before} → {after}  {}", paint.green(state_name), count(steps, "step"))
            }
            SyncState::SyncedByPeer { after } => {
                format!("{}  {} → {}", paint.cyan(state_name), outcome.before.short(), after.short())
            }
        },
        Some(Err(_)) => paint.red(state_name),
    })
}

fn tenant_json(tenant: &TenantOutcome) -> Value {
    let mut value = json!({ "tenant": tenant.tenant.name, "state": state(tenant) });
    match &tenant.result {
        None => {}
        Some(Err(error)) => value["error"] = json!(error.to_string()),
        Some(Ok(outcome)) => {
            value["before"] = json!(outcome.before);
            value["changes"] = json!(outcome.diff.change_count());
            match outcome.state {
                SyncState::Applied { after, tries } => {
                    value["after"] = json!(after);
                    value["tries"] = json!(tries);
                }
                SyncState::SyncedByPeer { after } => value["after"] = json!(after),
                SyncState::AlreadyInSync | SyncState::Planned => {}
            }
        }
    }
    value
}
