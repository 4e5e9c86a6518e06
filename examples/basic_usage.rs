//! Captures two SQLite tenants, blesses a snapshot, and brings both to it.
//!
//! `cargo run --example basic_usage`

use std::error::Error;
use std::sync::Arc;

use rusqlite::Connection;
use schema_sync::engine::registry::BLESSED;
use schema_sync::prelude::*;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    for tenant in ["acme.db", "globex.db"] {
        let connection = Connection::open(folder.path().join(tenant))?;
        connection.execute_batch("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)")?;
    }

    // An adapter reaches the tenants, a store keeps their histories; the engine is where the two meet.
    let adapter = Arc::new(SqliteAdapter::new(&format!("{}/*.db", folder.path().display()), &[])?);
    let engine =
        Engine::from_adapter(adapter.clone()).with_store(Arc::new(MemoryStore::new())).with_author("basic_usage");
    let tenants = engine.list_tenants().await?;
    for (tenant, captured) in tenants.iter().zip(engine.capture(&tenants, 2, &|_| ()).await?) {
        println!("{tenant} is {}", captured?.hash.short());
    }

    // What every tenant shall be comes as SQL; the ref `blessed` names it from now on.
    let sql = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT)";
    let target = adapter.inspect_sql(sql, "example").await?;
    let registry = engine.registry().ok_or("the engine has a store")?;
    let hash = registry.store().put(&target).await?;
    registry.bless(BLESSED, hash, Some("users have an email".to_owned())).await?;

    // Without a target, tenants are brought to what is blessed: each under its lock, in one transaction, verified.
    for tenant in &tenants {
        let outcome = engine.sync_tenant(tenant, None, true).await?;
        println!("{tenant}: applied {}, {} changes", outcome.applied(), outcome.diff.change_count());
        assert!(engine.sync_tenant(tenant, None, true).await?.already_in_sync());
    }
    Ok(())
}
