//! A snapshot store and versioned schema registry for multi-tenant databases.
//!
//! [`engine::Engine`] is where most programs begin: it captures tenants and brings them to a snapshot. What it needs is
//! an adapter of a database and, for histories, a store; see `examples/basic_usage.rs`.

pub mod adapter;
pub mod config;
pub mod engine;
pub mod execute;
pub mod kind;
#[cfg(test)]
mod mock;
pub mod plan;
pub mod postgres;
mod redact;
pub mod scope;
pub mod sqlite;

pub use schema_sync_store as store;

/// What most programs use.
pub mod prelude {
    pub use crate::adapter::{AdapterError, DatabaseAdapter, Location, TenantContext};
    pub use crate::engine::{Engine, EngineError, SyncOutcome, SyncState};
    pub use crate::execute::{ExecuteError, Execution, Executor, LockedExecutor};
    pub use crate::plan::{Allowance, MigrationPlan, MigrationStep, PlanError, Planner, Policy};
    pub use crate::postgres::{PostgresAdapter, TenantPattern};
    pub use crate::scope::{Include, Scope};
    pub use crate::sqlite::SqliteAdapter;
    pub use crate::store::{
        DiffCalculator, MemoryStore, SchemaDiff, SchemaSnapshot, SnapshotHash, SnapshotStore, SqliteStore, StoreError,
    };
}
