//! One run of the program: the options that every command has, and what they name, opened when it is first needed.

use std::collections::BTreeSet;
use std::io::IsTerminal;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use schema_sync::adapter::DatabaseAdapter;
use schema_sync::config::{CONFIG_FILE_DEFAULT, Config, STORE_DEFAULT};
use schema_sync::engine::fleets::{EngineSetup, Fleets};
use schema_sync::engine::resolve::Sources;
use schema_sync::engine::revision::Revision;
use schema_sync::engine::{AUTHOR_DEFAULT, Registry, connect};
use schema_sync::plan::Policy;
use schema_sync::scope::{Include, Scope};
use schema_sync::store::{OpenMode, SchemaSnapshot, SnapshotStore, StoreUrl, open_store};
use tokio::sync::OnceCell;

use super::failure::Failure;
use super::{Format, Options};

/// What a command may use.
pub(super) struct Session {
    options: Options,
    config: OnceCell<Option<Config>>,
    store: OnceCell<Arc<dyn SnapshotStore>>,
    reader: OnceCell<Arc<dyn SnapshotStore>>,
    author: OnceCell<String>,
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
        Self {
            options,
            config: OnceCell::new(),
            store: OnceCell::new(),
            reader: OnceCell::new(),
            author: OnceCell::new(),
        }
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

    /// What was typed to be looked at beyond the default.
    fn include(&self) -> BTreeSet<Include> {
        self.options.include.iter().copied().collect()
    }

    /// What is looked at where no fleet says otherwise: as configured for all, and as typed.
    pub(super) async fn scope(&self) -> Result<Scope, Failure> {
        let configured = self.config().await?.map(|config| config.scope.clone()).unwrap_or_default();
        Ok(configured.including(&self.include()))
    }

