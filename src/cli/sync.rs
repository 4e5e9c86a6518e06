//! `sync`: bring tenants to a snapshot, now; or one database to another, with no store and no configuration.

use std::time::Duration;

use clap::Args;
use schema_sync::engine::fleets::EngineSetup;
use schema_sync::engine::registry::BLESSED;
use schema_sync::engine::{Cancellation, FleetOutcome, TenantOutcome, connect};
use schema_sync::plan::{Allowance, Policy};
use schema_sync::store::SchemaSnapshot;

use super::Ending;
use super::diff::say_uncompared;
use super::failure::Failure;
use super::output::{ask, print, print_json, progress, say};
use super::selection::{Selected, Selection};
use super::session::{Leave, Session};
use super::sync_report::Report;

/// Bring tenants to a snapshot, now; or with --source and --target one database, without a store
#[derive(Args)]
pub(super) struct Sync {
    #[command(flatten)]
    selection: Selection,
    /// The snapshot to bring them to
    #[arg(long, value_name = "REV", default_value = BLESSED)]
    to: String,
    /// Only show what would be done
    #[arg(long)]
    dry_run: bool,
    /// The snapshot to bring --target to
    #[arg(long, value_name = "REV", requires = "target", conflicts_with_all = ["tenants", "all", "fleet", "to"])]
    source: Option<String>,
    /// The database to bring to --source
    #[arg(long, value_name = "URL", requires = "source")]
    target: Option<String>,
    /// Do it: change --target
    #[arg(long, requires = "target", conflicts_with = "dry_run")]
    apply: bool,
    /// Seconds to wait for a tenant's lock
    #[arg(long, value_name = "SECONDS")]
    lock_timeout: Option<u64>,
    #[command(flatten)]
    permission: Permission,
}

const WITHOUT_TERMINAL: &str = "add --yes to change the tenants, or --dry-run to see what would be done";

/// What is allowed beyond the default.
#[derive(Args)]
pub(super) struct Permission {
    /// Allow a hazard, everywhere or on one object: data_loss, data_loss=users.email; may be given again
    #[arg(long, value_name = "HAZARD[=OBJECT]")]
    allow: Vec<String>,
    /// Needed beside --allow all
    #[arg(long)]
    force: bool,
}

impl Permission {
    /// The policy that this makes.
    pub(super) fn policy(&self) -> Result<Policy, Failure> {
        let mut allowed = Vec::with_capacity(self.allow.len());
        for text in &self.allow {
            let allowance: Allowance = text.parse().map_err(Failure::usage)?;
            if allowance == Allowance::All && !self.force {
                return Err(Failure::usage(
                    "--allow all lets every hazard pass, on every object: rows may be lost for good",
                )
                .help("name what is meant, as in --allow data_loss=users.email; or add --force"));
            }
            allowed.push(allowance);
        }
        Ok(Policy::allowing(allowed))
    }
}

impl Sync {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        let leave =
            Leave { policy: self.permission.policy()?, lock_timeout: self.lock_timeout.map(Duration::from_secs) };
        let report = match (&self.source, &self.target) {
            (Some(source), Some(url)) => self.sync_database(session, source, url, leave).await?,
            _ => self.sync_fleets(session, leave).await?,
        };
        if is_json {
            print_json(&report.as_json())?
        } else {
            print(&report.as_text())?
        }
        say_uncompared(report.diffs());
        report.ending()
    }

    /// One database to a snapshot, with no store and no configuration.
    async fn sync_database(&self, session: &Session, source: &str, url: &str, leave: Leave) -> Result<Report, Failure> {
        if !(self.apply || self.dry_run) {
            return Err(Failure::usage("it is not said whether to change the target")
                .help("--dry-run shows what would be done, --apply does it"));
        }
        let (adapter, tenant) = connect::database(url, &session.scope().await?).await?;
        let target = session.resolve_beside(source, Some(adapter.clone())).await?;
        let Leave { policy, lock_timeout } = leave;
        let setup = EngineSetup { policy: policy.clone(), lock_timeout, ..EngineSetup::default() };
        let engine = setup.engine(adapter);
        let cancellation = cancel_on_signal();
        let outcome = engine.sync_tenants(&[tenant], &target, self.apply, 1, &cancellation, &|_| ()).await;
        Ok(Report::new(target.hash(), self.dry_run, policy, vec![outcome]))
    }

    async fn sync_fleets(&self, session: &Session, leave: Leave) -> Result<Report, Failure> {
        if !self.dry_run {
            // Without a store nothing would be written down of what is done.
            session.registry().await?;
        }
        let target = session.resolve(&self.to).await?;
        let policy = leave.policy.clone();
        let fleets = session.fleets(self.selection.fleet.as_deref(), leave).await?;
        let selected = self.selection.of(&fleets).await?;
        if !self.dry_run && session.must_ask("this changes tenants", WITHOUT_TERMINAL)? {
            let planned = run(&selected, &target, false, &Cancellation::default()).await;
            say(&Report::new(target.hash(), true, policy.clone(), planned).as_text());
            if !ask("Do it?")? {
                return Err(Failure::refused("not confirmed; nothing was changed"));
            }
        }
        let cancellation = cancel_on_signal();
        let outcomes = run(&selected, &target, !self.dry_run, &cancellation).await;
        Ok(Report::new(target.hash(), self.dry_run, policy, outcomes))
    }
}

async fn run(
    selected: &Selected<'_>,
    target: &SchemaSnapshot,
    execute: bool,
    cancellation: &Cancellation,
) -> Vec<FleetOutcome> {
    let total = selected.iter().map(|(_, tenants)| tenants.len()).sum();
    let bar = progress(if execute { "syncing" } else { "planning" }, total);
    let on_tenant = |_: &TenantOutcome| bar.inc(1);
    let mut outcomes = Vec::with_capacity(selected.len());
    for (fleet, tenants) in selected {
        let concurrency = fleet.config.concurrency;
        let outcome = fleet.engine.sync_tenants(tenants, target, execute, concurrency, cancellation, &on_tenant).await;
        outcomes.push(outcome);
    }
    bar.finish_and_clear();
    outcomes
}

/// Wishes to stop at the first Ctrl-C or termination signal; at the second one the program ends at once, and the
/// databases roll back what was running.
fn cancel_on_signal() -> Cancellation {
    let cancellation = Cancellation::default();
    let wish = cancellation.clone();
    tokio::spawn(async move {
        while wait_for_signal().await {
            if wish.is_cancelled() {
                std::process::exit(4);
            }
            wish.cancel();
            say(
                "stopping: tenants that have begun are finished or rolled back, the rest is left alone; again to end now",
            );
        }
    });
    cancellation
}

/// Answers whether there was a signal; where signals cannot be heard, the system's default action stays.
async fn wait_for_signal() -> bool {
    #[cfg(unix)]
    {
        use tokio::signal::unix::{SignalKind, signal};
        let Ok(mut terminate) = signal(SignalKind::terminate()) else { return false };
        tokio::select! {
            interrupted = tokio::signal::ctrl_c() => interrupted.is_ok(),
            received = terminate.recv() => received.is_some(),
        }
    }
    #[cfg(not(unix))]
    tokio::signal::ctrl_c().await.is_ok()
}
