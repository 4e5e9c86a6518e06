//! The fleets of a configuration: an engine each, and the tenants by their full or short names.

use std::collections::BTreeSet;
use std::sync::Arc;

use schema_sync_store::SnapshotStore;

use super::registry::{Miss, pick_tenant};
use super::{Engine, EngineError, connect, suggest};
use crate::adapter::{AdapterError, DatabaseAdapter, TenantContext};
use crate::config::{Config, ConfigError, FleetConfig, TenantsConfig};
use crate::plan::Policy;
use crate::scope::Include;

/// Why fleets or their tenants are not what was asked for.
#[derive(Debug, thiserror::Error)]
pub enum FleetError {
    /// The configuration is not usable.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A fleet's URL is not usable.
    #[error("fleet {fleet}: {error}")]
    Connect {
        /// The fleet's name.
        fleet: String,
        /// What is wrong with it.
        #[source]
        error: AdapterError,
    },
    /// The configuration has no fleet.
    #[error("no fleet is configured, so there are no tenants")]
    NoFleet,
    /// A fleet's pattern finds nothing.
    #[error("fleet {fleet}: {pattern} finds no tenant")]
    NoTenants {
        /// The fleet's name.
        fleet: String,
        /// What its tenants are, as configured.
        pattern: String,
    },
    /// No tenant of that name.
    #[error("there is no tenant {name}{}", suggest::did_you_mean(.similar.as_deref()))]
    UnknownTenant {
        /// What was typed.
        name: String,
        /// The tenant whose name is nearest.
        similar: Option<String>,
    },
    /// No fleet of that name.
    #[error("there is no fleet {name}{}", suggest::did_you_mean(.similar.as_deref()))]
    UnknownFleet {
        /// What was typed.
        name: String,
        /// The fleet whose name is nearest.
        similar: Option<String>,
    },
    /// A short name that several fleets have.
    #[error("`{name}` is the name of several tenants: {}; write the full name", .candidates.join(", "))]
    AmbiguousTenant {
        /// What was typed.
        name: String,
        /// The full names.
        candidates: Vec<String>,
    },
    /// The database failed.
    #[error(transparent)]
    Engine(#[from] EngineError),
}

/// How each fleet's engine is made.
#[derive(Clone, Default)]
pub struct EngineSetup {
    /// The store, where there is one.
    pub store: Option<Arc<dyn SnapshotStore>>,
    /// Who signs log entries.
    pub author: Option<String>,
    /// What is allowed.
    pub policy: Policy,
    /// How long a tenant's lock is waited for.
    pub lock_timeout: Option<std::time::Duration>,
    /// What is looked at beyond what the configuration says.
    pub include: BTreeSet<Include>,
}

impl EngineSetup {
    /// An engine made so, for this database.
    #[must_use]
    pub fn engine(&self, adapter: Arc<dyn DatabaseAdapter>) -> Engine {
        let mut engine = Engine::from_adapter(adapter).with_policy(self.policy.clone());
        if let Some(author) = &self.author {
            engine = engine.with_author(author);
        }
        if let Some(store) = &self.store {
            engine = engine.with_store(Arc::clone(store));
        }
        match self.lock_timeout {
            Some(lock_timeout) => engine.with_lock_timeout(lock_timeout),
            None => engine,
        }
    }
}

/// One fleet: its configuration, and the engine for its tenants.
pub struct Fleet {
    /// As configured.
    pub config: FleetConfig,
    /// The engine; tenants carry the fleet's name in theirs.
    pub engine: Engine,
}

impl Fleet {
    /// Its tenants, at least one.
    ///
    /// # Errors
    /// What the database answers, and a pattern that finds nothing.
    pub async fn tenants(&self) -> Result<Vec<TenantContext>, FleetError> {
        let tenants = self.engine.list_tenants().await?;
        if tenants.is_empty() {
            let pattern = match &self.config.tenants {
                TenantsConfig::Schemas(pattern) => format!("the pattern `{pattern}` for schemas"),
                TenantsConfig::Databases(pattern) => format!("the pattern `{pattern}` for databases"),
                TenantsConfig::Files(pattern) => format!("the pattern `{pattern}` for files"),
            };
            return Err(FleetError::NoTenants { fleet: self.config.name.clone(), pattern });
        }
        Ok(tenants)
    }
}

/// All fleets of a configuration.
pub struct Fleets(Vec<Fleet>);

impl Fleets {
    /// The fleets of this configuration, or the one of this name. Nothing is connected to yet.
    ///
    /// # Errors
    /// URLs that are not usable, variables that are not set, no fleet at all.
    pub fn open(config: &Config, only: Option<&str>, setup: &EngineSetup) -> Result<Self, FleetError> {
        let chosen = config.fleets.iter().filter(|fleet| only.is_none_or(|only| only == fleet.name));
        let mut fleets = Vec::new();
        for fleet in chosen {
            let url = fleet.resolved_url()?;
            let adapter = connect::fleet(&url, fleet, &config.folder, fleet.scope.including(&setup.include))
                .map_err(|error| FleetError::Connect { fleet: fleet.name.clone(), error })?;
            let engine = setup.engine(adapter).with_fleet(fleet.name.clone());
            fleets.push(Fleet { config: fleet.clone(), engine });
        }
        match only {
            Some(name) if fleets.is_empty() => {
                let names: Vec<String> = config.fleets.iter().map(|fleet| fleet.name.clone()).collect();
                let similar = suggest::nearest(name, &names);
                Err(FleetError::UnknownFleet { name: name.to_owned(), similar })
            }
            _ if fleets.is_empty() => Err(FleetError::NoFleet),
            _ => Ok(Self(fleets)),
        }
    }

