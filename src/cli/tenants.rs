//! `tenants`: every tenant that the fleets have, as their databases list them; or that the store has a history of.

use clap::Args;
use schema_sync::adapter::{Location, TenantContext};
use schema_sync::store::LogEntry;
use serde_json::{Value, json};

use super::Ending;
use super::failure::Failure;
use super::output::{Paint, print, print_json, say};
use super::session::Session;

/// List the tenants of the fleets, or those that have a history
#[derive(Args)]
pub(super) struct Tenants {
    /// Those that have a history in the store, and what they were last; needs no database
    #[arg(long, conflicts_with = "fleet")]
    recorded: bool,
    /// Only this fleet
    #[arg(long, value_name = "NAME")]
    fleet: Option<String>,
}

impl Tenants {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        if self.recorded {
            return list_recorded(session, is_json).await;
        }
        let fleets = session.live_fleets(self.fleet.as_deref()).await?;
        let all = fleets.all().await?;
        let tenants: Vec<&TenantContext> = all.iter().flat_map(|(_, tenants)| tenants).collect();
        if is_json {
            let tenants: Vec<Value> =
                tenants.iter().map(|tenant| json!({ "tenant": tenant.name, "location": tenant.location })).collect();
            print_json(&json!({ "tenants": tenants }))?;
        } else {
            let width = tenants.iter().map(|tenant| tenant.name.chars().count()).max().unwrap_or(0);
            let line = |tenant: &&TenantContext| format!("{:<width$}  {}\n", tenant.name, place(&tenant.location));
            print(&tenants.iter().map(line).collect::<String>())?;
        }
        Ok(Ending::Done)
    }
}

async fn list_recorded(session: &Session, is_json: bool) -> Result<Ending, Failure> {
    let recorded = session.records().await?.tenants_recorded().await?;
    if is_json {
        let tenants: Vec<Value> =
            recorded.iter().map(|(tenant, entry)| json!({ "tenant": tenant, "entry": entry })).collect();
        print_json(&json!({ "tenants": tenants }))?;
        return Ok(Ending::Done);
    }
    if recorded.is_empty() {
        say("no tenant has a history yet; `schema-sync capture --all` begins it");
    }
    let paint = Paint::for_stdout();
    let width = recorded.iter().map(|(tenant, _)| tenant.chars().count()).max().unwrap_or(0);
    let line = |(tenant, entry): &(String, LogEntry)| {
        let hash = entry.snapshot.map_or_else(|| "-".repeat(12), |hash| hash.short());
        let time = entry.time.strftime("%Y-%m-%d %H:%M:%SZ");
        format!("{tenant:<width$}  {}  {} {time} by {}\n", paint.yellow(&hash), entry.event, entry.author)
    };
    print(&recorded.iter().map(line).collect::<String>())?;
    Ok(Ending::Done)
}

fn place(location: &Location) -> String {
    match location {
        Location::Schema(name) => format!("schema {name}"),
        Location::Database(name) => format!("database {name}"),
        Location::File(path) => path.display().to_string(),
    }
}
