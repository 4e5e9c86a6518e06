//! A snapshot store and versioned schema registry for multi-tenant databases.

pub mod adapter;
pub mod kind;
pub mod plan;
pub mod postgres;

pub use schema_sync_store as store;
