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
            let inspected = self.inspect_all(round, concurrency, on_batch).await;
            answers.extend(registry.record_captured(round, inspected).await?);
        }
        Ok(answers)
    }
}

impl Registry {
    async fn record_captured(
        &self,
        tenants: &[TenantContext],
        inspected: Vec<Result<SchemaSnapshot, EngineError>>,
    ) -> Result<Vec<Result<Captured, EngineError>>, EngineError> {
        let logs: Vec<LogName> = tenants
            .iter()
            .map(|tenant| LogName::tenant(&tenant.name))
            .collect::<Result<_, _>>()
            .map_err(StoreError::from)?;
        let lasts = self.store().last_entries(&logs).await?;
        let mut answers: Vec<Result<Captured, EngineError>> = Vec::with_capacity(tenants.len());
        let mut changed: Vec<(usize, SnapshotHash, Option<LogEntry>)> = Vec::new();
        let mut fresh: HashMap<SnapshotHash, SchemaSnapshot> = HashMap::new();
        for (index, (snapshot, last)) in inspected.into_iter().zip(lasts).enumerate() {
            answers.push(snapshot.map(|snapshot| {
                let (hash, before) = (snapshot.hash(), last.as_ref().and_then(|entry| entry.snapshot));
                if before != Some(hash) {
                    fresh.insert(hash, snapshot);
                    changed.push((index, hash, last));
                }
                Captured { hash, before, recorded: before != Some(hash) }
            }));
        }
        self.store().put_all(&fresh.into_values().collect::<Vec<_>>()).await?;
        let appends = changed.iter().map(|(index, hash, last)| Append {
            log: logs[*index].clone(),
            expected: last.as_ref().map(|entry| entry.hash),
            entry: self.entry(Event::CAPTURED).snapshot(*hash),
        });
        let appended = self.store().append_all(appends.collect()).await;
        for ((index, hash, _), result) in changed.into_iter().zip(appended) {
            let result = match result {
                Err(StoreError::Conflict { .. }) => self.capture_again(&logs[index], hash).await,
                Ok(_) => Ok(true),
                Err(error) => Err(error),
            };
            match (result, &mut answers[index]) {
                (Ok(recorded), Ok(captured)) => captured.recorded = recorded,
                (Err(error), answer) => *answer = Err(error.into()),
                (Ok(_), Err(_)) => {}
            }
        }
        Ok(answers)
    }

    /// Appends behind whoever came first, unless that says the same; answers whether anything was appended.
    async fn capture_again(&self, log: &LogName, hash: SnapshotHash) -> Result<bool, StoreError> {
        let mut tries = 0;
        loop {
            let last = self.store().last_entry(log).await?;
            if last.as_ref().and_then(|entry| entry.snapshot) == Some(hash) {
                return Ok(false);
            }
            let entry = self.entry(Event::CAPTURED).snapshot(hash);
            match self.store().append(log, last.as_ref().map(|entry| &entry.hash), entry).await {
                Err(StoreError::Conflict { .. }) if tries < APPEND_TRIES_MAX => tries += 1,
                result => return result.map(|_| true),
            }
        }
    }
}
