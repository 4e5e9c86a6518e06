//! Audit: what each tenant was at some time, who made it so, what it is now by its log, and on request what its database
//! says. Only reads. Damage of one log or snapshot is told in its tenant's row and hides no other.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use futures_util::{StreamExt, stream};
use jiff::Timestamp;
use schema_sync_store::{DiffCalculator, LogEntry, LogName, LogRange, SchemaDiff, SnapshotHash, StoreError};

use super::connect;
use super::fleets::Fleets;
use super::registry::{Registry, RegistryError};
use super::walk::{LOGS_AT_ONCE, Walk};
use crate::adapter::TenantContext;
use crate::kind::DialectDiff;

/// Entries that are read at once: few, as the newest tell as a rule.
const ENTRIES_AT_ONCE: usize = 16;

/// What a log says that a tenant was.
#[derive(Debug, Clone, PartialEq)]
pub struct Recorded {
    /// The snapshot.
    pub hash: SnapshotHash,
    /// The entry that brought it: who, when, and by what.
    pub entry: LogEntry,
}

/// What a tenant's database says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Live {
    /// It is this.
    Found(SnapshotHash),
    /// There is no such tenant in its fleet any more, or no such fleet.
    Gone,
    /// It could not be looked at.
    Failed(String),
}

/// What is known of one tenant.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Row {
    /// Its full name.
    pub tenant: String,
    /// What it was at the time; none where it had no history yet.
    pub then: Option<Recorded>,
    /// What it is by its log; none where it has no log.
    pub now: Option<Recorded>,
    /// When its history begins, where it had none yet.
    pub begins: Option<Timestamp>,
    /// What its database says, where that was asked.
    pub live: Option<Live>,
    /// Why its log cannot be read, where it cannot.
    pub error: Option<String>,
}

impl Row {
    /// The snapshots that the tenant was and is, where they differ.
    #[must_use]
    pub fn change(&self) -> Option<(SnapshotHash, SnapshotHash)> {
        let pair = (self.then.as_ref()?.hash, self.now.as_ref()?.hash);
        (pair.0 != pair.1).then_some(pair)
    }

    /// The snapshots that the tenant is by its log and by its database, where they differ.
    #[must_use]
    pub fn drift(&self) -> Option<(SnapshotHash, SnapshotHash)> {
        match (&self.now, &self.live) {
            (Some(now), Some(Live::Found(live))) if now.hash != *live => Some((now.hash, *live)),
            _ => None,
        }
    }
}

/// What an audit found.
#[derive(Debug, Clone, PartialEq)]
pub struct Audit {
    /// The time that was asked for.
    pub at: Timestamp,
    /// Each tenant, sorted by name.
    pub rows: Vec<Row>,
    /// What differs within each pair of snapshots that parts a tenant then from now; or why that cannot be told.
    pub changes: HashMap<(SnapshotHash, SnapshotHash), Result<SchemaDiff, String>>,
}

impl Registry {
    /// What these tenants were at a time, and what they are; all tenants that have a history where none is named.
    ///
    /// # Errors
    /// Names that mean no tenant, and a store that cannot be listed.
    pub async fn audit(&self, tenants: &[String], at: Timestamp) -> Result<Audit, RegistryError> {
        let logs = self.logs_of_tenants(tenants).await?;
        let mut audit = Audit { at, rows: Vec::with_capacity(logs.len()), changes: HashMap::new() };
        let mut rows = stream::iter(logs.iter().map(|log| self.row(log, at))).buffered(LOGS_AT_ONCE);
        while let Some(row) = rows.next().await {
            audit.rows.push(row);
        }
        for pair in audit.rows.iter().filter_map(Row::change) {
            if let Entry::Vacant(place) = audit.changes.entry(pair) {
                place.insert(self.difference(&pair.0, &pair.1).await.map_err(|error| error.to_string()));
            }
        }
        Ok(audit)
    }

    async fn row(&self, log: &LogName, at: Timestamp) -> Row {
        let row = Row { tenant: log.tenant_name().unwrap_or_else(|| log.to_string()), ..Row::default() };
        let read = async || -> Result<Row, StoreError> {
            let (then, now) = self.recorded(log, at).await?;
            let begins = if then.is_none() { self.begins(log).await? } else { None };
            Ok(Row { then, now, begins, ..row.clone() })
        };
        read().await.unwrap_or_else(|error| Row { error: Some(error.to_string()), ..row.clone() })
    }

