//! `tenants`: every tenant that the fleets have, as their databases list them.

use clap::Args;
use schema_sync::adapter::{Location, TenantContext};
use serde_json::{Value, json};

use super::Ending;
use super::failure::Failure;
use super::output::{print, print_json};
use super::session::Session;

/// List the tenants of the fleets
#[derive(Args)]
pub(super) struct Tenants {
    /// Only this fleet
    #[arg(long, value_name = "NAME")]
    fleet: Option<String>,
}

impl Tenants {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
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

fn place(location: &Location) -> String {
    match location {
        Location::Schema(name) => format!("schema {name}"),
        Location::Database(name) => format!("database {name}"),
        Location::File(path) => path.display().to_string(),
    }
}
