//! One run of the program: the options that every command has, and what they name, opened when it is first needed.

use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use schema_sync::adapter::DatabaseAdapter;
use schema_sync::config::{CONFIG_FILE_DEFAULT, Config, STORE_DEFAULT};
use schema_sync::engine::fleets::{EngineSetup, Fleets};
use schema_sync::engine::resolve::Sources;
use schema_sync::engine::revision::Revision;
use schema_sync::engine::{Registry, connect};
use schema_sync::plan::Policy;
use schema_sync::store::{OpenMode, SchemaSnapshot, SnapshotStore, StoreError, StoreUrl, open_store};
use tokio::sync::OnceCell;

use super::failure::Failure;
use super::{Format, Options};

/// What a command may use.
pub(super) struct Session {
    options: Options,
    config: OnceCell<Option<Config>>,
    store: OnceCell<Arc<dyn SnapshotStore>>,
}

/// What a command that changes tenants allows.
#[derive(Default)]
pub(super) struct Leave {
    /// What is allowed.
    pub(super) policy: Policy,
    /// How long a tenant's lock is waited for.
    pub(super) lock_timeout: Option<Duration>,
}

impl Session {
    pub(super) fn new(options: Options) -> Self {
        Self { options, config: OnceCell::new(), store: OnceCell::new() }
    }

    /// The form of what is printed; `allowed` are those that the command has beside text and JSON.
    pub(super) fn format(&self, allowed: &[Format]) -> Result<Format, Failure> {
        let format = self.options.format;
        if matches!(format, Format::Text | Format::Json) || allowed.contains(&format) {
            return Ok(format);
        }
        Err(Failure::usage("this command has no such --format").help("text and json are everywhere"))
    }

    /// Whether JSON is wanted, for commands that have text and JSON alone.
    pub(super) fn is_json(&self) -> Result<bool, Failure> {
        Ok(self.format(&[])? == Format::Json)
    }

    /// The configuration's path, whether it is there or not.
    pub(super) fn config_path(&self) -> PathBuf {
        self.options.config.clone().unwrap_or_else(|| PathBuf::from(CONFIG_FILE_DEFAULT))
    }

    /// The configuration; none where no file was named and the default one is not there.
    pub(super) async fn config(&self) -> Result<Option<&Config>, Failure> {
        let read = async || -> Result<Option<Config>, Failure> {
            let path = self.config_path();
            if self.options.config.is_none() && !path.exists() {
                return Ok(None);
            }
            Ok(Some(Config::read(&path)?))
        };
        Ok(self.config.get_or_try_init(read).await?.as_ref())
    }

    /// The store's URL: the option, the environment, the configuration, or the default beside the configuration.
    pub(super) async fn store_url(&self) -> Result<StoreUrl, Failure> {
        if let Some(url) = self.options.store.as_ref().filter(|url| !url.is_empty()) {
            return Ok(url.parse()?);
        }
        let config = self.config().await?;
        let url = config.and_then(|config| config.store.as_deref()).unwrap_or(STORE_DEFAULT);
        let folder = config.map_or(Path::new(""), |config| config.folder.as_path());
        Ok(match url.parse()? {
            StoreUrl::File(path) => StoreUrl::File(folder.join(path)),
            StoreUrl::Sqlite(path) => StoreUrl::Sqlite(folder.join(path)),
            StoreUrl::Git { path, remote } => StoreUrl::Git { path: folder.join(path), remote },
            other => other,
        })
    }

    /// Makes the store where there is none, and answers its URL.
    pub(super) async fn create_store(&self) -> Result<StoreUrl, Failure> {
        let url = self.store_url().await?;
        open_store(&url, OpenMode::Create).await?;
        Ok(url)
    }

    async fn store(&self) -> Result<Arc<dyn SnapshotStore>, Failure> {
        let open = async || -> Result<Arc<dyn SnapshotStore>, Failure> {
            Ok(open_store(&self.store_url().await?, OpenMode::ReadWrite).await?)
        };
        Ok(Arc::clone(self.store.get_or_try_init(open).await?))
    }

    fn author(&self) -> String {
        let named = self.options.author.clone().filter(|author| !author.is_empty());
        named.or_else(|| whoami::username().ok()).unwrap_or_else(|| "unknown".to_owned())
    }

    /// The registry in the store, which must be there.
    pub(super) async fn registry(&self) -> Result<Registry, Failure> {
        Ok(Registry::new(self.store().await?, self.author()))
    }

    /// How engines are made; with the store where there is one.
    pub(super) async fn setup(&self, leave: Leave) -> Result<EngineSetup, Failure> {
        let store = match open_store(&self.store_url().await?, OpenMode::ReadWrite).await {
            Ok(store) => Some(store),
            Err(StoreError::Missing { .. }) => None,
            Err(error) => return Err(error.into()),
        };
        let Leave { policy, lock_timeout } = leave;
        Ok(EngineSetup { store, author: Some(self.author()), policy, lock_timeout })
    }

