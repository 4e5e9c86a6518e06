//! Plans a change that loses data: shows the steps and why the default policy refuses them. Nothing is changed.
//!
//! `cargo run --example dry_run`

use std::error::Error;
use std::sync::Arc;

use rusqlite::Connection;
use schema_sync::prelude::*;

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<(), Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    let path = folder.path().join("acme.db");
    Connection::open(&path)?.execute_batch("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT, pet TEXT)")?;

    let adapter = Arc::new(SqliteAdapter::new(&path.display().to_string(), &[])?);
    let target = adapter.inspect_sql("CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT)", "example").await?;
    let engine = Engine::from_adapter(adapter);
    let tenant = engine.list_tenants().await?.remove(0);

    let outcome = engine.sync_tenant(&tenant, Some(&target), false).await?;
    let plan = outcome.plan.ok_or("there is something to do")?;
    for statement in plan.statements() {
        println!("{statement};");
    }

    // The policy is asked before anything is run. What it refuses must be allowed by name.
    let refusal = Policy::default().check(&plan).err().ok_or("it loses data")?;
    println!("{refusal}");
    let allowed = Policy::allowing(vec!["data_loss=users.pet".parse::<Allowance>()?]);
    assert!(allowed.check(&plan).is_ok());
    Ok(())
}