    /// The logs of tenants by their full or short names; all of them where none is named.
    pub(super) async fn logs_of_tenants(&self, tenants: &[String]) -> Result<Vec<LogName>, RegistryError> {
        if tenants.is_empty() {
            return Ok(self.store().logs("tenants/").await?);
        }
        let mut logs = Vec::with_capacity(tenants.len());
        for tenant in tenants {
            logs.push(self.log_of(&super::revision::Subject::Tenant(tenant.clone())).await?);
        }
        logs.sort();
        logs.dedup();
        Ok(logs)
    }

    /// What a log says of a time and of now.
    async fn recorded(&self, log: &LogName, at: Timestamp) -> Result<(Option<Recorded>, Option<Recorded>), StoreError> {
        let now = self.recorded_within(log, LogRange::last(ENTRIES_AT_ONCE)).await?;
        if now.as_ref().is_some_and(|now| now.entry.time <= at) {
            return Ok((now.clone(), now));
        }
        Ok((self.recorded_within(log, LogRange::last(ENTRIES_AT_ONCE).as_of(at)).await?, now))
    }

    /// The newest snapshot of a range of a log, and the entry that brought it: the oldest of those that name it in a row.
    async fn recorded_within(&self, log: &LogName, range: LogRange) -> Result<Option<Recorded>, StoreError> {
        let mut walk = Walk::new(self.store(), log, range);
        let mut recorded: Option<Recorded> = None;
        loop {
            let page = walk.next_page().await?;
            if page.is_empty() {
                return Ok(recorded);
            }
            for entry in page {
                let Some(hash) = entry.snapshot else { continue };
                if recorded.as_ref().is_some_and(|recorded| recorded.hash != hash) {
                    return Ok(recorded);
                }
                recorded = Some(Recorded { hash, entry });
            }
        }
    }

    async fn begins(&self, log: &LogName) -> Result<Option<Timestamp>, StoreError> {
        let first = self.store().read(log, LogRange::last(1).before(2)).await?;
        Ok(first.first().map(|entry| entry.time))
    }

    /// What differs between two snapshots of the store, as their database tells them apart.
    async fn difference(&self, from: &SnapshotHash, to: &SnapshotHash) -> Result<SchemaDiff, RegistryError> {
        let (from, to) = (self.get(from).await?, self.get(to).await?);
        Ok(match connect::dialect(to.dialect()) {
            Some(dialect) if from.dialect() == to.dialect() => DialectDiff(dialect).calculate(&from, &to),
            _ => schema_sync_store::ExactDiff.calculate(&from, &to),
        })
    }
}

impl Audit {
    /// Looks at the tenants' databases: reads only, and locks nothing. With `all`, tenants that have no history are
    /// added; `on_batch` hears how many were looked at.
    ///
    /// # Errors
    /// Databases whose tenants cannot be listed; a tenant that cannot be looked at is told in its row.
    pub async fn compare_live(
        &mut self,
        fleets: &Fleets,
        all: bool,
        on_batch: &(dyn Fn(usize) + Sync),
    ) -> Result<(), super::fleets::FleetError> {
        let mut index: HashMap<String, usize> =
            self.rows.iter().enumerate().map(|(index, row)| (row.tenant.clone(), index)).collect();
        for row in &mut self.rows {
            row.live = Some(Live::Gone);
        }
        for (fleet, mut tenants) in fleets.all().await? {
            tenants.retain(|tenant| all || index.contains_key(&tenant.name));
            let inspected = fleet.engine.inspect_all(&tenants, fleet.config.concurrency, on_batch).await;
            for (tenant, answer) in tenants.into_iter().zip(inspected) {
                let live = match answer {
                    Ok(snapshot) => Live::Found(snapshot.hash()),
                    Err(error) => Live::Failed(error.to_string()),
                };
                let TenantContext { name, .. } = tenant;
                let row = *index.entry(name.clone()).or_insert(self.rows.len());
                if row == self.rows.len() {
                    self.rows.push(Row { tenant: name, ..Row::default() });
                }
                self.rows[row].live = Some(live);
            }
        }
        self.rows.sort_by(|left, right| left.tenant.cmp(&right.tenant));
        Ok(())
    }

    /// How many changes part what a tenant was from what it is, where that can be told.
    #[must_use]
    pub fn change_count(&self, row: &Row) -> Option<usize> {
        match row.change() {
            None => (row.then.is_some() && row.now.is_some()).then_some(0),
            Some(pair) => self.changes.get(&pair)?.as_ref().ok().map(SchemaDiff::change_count),
        }
    }
}