    /// Each fleet.
    pub fn iter(&self) -> impl Iterator<Item = &Fleet> {
        self.0.iter()
    }

    /// Each fleet with all its tenants.
    ///
    /// # Errors
    /// What the databases answer, and patterns that find nothing.
    pub async fn all(&self) -> Result<Vec<(&Fleet, Vec<TenantContext>)>, FleetError> {
        let mut all = Vec::with_capacity(self.0.len());
        for fleet in &self.0 {
            all.push((fleet, fleet.tenants().await?));
        }
        Ok(all)
    }

    /// The tenant of this full or short name, and its fleet.
    ///
    /// # Errors
    /// A name that means no tenant, with the nearest that does, or several.
    pub async fn find(&self, name: &str) -> Result<(&Fleet, TenantContext), FleetError> {
        let selected = self.select(&[name.to_owned()]).await?;
        let found = selected.into_iter().find_map(|(fleet, tenants)| Some((fleet, tenants.into_iter().next()?)));
        found.ok_or_else(|| FleetError::UnknownTenant { name: name.to_owned(), similar: None })
    }

    /// The tenants of these full or short names, by fleet.
    ///
    /// # Errors
    /// Names that mean no tenant, with the nearest that does, or several.
    pub async fn select(&self, names: &[String]) -> Result<Vec<(&Fleet, Vec<TenantContext>)>, FleetError> {
        let all = self.all().await?;
        let full_names: Vec<String> =
            all.iter().flat_map(|(_, tenants)| tenants.iter().map(|tenant| tenant.name.clone())).collect();
        let mut chosen = Vec::with_capacity(names.len());
        for name in names {
            chosen.push(pick_tenant(name, &full_names).map_err(|miss| match miss {
                Miss::None(similar) => FleetError::UnknownTenant { name: name.clone(), similar },
                Miss::Several(candidates) => FleetError::AmbiguousTenant { name: name.clone(), candidates },
            })?);
        }
        let selected = all.into_iter().map(|(fleet, mut tenants)| {
            tenants.retain(|tenant| chosen.contains(&tenant.name));
            (fleet, tenants)
        });
        Ok(selected.filter(|(_, tenants)| !tenants.is_empty()).collect())
    }
}
