//! Which tenants a command is about.

use clap::Args;
use schema_sync::adapter::TenantContext;
use schema_sync::engine::fleets::{Fleet, Fleets};

use super::failure::Failure;

/// Tenants by name, or all of them.
#[derive(Args)]
pub(super) struct Selection {
    /// Tenants, by their full names (eu/acme), or short ones where only one fleet has such a tenant
    #[arg(value_name = "TENANT")]
    pub(super) tenants: Vec<String>,
    /// All tenants of the fleets
    #[arg(long, conflicts_with = "tenants")]
    pub(super) all: bool,
    /// Only this fleet
    #[arg(long, value_name = "NAME")]
    pub(super) fleet: Option<String>,
}

/// Tenants to work on, by fleet.
pub(super) type Selected<'a> = Vec<(&'a Fleet, Vec<TenantContext>)>;

impl Selection {
    /// The tenants that are meant; those of the fleets are listed by their databases.
    pub(super) async fn of<'a>(&self, fleets: &'a Fleets) -> Result<Selected<'a>, Failure> {
        if self.all {
            return Ok(fleets.all().await?);
        }
        if self.tenants.is_empty() {
            return Err(Failure::usage("no tenant is named").help("name tenants, or say --all"));
        }
        Ok(fleets.select(&self.tenants).await?)
    }

    /// The same, where naming none means all.
    pub(super) async fn or_all<'a>(&self, fleets: &'a Fleets) -> Result<Selected<'a>, Failure> {
        if self.tenants.is_empty() { Ok(fleets.all().await?) } else { self.of(fleets).await }
    }
}
