//! How a command fails: one line of what is wrong, what to do, and the exit code.

use schema_sync::adapter::AdapterError;
use schema_sync::config::ConfigError;
use schema_sync::engine::EngineError;
use schema_sync::engine::bundle::BundleError;
use schema_sync::engine::fleets::FleetError;
use schema_sync::engine::registry::RegistryError;
use schema_sync::engine::resolve::ResolveError;
use schema_sync::execute::ExecuteError;
use schema_sync::plan::PlanError;
use schema_sync::store::{SnapshotError, StoreError};

const USAGE: u8 = 2;
const REFUSED: u8 = 3;
const FAILED: u8 = 4;

/// Why a command did not do what it was asked.
#[derive(Debug)]
pub(super) struct Failure {
    /// 2 usage or configuration, 3 refused, 4 failed.
    pub(super) exit_code: u8,
    /// What is wrong, and what would be lost.
    pub(super) message: String,
    /// What to do.
    pub(super) help: Option<String>,
}

impl Failure {
    fn new(exit_code: u8, message: impl Into<String>) -> Self {
        Self { exit_code, message: message.into(), help: None }
    }

    /// The user asked for something that means nothing.
    pub(super) fn usage(message: impl Into<String>) -> Self {
        Self::new(USAGE, message)
    }

    /// It could be done, and is not.
    pub(super) fn refused(message: impl Into<String>) -> Self {
        Self::new(REFUSED, message)
    }

    /// It was tried, and failed.
    pub(super) fn failed(message: impl Into<String>) -> Self {
        Self::new(FAILED, message)
    }

    /// The same, with what to do about it.
    pub(super) fn help(mut self, help: impl Into<String>) -> Self {
        self.help = Some(help.into());
        self
    }

    fn maybe_help(mut self, help: Option<&str>) -> Self {
        self.help = help.map(str::to_owned);
        self
    }
}

impl From<AdapterError> for Failure {
    fn from(error: AdapterError) -> Self {
        let (exit_code, help) = match &error {
            AdapterError::Url { .. } | AdapterError::Load { .. } => (USAGE, None),
            AdapterError::TenantMissing { .. } => (USAGE, Some("`schema-sync tenants` lists those that there are")),
            AdapterError::Hidden { .. } => (
                REFUSED,
                Some("a snapshot without them would lie; grant the role the right to read them, or use another role"),
            ),
            AdapterError::LockTimeout { .. } => {
                (FAILED, Some("nothing was changed; wait for the other session, or give --lock-timeout more seconds"))
            }
            AdapterError::InDoubt { .. } => (FAILED, Some("`schema-sync capture` looks again and says what is there")),
            _ => (FAILED, None),
        };
        Self::new(exit_code, error.to_string()).maybe_help(help)
    }
}

impl From<ConfigError> for Failure {
    fn from(error: ConfigError) -> Self {
        Self::usage(error.to_string())
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        let (exit_code, help) = match &error {
            StoreError::Missing { .. } => (USAGE, None),
            StoreError::Url { .. } | StoreError::LogName(_) | StoreError::NotAStore { .. } => (USAGE, None),
            StoreError::Unknown { .. } | StoreError::NotFound { .. } => {
                (USAGE, Some("`schema-sync log tenant:NAME` and `schema-sync refs` show the hashes that there are"))
            }
            StoreError::Ambiguous { .. } => (USAGE, Some("type more of its digits")),
            StoreError::Conflict { .. } => {
                (FAILED, Some("somebody else was first; look at what they did, and try again"))
            }
            _ => (FAILED, None),
        };
        Self::new(exit_code, error.to_string()).maybe_help(help)
    }
}

impl From<RegistryError> for Failure {
    fn from(error: RegistryError) -> Self {
        let help = match &error {
            RegistryError::Store(_) => None,
            RegistryError::UnknownRef { .. } => Some(
                "`schema-sync refs` lists the refs; `schema-sync bless REV` makes `blessed`; a path ends in `.sql` or `/`",
            ),
            RegistryError::UnknownTenant { .. } => Some("`schema-sync capture NAME` begins its history"),
            RegistryError::NoSuchEntry { .. } => Some("`schema-sync log` shows what there is"),
            RegistryError::UnknownObject { .. } => Some(
                "an object is named as in `users.email`; `schema-sync log REF --object NAME` also finds those that are gone",
            ),
            RegistryError::RefMoved { .. } => {
                Some("somebody else was first; `schema-sync log` shows who, and what for")
            }
            RegistryError::Unmodelled { .. } => Some(
                "a plan that would have to make, change or drop one of them is refused; where every tenant has them \
                 alike no plan does: --force moves the ref nevertheless",
            ),
            RegistryError::AmbiguousTenant { .. } | RegistryError::RefName { .. } => None,
        };
        match error {
            RegistryError::Store(error) => error.into(),
            error @ RegistryError::RefMoved { .. } => Self::failed(error.to_string()).maybe_help(help),
            error @ RegistryError::Unmodelled { .. } => Self::refused(error.to_string()).maybe_help(help),
            error => Self::usage(error.to_string()).maybe_help(help),
        }
    }
}