    /// The fleets of the configuration, or the one of this name.
    pub(super) async fn fleets(&self, only: Option<&str>, leave: Leave) -> Result<Fleets, Failure> {
        let Some(config) = self.config().await? else {
            let path = self.config_path();
            return Err(Failure::usage(format!(
                "there is no configuration {}, so there are no tenants",
                path.display()
            ))
            .help("`schema-sync init` writes a commented one; or name one with --config"));
        };
        Ok(Fleets::open(config, only, &self.setup(leave).await?)?)
    }

    /// The snapshot that a revision names.
    pub(super) async fn resolve(&self, typed: &str) -> Result<SchemaSnapshot, Failure> {
        self.resolve_beside(typed, None).await
    }

    /// The two snapshots of a comparison; SQL on one side is that of the database on the other.
    pub(super) async fn resolve_both(&self, from: &str, to: &str) -> Result<(SchemaSnapshot, SchemaSnapshot), Failure> {
        let is_sql = |typed: &str| matches!(typed.parse(), Ok(Revision::Sql(_)));
        if is_sql(from) && !is_sql(to) {
            let to_snapshot = self.resolve(to).await?;
            return Ok((self.resolve_beside(from, database_beside(to, &to_snapshot).await?).await?, to_snapshot));
        }
        let from_snapshot = self.resolve(from).await?;
        let to_snapshot = self.resolve_beside(to, database_beside(from, &from_snapshot).await?).await?;
        Ok((from_snapshot, to_snapshot))
    }

    /// The same; SQL is that of the database `beside` which it will be put, where nothing else is said.
    pub(super) async fn resolve_beside(
        &self,
        typed: &str,
        beside: Option<Arc<dyn DatabaseAdapter>>,
    ) -> Result<SchemaSnapshot, Failure> {
        let revision: Revision = typed.parse().map_err(schema_sync::engine::resolve::ResolveError::from)?;
        let mut sources = Sources::default();
        let (registry, fleets);
        match &revision {
            Revision::Hash(_) | Revision::Logged(..) => {
                registry = self.registry().await?;
                sources.registry = Some(&registry);
            }
            Revision::Live(_) => {
                fleets = self.fleets(None, Leave::default()).await?;
                sources.fleets = Some(&fleets);
            }
            Revision::Sql(_) => sources.scratch = self.scratch(beside).await?,
            Revision::Database(_) | Revision::Document(_) | Revision::StandardInput => {}
        }
        Ok(sources.resolve(&revision, typed).await?)
    }

    /// The database that SQL is loaded on: as --dialect says, that beside it, or the one that all fleets have.
    async fn scratch(
        &self,
        beside: Option<Arc<dyn DatabaseAdapter>>,
    ) -> Result<Option<Arc<dyn DatabaseAdapter>>, Failure> {
        let wanted = self.options.dialect.as_deref();
        if let Some(url) = wanted.filter(|wanted| wanted.contains(':')) {
            return Ok(Some(connect::database(url).await?.0));
        }
        if let Some(scratch) = wanted.and_then(connect::scratch) {
            return Ok(Some(scratch));
        }
        let mut candidates: Vec<Arc<dyn DatabaseAdapter>> = beside.into_iter().collect();
        if candidates.is_empty() && self.config().await?.is_some_and(|config| !config.fleets.is_empty()) {
            let fleets = self.fleets(None, Leave::default()).await?;
            candidates.extend(fleets.iter().map(|fleet| fleet.engine.adapter_handle()));
        }
        if let Some(wanted) = wanted {
            let fits = |adapter: &Arc<dyn DatabaseAdapter>| adapter.dialect().name() == wanted;
            return candidates.into_iter().find(fits).map(Some).ok_or_else(|| {
                Failure::usage(format!("there is no database of the dialect `{wanted}` to load SQL on"))
                    .help("sqlite needs none; for another give the URL of a server: --dialect postgres://…")
            });
        }
        let first = candidates.first().map(|adapter| adapter.dialect().name());
        let all_alike = candidates.iter().all(|adapter| Some(adapter.dialect().name()) == first);
        Ok(if all_alike { candidates.into_iter().next() } else { None })
    }

    /// Whether a question must be asked before something is changed.
    ///
    /// # Errors
    /// A question must be asked, and nobody is there to answer; `without` says what to do then.
    pub(super) fn must_ask(&self, without: &str) -> Result<bool, Failure> {
        if self.options.yes {
            return Ok(false);
        }
        if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
            return Ok(true);
        }
        Err(Failure::usage("this changes tenants, and there is no terminal to ask on; nothing was changed")
            .help(without))
    }
}

/// The database on which SQL is loaded that will be compared with this snapshot, where it needs no configuration.
async fn database_beside(typed: &str, snapshot: &SchemaSnapshot) -> Result<Option<Arc<dyn DatabaseAdapter>>, Failure> {
    match typed.parse() {
        Ok(Revision::Database(url)) => Ok(Some(connect::database(&url).await?.0)),
        _ => Ok(connect::scratch(snapshot.dialect())),
    }
}
