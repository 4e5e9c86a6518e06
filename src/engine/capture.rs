//! Capturing: inspect tenants, keep what was found, and append to their histories what is new.

use std::collections::HashMap;

use futures_util::{StreamExt, stream};
use schema_sync_store::{Append, Event, LogEntry, LogName, SchemaSnapshot, SnapshotHash, StoreError};

use super::registry::APPEND_TRIES_MAX;
use super::{Engine, EngineError, Registry};
use crate::adapter::TenantContext;

/// Tenants that one call inspects.
pub(super) const TENANTS_PER_BATCH: usize = 50;

/// What a capture found of one tenant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Captured {
    /// What the tenant is.
    pub hash: SnapshotHash,
    /// What its history ended with before.
    pub before: Option<SnapshotHash>,
    /// Whether its history had to be appended to.
    pub recorded: bool,
}

impl Engine {
    /// Inspects tenants, some 50 in a call and `concurrency` calls at once, and gives each its own answer, in the
    /// order given; `on_batch` hears how many were done.
    pub async fn inspect_all(
        &self,
        tenants: &[TenantContext],
        concurrency: usize,
        on_batch: &(dyn Fn(usize) + Sync),
    ) -> Vec<Result<SchemaSnapshot, EngineError>> {
        let inspector = self.adapter().inspector();
        let batches = stream::iter(tenants.chunks(TENANTS_PER_BATCH).map(|batch| {
            let inspector = inspector.clone();
            async move {
                let answers = inspector.inspect_schemas(batch).await;
                on_batch(batch.len());
                answers
            }
        }));
        let answers: Vec<_> = batches.buffered(concurrency.max(1)).collect().await;
        answers.into_iter().flatten().map(|answer| answer.map_err(EngineError::from)).collect()
    }

    /// Inspects tenants and appends `captured` to the history of each that is not what its history ends with; nothing
    /// at all is written for the others. Answers are in the order given.
    ///
    /// # Errors
    /// A store that fails as a whole, or none. Tenants that fail alone have their error in the answer.
    pub async fn capture(
        &self,
        tenants: &[TenantContext],
        concurrency: usize,
        on_batch: &(dyn Fn(usize) + Sync),
    ) -> Result<Vec<Result<Captured, EngineError>>, EngineError> {
        let registry = self.registry_or("capturing")?;
        let mut answers = Vec::with_capacity(tenants.len());
        // A round is as many tenants as are inspected at once, so that snapshots do not pile up in memory.
        for round in tenants.chunks(TENANTS_PER_BATCH * concurrency.max(1)) {
            let logs: Result<Vec<LogName>, _> = round.iter().map(|tenant| LogName::tenant(&tenant.name)).collect();
            let logs = logs.map_err(StoreError::from)?;
            // Read before the tenants are: whoever changes one and writes it down in the meantime makes the append
            // conflict, so that what was seen before never stands behind what is true now.
            let lasts = registry.store().last_entries(&logs).await?;
            let inspected = self.inspect_all(round, concurrency, on_batch).await;
            let seen = round.iter().zip(logs).zip(lasts).map(|((tenant, log), last)| Seen { tenant, log, last });
            answers.extend(self.record_captured(registry, seen.collect(), inspected).await?);
        }
        Ok(answers)
    }

    async fn record_captured(
        &self,
        registry: &Registry,
        seen: Vec<Seen<'_>>,
        inspected: Vec<Result<SchemaSnapshot, EngineError>>,
    ) -> Result<Vec<Result<Captured, EngineError>>, EngineError> {
        let mut answers: Vec<Result<Captured, EngineError>> = Vec::with_capacity(seen.len());
        let mut fresh: HashMap<SnapshotHash, SchemaSnapshot> = HashMap::new();
        let (mut changed, mut appends): (Vec<usize>, Vec<Append>) = (Vec::new(), Vec::new());
        for (index, (seen, snapshot)) in seen.iter().zip(inspected).enumerate() {
            answers.push(snapshot.map(|snapshot| {
                let captured = seen.compare(snapshot.hash());
                if captured.recorded {
                    changed.push(index);
                    appends.push(Append {
                        log: seen.log.clone(),
                        expected: seen.last.as_ref().map(|entry| entry.hash),
                        entry: registry.entry(Event::CAPTURED).snapshot(captured.hash),
                    });
                    fresh.insert(captured.hash, snapshot);
                }
                captured
            }));
        }
        registry.keep(&fresh.values().collect::<Vec<_>>()).await?;
        let appended = registry.store().append_all(appends).await;
        for (index, result) in changed.into_iter().zip(appended) {
            match result {
                Ok(_) => {}
                Err(StoreError::Conflict { .. }) => {
                    answers[index] = self.capture_again(registry, seen[index].tenant, &seen[index].log).await;
                }
                Err(error) => answers[index] = Err(error.into()),
            }
        }
        Ok(answers)
    }

    /// Somebody else wrote to the tenant's log after it was looked at: looks again.
    pub(super) async fn capture_again(
        &self,
        registry: &Registry,
        tenant: &TenantContext,
        log: &LogName,
    ) -> Result<Captured, EngineError> {
        let mut tries = 0;
        loop {
            let last = registry.store().last_entry(log).await?;
            let expected = last.as_ref().map(|entry| entry.hash);
            let live = self.inspect(tenant).await?;
            let captured = Seen { tenant, log: log.clone(), last }.compare(live.hash());
            if !captured.recorded {
                return Ok(captured);
            }
            registry.keep(&[&live]).await?;
            let entry = registry.entry(Event::CAPTURED).snapshot(captured.hash);
            match registry.store().append(log, expected.as_ref(), entry).await {
                Err(StoreError::Conflict { .. }) if tries < APPEND_TRIES_MAX => tries += 1,
                result => return result.map(|_| captured).map_err(EngineError::from),
            }
        }
    }
}

/// A tenant, and what its log ended with before it was looked at.
pub(super) struct Seen<'a> {
    pub(super) tenant: &'a TenantContext,
    pub(super) log: LogName,
    pub(super) last: Option<LogEntry>,
}

impl Seen<'_> {
    fn compare(&self, hash: SnapshotHash) -> Captured {
        let before = self.last.as_ref().and_then(|entry| entry.snapshot);
        Captured { hash, before, recorded: before != Some(hash) }
    }
}