impl From<BundleError> for Failure {
    fn from(error: BundleError) -> Self {
        match error {
            BundleError::Registry(error) => error.into(),
            BundleError::File(error) => Self::failed(format!("the bundle was not written: {error}")),
        }
    }
}

impl From<PlanError> for Failure {
    fn from(error: PlanError) -> Self {
        let (exit_code, help) = match &error {
            PlanError::Unmodelled(_) => {
                (REFUSED, Some("nothing was changed; make these equal by hand on both sides, then plan again"))
            }
            PlanError::Incomparable(_) => (
                REFUSED,
                Some("nothing was changed; make them anew from one text on both sides, or capture both on one version"),
            ),
            PlanError::DialectMismatch { .. } => (USAGE, Some("both sides must be of one database")),
            PlanError::Malformed { .. } => (FAILED, None),
            PlanError::Refused { .. } | PlanError::Cycle(_) => (REFUSED, Some("nothing was changed")),
        };
        Self::new(exit_code, error.to_string()).maybe_help(help)
    }
}

impl From<ExecuteError> for Failure {
    fn from(error: ExecuteError) -> Self {
        let (exit_code, help) = match &error {
            ExecuteError::ChecksFailed { .. } => (REFUSED, Some("correct the rows, or bless another snapshot")),
            ExecuteError::PlanIsStale { .. } => (FAILED, Some("run the same command again: it plans anew")),
            ExecuteError::InDoubt { .. } => (FAILED, Some("`schema-sync capture` looks again and says what is there")),
            ExecuteError::Untouched(AdapterError::LockTimeout { .. }) => {
                (FAILED, Some("wait for the other session, or give --lock-timeout more seconds"))
            }
            _ => (FAILED, None),
        };
        Self::new(exit_code, error.to_string()).maybe_help(help)
    }
}

impl From<EngineError> for Failure {
    fn from(error: EngineError) -> Self {
        match error {
            EngineError::Database(error) => error.into(),
            EngineError::Registry(error) => error.into(),
            EngineError::Execute(error) => error.into(),
            EngineError::Plan { tenant, error } => {
                let failure = Self::from(error);
                Self { message: format!("tenant {tenant}: {}", failure.message), ..failure }
            }
            error @ EngineError::Refused { .. } => Self::refused(error.to_string())
                .help("nothing was changed; correct the target so that nothing is lost, or allow the loss by name"),
            error @ EngineError::NoStore { .. } => Self::usage(error.to_string()).help(NO_STORE_HELP),
            error @ (EngineError::NotRecorded { .. } | EngineError::ExecuteUnrecorded { .. }) => {
                Self::failed(error.to_string())
            }
        }
    }
}

const NO_STORE_HELP: &str = "`schema-sync init` makes one; or name one with --store or SCHEMA_SYNC_STORE";

impl From<FleetError> for Failure {
    fn from(error: FleetError) -> Self {
        let help = match &error {
            FleetError::NoFleet => {
                Some("add a [[fleet]] to schema-sync.toml; `schema-sync init` writes a commented one")
            }
            FleetError::NoTenants { .. } => Some("correct `tenants` of this fleet in schema-sync.toml"),
            FleetError::UnknownTenant { .. } => Some("`schema-sync tenants` lists those that there are"),
            _ => None,
        };
        match error {
            FleetError::Engine(error) => error.into(),
            FleetError::Config(error) => error.into(),
            error => Self::usage(error.to_string()).maybe_help(help),
        }
    }
}

impl From<ResolveError> for Failure {
    fn from(error: ResolveError) -> Self {
        let help = match &error {
            ResolveError::NeedsStore(_) => Some(NO_STORE_HELP),
            ResolveError::NeedsFleet(_) => Some("add a [[fleet]] to schema-sync.toml, or name the database by its URL"),
            ResolveError::NeedsDialect(_) => {
                Some("say so with --dialect sqlite, or --dialect postgres://… for a server to load it on")
            }
            ResolveError::OtherDocument { .. } => Some("fetch it again from where it came; nothing was changed"),
            ResolveError::Document { .. } => Some("`schema-sync show REV --format snapshot` writes a whole one"),
            _ => None,
        };
        match error {
            ResolveError::Registry(error) => error.into(),
            ResolveError::Fleet(error) => error.into(),
            ResolveError::Database(error) => error.into(),
            error @ ResolveError::Document { error: SnapshotError::DanglingNeed { .. }, .. } => {
                Self::refused(format!("{error}: it is not whole")).maybe_help(help)
            }
            error => Self::usage(error.to_string()).maybe_help(help),
        }
    }
}
