//! Fails when a tenant is not what the repository's schema says: what a CI job does with the library.
//!
//! `cargo run --example ci_validation`

use std::error::Error;
use std::process::ExitCode;
use std::sync::Arc;

use rusqlite::Connection;
use schema_sync::kind::DialectDiff;
use schema_sync::prelude::*;

const SCHEMA: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL)";

#[tokio::main]
#[expect(clippy::print_stdout, reason = "an example shows what it does")]
async fn main() -> Result<ExitCode, Box<dyn Error>> {
    let folder = tempfile::tempdir()?;
    Connection::open(folder.path().join("acme.db"))?.execute_batch(SCHEMA)?;
    let drifted = Connection::open(folder.path().join("globex.db"))?;
    drifted.execute_batch(&format!("{SCHEMA}; CREATE INDEX by_hand ON users (name)"))?;

    let adapter = Arc::new(SqliteAdapter::new(&format!("{}/*.db", folder.path().display()), &[])?);
    let expected = adapter.inspect_sql(SCHEMA, "schema.sql").await?;
    let dialect = adapter.dialect();
    let engine = Engine::from_adapter(adapter);
    let mut all_valid = true;
    for tenant in engine.list_tenants().await? {
        let diff = DialectDiff(dialect).calculate(&engine.inspect(&tenant).await?, &expected);
        println!("{tenant}: {}", if diff.is_empty() { "valid" } else { "differs" });
        for object in &diff.removed {
            println!("  has {}, which the schema does not have", object.id);
        }
        all_valid &= diff.is_empty();
    }
    Ok(if all_valid { ExitCode::SUCCESS } else { ExitCode::from(1) })
}
