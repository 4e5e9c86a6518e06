//! A snapshot store and versioned schema registry for multi-tenant databases.

pub mod adapter;
pub mod config;
pub mod engine;
pub mod execute;
pub mod kind;
#[cfg(test)]
mod mock;
pub mod plan;
pub mod postgres;
pub mod sqlite;

pub use schema_sync_store as store;
