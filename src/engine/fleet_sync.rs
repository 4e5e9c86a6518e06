//! Bringing many tenants to a snapshot, several at once, so that it can be stopped at any time: who has begun is
//! finished or rolled back, who has not is left alone.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use futures_util::{StreamExt, stream};
use schema_sync_store::SchemaSnapshot;

use super::capture::TENANTS_PER_BATCH;
use super::{Engine, EngineError, SyncOutcome};
use crate::adapter::TenantContext;

/// A wish to stop, shared by whoever may have it and whoever heeds it.
#[derive(Debug, Clone, Default)]
pub struct Cancellation(Arc<AtomicBool>);

impl Cancellation {
    /// Wishes to stop.
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    /// Whether somebody wishes to stop.
    #[must_use]
    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// What became of one tenant of many.
#[derive(Debug)]
pub struct TenantOutcome {
    /// The tenant.
    pub tenant: TenantContext,
    /// What became of it; none where it was left alone because of a wish to stop.
    pub result: Option<Result<SyncOutcome, EngineError>>,
}

/// What became of many tenants, in the order given.
#[derive(Debug)]
pub struct FleetOutcome {
    /// Each of them.
    pub tenants: Vec<TenantOutcome>,
}

impl FleetOutcome {
    /// Whether every tenant is what it should be, or was planned as wished.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.tenants.iter().all(|tenant| matches!(tenant.result, Some(Ok(_))))
    }
}

impl Engine {
    /// Brings tenants to `target`, `concurrency` of them at once; with `execute` false only plans. Each fails alone.
    ///
    /// `on_tenant` hears of each tenant as it ends. Dropping the future rolls back those that run.
    pub async fn sync_tenants(
        &self,
        tenants: &[TenantContext],
        target: &SchemaSnapshot,
        execute: bool,
        concurrency: usize,
        cancellation: &Cancellation,
        on_tenant: &(dyn Fn(&TenantOutcome) + Sync),
    ) -> FleetOutcome {
        let mut outcomes = Vec::with_capacity(tenants.len());
        for round in tenants.chunks(TENANTS_PER_BATCH * concurrency.max(1)) {
            if cancellation.is_cancelled() {
                outcomes.extend(round.iter().map(|tenant| TenantOutcome { tenant: tenant.clone(), result: None }));
                continue;
            }
            let inspected = self.inspect_all(round, concurrency, &|_| ()).await;
            let running = round.iter().zip(inspected).map(|(tenant, live)| async move {
                let result = if cancellation.is_cancelled() {
                    None
                } else {
                    Some(match live {
                        Ok(live) => self.sync_inspected(tenant, &live, target, execute).await,
                        Err(error) => Err(error),
                    })
                };
                let outcome = TenantOutcome { tenant: tenant.clone(), result };
                on_tenant(&outcome);
                outcome
            });
            outcomes.extend(stream::iter(running).buffered(concurrency.max(1)).collect::<Vec<_>>().await);
        }
        FleetOutcome { tenants: outcomes }
    }
}