    /// The store's URL: the option, the environment, the configuration, or the default beside the configuration.
    pub(super) async fn store_url(&self) -> Result<StoreUrl, Failure> {
        if let Some(url) = self.typed_store() {
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

    /// The store's URL as it was typed, or set in the environment.
    pub(super) fn typed_store(&self) -> Option<&str> {
        self.options.store.as_deref().filter(|url| !url.is_empty())
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

    /// The store to read from: as it was opened for writing where it was, so that what was written is seen.
    pub(super) async fn reader(&self) -> Result<Arc<dyn SnapshotStore>, Failure> {
        if let Some(store) = self.store.get() {
            return Ok(Arc::clone(store));
        }
        let open = async || -> Result<Arc<dyn SnapshotStore>, Failure> {
            Ok(open_store(&self.store_url().await?, OpenMode::ReadOnly).await?)
        };
        Ok(Arc::clone(self.reader.get_or_try_init(open).await?))
    }

    /// The author that was typed on the command line.
    pub(super) fn typed_author(&self) -> Option<&str> {
        self.options.author.as_deref().filter(|author| self.options.is_author_typed && !author.is_empty())
    }

    /// Who signs what is written: who is named, whom git knows, or the user that runs this.
    async fn author(&self) -> String {
        let find = async || {
            let named = self.options.author.clone().filter(|author| !author.is_empty());
            let known = named.or_else(author_of_git).or_else(|| whoami::username().ok());
            known.unwrap_or_else(|| "unknown".to_owned())
        };
        self.author.get_or_init(find).await.clone()
    }

    /// The registry to write to, in the store, which must be there.
    pub(super) async fn registry(&self) -> Result<Registry, Failure> {
        let store = self.store().await?;
        Ok(Registry::new(store, self.author().await))
    }

    /// The registry to read from, in the store, which must be there and need not take anything.
    pub(super) async fn records(&self) -> Result<Registry, Failure> {
        Ok(Registry::new(self.reader().await?, AUTHOR_DEFAULT))
    }

    /// The fleets of the configuration, or the one of this name, to look at their tenants.
    pub(super) async fn live_fleets(&self, only: Option<&str>) -> Result<Fleets, Failure> {
        self.open_fleets(only, EngineSetup { include: self.include(), ..EngineSetup::default() }).await
    }

    /// The fleets of the configuration, or the one of this name, to change their tenants. What is found and done is
    /// written down where [`registry`](Self::registry) opened the store before.
    pub(super) async fn fleets(&self, only: Option<&str>, leave: Leave) -> Result<Fleets, Failure> {
        let Leave { policy, lock_timeout } = leave;
        let (store, author) = (self.store.get().cloned(), Some(self.author().await));
        let setup = EngineSetup { store, author, policy, lock_timeout, include: self.include() };
        self.open_fleets(only, setup).await
    }

    async fn open_fleets(&self, only: Option<&str>, setup: EngineSetup) -> Result<Fleets, Failure> {
        let Some(config) = self.config().await? else {
            let path = self.config_path();
            return Err(Failure::usage(format!(
                "there is no configuration {}, so there are no tenants",
                path.display()
            ))
            .help("`schema-sync init` writes a commented one; or name one with --config"));
        };
        Ok(Fleets::open(config, only, &setup)?)
    }

    /// The snapshot that a revision names.
    pub(super) async fn resolve(&self, typed: &str) -> Result<SchemaSnapshot, Failure> {
        self.resolve_beside(typed, None).await
    }

    /// The two snapshots of a comparison; SQL on one side is that of the database on the other.
    pub(super) async fn resolve_both(&self, from: &str, to: &str) -> Result<(SchemaSnapshot, SchemaSnapshot), Failure> {
        let is_sql = |typed: &str| matches!(typed.parse(), Ok(Revision::Sql(_)));
        let scope = self.scope().await?;
        if is_sql(from) && !is_sql(to) {
            let to_snapshot = self.resolve(to).await?;
            return Ok((
                self.resolve_beside(from, database_beside(to, &to_snapshot, &scope).await?).await?,
                to_snapshot,
            ));
        }
        let from_snapshot = self.resolve(from).await?;
        let to_snapshot = self.resolve_beside(to, database_beside(from, &from_snapshot, &scope).await?).await?;
        Ok((from_snapshot, to_snapshot))
    }

    /// The same; SQL is that of the database `beside` which it will be put, where nothing else is said.
    pub(super) async fn resolve_beside(
        &self,
        typed: &str,
        beside: Option<Arc<dyn DatabaseAdapter>>,
    ) -> Result<SchemaSnapshot, Failure> {
        let revision: Revision = typed.parse().map_err(schema_sync::engine::resolve::ResolveError::from)?;
        let mut sources = Sources { scope: self.scope().await?, ..Sources::default() };
        let (registry, fleets);
        match &revision {
            Revision::Hash(_) | Revision::Logged(..) => {
                registry = self.records().await?;
                sources.registry = Some(&registry);
            }
            Revision::Live(_) => {
                fleets = self.live_fleets(None).await?;
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
            return Ok(Some(connect::database(url, &self.scope().await?).await?.0));
        }
        if let Some(scratch) = wanted.and_then(connect::scratch) {
            return Ok(Some(scratch));
        }
        let mut candidates: Vec<Arc<dyn DatabaseAdapter>> = beside.into_iter().collect();
        if candidates.is_empty() && self.config().await?.is_some_and(|config| !config.fleets.is_empty()) {
            let fleets = self.live_fleets(None).await?;
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

    /// Whether a question must be asked before something is done.
    ///
    /// # Errors
    /// A question must be asked, and nobody is there to answer; `what` says what would be done, and `without` what to do.
    pub(super) fn must_ask(&self, what: &str, without: &str) -> Result<bool, Failure> {
        if self.options.yes {
            return Ok(false);
        }
        if std::io::stdin().is_terminal() && std::io::stderr().is_terminal() {
            return Ok(true);
        }
        Err(Failure::usage(format!("{what}, and there is no terminal to ask on; nothing was changed")).help(without))
    }
}

/// The database on which SQL is loaded that will be compared with this snapshot, where it needs no configuration.
async fn database_beside(
    typed: &str,
    snapshot: &SchemaSnapshot,
    scope: &Scope,
) -> Result<Option<Arc<dyn DatabaseAdapter>>, Failure> {
    match typed.parse() {
        Ok(Revision::Database(url)) => Ok(Some(connect::database(&url, scope).await?.0)),
        _ => Ok(connect::scratch(snapshot.dialect())),
    }
}

/// Whom git's configuration names, where there is git and it names somebody.
fn author_of_git() -> Option<String> {
    let asked = std::process::Command::new("git")
        .args(["config", "--null", "--get-regexp", r"^user\.(name|email)$"])
        .stdin(std::process::Stdio::null())
        .output()
        .ok()?;
    let printed = String::from_utf8(asked.stdout).ok()?;
    // Where a value is given twice, the nearest comes last.
    let value = |key: &str| {
        let named = |item: &str| Some(item.strip_prefix(key)?.strip_prefix('\n')?.trim().to_owned());
        printed.split('\0').filter_map(named).next_back().filter(|value| !value.is_empty())
    };
    match (value("user.name"), value("user.email")) {
        (Some(name), Some(email)) => Some(format!("{name} <{email}>")),
        (name, email) => name.or(email),
    }
}
