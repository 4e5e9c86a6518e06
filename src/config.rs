//! `schema-sync.toml`: where the store is, and which fleets there are. Reads and checks text; connects to nothing.

use std::collections::{BTreeSet, HashSet};
use std::path::{Path, PathBuf};
use std::str::FromStr;

use serde::Deserialize;

use crate::redact::redact_line;
use crate::scope::Scope;

/// The file that is read where no other is named.
pub const CONFIG_FILE_DEFAULT: &str = "schema-sync.toml";
/// The store that is used where none is named.
pub const STORE_DEFAULT: &str = "sqlite:.schema-sync/store.db";
/// Connections at once to one server where nothing else is said.
pub const CONCURRENCY_DEFAULT: usize = 8;
const CONCURRENCY_MAX: usize = 256;
const ENVIRONMENT: &str = "env:";
const SQLITE: &str = "sqlite:";

/// What is wrong with a configuration.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The file cannot be read.
    #[error("cannot read the configuration {}: {reason}", .path.display())]
    Unreadable {
        /// The file.
        path: PathBuf,
        /// What the system said.
        reason: String,
    },
    /// A line does not mean anything: unknown keys, wrong types, broken TOML.
    #[error("{}, line {line}: {reason}\n  {text}", .path.display())]
    Line {
        /// The file.
        path: PathBuf,
        /// Counted from 1.
        line: usize,
        /// The line as it stands in the file.
        text: String,
        /// What is wrong with it.
        reason: String,
    },
    /// An environment variable that a URL is taken from is not set.
    #[error("fleet {fleet}: the environment variable {variable}, which `url` names, is not set")]
    Environment {
        /// The fleet's name.
        fleet: String,
        /// The variable's name.
        variable: String,
    },
}

/// A configuration, checked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Config {
    /// The store's URL, with its path relative to [`folder`](Self::folder).
    pub store: Option<String>,
    /// What is looked at beyond the default, and how roles are told, where a fleet says nothing of its own.
    pub scope: Scope,
    /// The fleets, in the file's order.
    pub fleets: Vec<FleetConfig>,
    /// The folder that relative paths start from: that of the file.
    pub folder: PathBuf,
}

/// Tenants that are reached through one connection URL and a pattern.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FleetConfig {
    /// Its name, the first part of its tenants' full names.
    pub name: String,
    /// The connection URL as it stands in the file: literal, or `env:NAME`.
    pub url: String,
    /// Which tenants it has.
    pub tenants: TenantsConfig,
    /// Tenants that the pattern finds and that are none: names or patterns.
    pub exclude: Vec<String>,
    /// Connections at once to this server.
    pub concurrency: usize,
    /// What is looked at beyond the default, and how roles are told.
    pub scope: Scope,
}

/// What a fleet's tenants are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantsConfig {
    /// Schemas of one database, by pattern.
    Schemas(String),
    /// Databases of one server, by pattern.
    Databases(String),
    /// Database files, by pattern.
    Files(String),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawConfig {
    store: Option<String>,
    include: Option<Vec<String>>,
    roles: Option<Vec<String>>,
    #[serde(default)]
    fleet: Vec<toml::Spanned<RawFleet>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawFleet {
    name: String,
    url: Option<String>,
    tenants: Option<RawTenants>,
    #[serde(default)]
    exclude: Vec<String>,
    concurrency: Option<usize>,
    include: Option<Vec<String>>,
    roles: Option<Vec<String>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct RawTenants {
    schemas: Option<String>,
    databases: Option<String>,
    files: Option<String>,
}

impl Config {
    /// The configuration of this file.
    ///
    /// # Errors
    /// A file that cannot be read or does not mean anything, with the line.
    pub fn read(path: &Path) -> Result<Self, ConfigError> {
        let text = std::fs::read_to_string(path)
            .map_err(|error| ConfigError::Unreadable { path: path.to_owned(), reason: error.to_string() })?;
        Self::parse(&text, path)
    }

    /// The configuration that this text means; `path` is what errors call it, and where relative paths start from.
    ///
    /// # Errors
    /// Text that does not mean anything, with the line.
    pub fn parse(text: &str, path: &Path) -> Result<Self, ConfigError> {
        let at = |offset: usize, reason: String| line_error(text, path, offset, reason);
        let raw: RawConfig = toml::from_str(text)
            .map_err(|error| at(error.span().map_or(0, |span| span.start), error.message().to_owned()))?;
        let key_at = |key: &str| {
            text.lines().take_while(|line| !line.trim_start().starts_with(key)).map(|line| line.len() + 1).sum()
        };
        let include = parse_list(raw.include).map_err(|reason| at(key_at("include"), reason))?.unwrap_or_default();
        let roles = parse_list(raw.roles).map_err(|reason| at(key_at("roles"), reason))?.unwrap_or_default();
        let scope = Scope { include: BTreeSet::from_iter(include), roles };
        let mut fleets: Vec<FleetConfig> = Vec::with_capacity(raw.fleet.len());
        let mut names = HashSet::new();
        for fleet in raw.fleet {
            let start = fleet.span().start;
            let fleet = fleet.into_inner().check(&scope).map_err(|reason| at(start, reason))?;
            if !names.insert(fleet.name.clone()) {
                return Err(at(start, format!("there are two fleets called `{}`", fleet.name)));
            }
            fleets.push(fleet);
        }
        let folder = path.parent().map(Path::to_owned).unwrap_or_default();
        Ok(Self { store: raw.store, scope, fleets, folder })
    }
}

impl RawFleet {
    fn check(self, default: &Scope) -> Result<FleetConfig, String> {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        if self.name.is_empty() || !self.name.bytes().all(plain) {
            return Err(format!("`{}` is no fleet name: letters, digits, `-` and `_` make one", self.name));
        }
        let (url, tenants) = match (self.url, self.tenants) {
            (Some(url), Some(tenants)) => (url, tenants.check(&self.name)?),
            (None, Some(tenants)) => match tenants.check(&self.name)? {
                files @ TenantsConfig::Files(_) => (SQLITE.to_owned(), files),
                _ => return Err(format!("fleet `{}` has no `url`", self.name)),
            },
            (Some(url), None) => match url.strip_prefix(SQLITE) {
                Some(pattern) => (SQLITE.to_owned(), TenantsConfig::Files(pattern.to_owned())),
                None => return Err(format!("fleet `{}` has no `tenants`", self.name)),
            },
            (None, None) => return Err(format!("fleet `{}` has neither `url` nor `tenants`", self.name)),
        };
        let concurrency = self.concurrency.unwrap_or(CONCURRENCY_DEFAULT);
        if !(1..=CONCURRENCY_MAX).contains(&concurrency) {
            return Err(format!("`concurrency` is {concurrency}; it is 1 to {CONCURRENCY_MAX}"));
        }
        let include = parse_list(self.include)?.map_or_else(|| default.include.clone(), BTreeSet::from_iter);
        let roles = parse_list(self.roles)?.unwrap_or_else(|| default.roles.clone());
        let scope = Scope { include, roles };
        Ok(FleetConfig { name: self.name, url, tenants, exclude: self.exclude, concurrency, scope })
    }
}

fn parse_list<T: FromStr<Err = String>>(list: Option<Vec<String>>) -> Result<Option<Vec<T>>, String> {
    list.map(|list| list.iter().map(|text| text.parse()).collect()).transpose()
}

impl RawTenants {
    fn check(self, fleet: &str) -> Result<TenantsConfig, String> {
        match (self.schemas, self.databases, self.files) {
            (Some(pattern), None, None) => Ok(TenantsConfig::Schemas(pattern)),
            (None, Some(pattern), None) => Ok(TenantsConfig::Databases(pattern)),
            (None, None, Some(pattern)) => Ok(TenantsConfig::Files(pattern)),
            _ => Err(format!("`tenants` of fleet `{fleet}` takes exactly one of `schemas`, `databases` and `files`")),
        }
    }
}

impl FleetConfig {
    /// The connection URL itself, read from the environment where the file says so.
    ///
    /// # Errors
    /// An environment variable that is not set.
    pub fn resolved_url(&self) -> Result<String, ConfigError> {
        let Some(variable) = self.url.strip_prefix(ENVIRONMENT) else {
            return Ok(self.url.clone());
        };
        std::env::var(variable)
            .map_err(|_| ConfigError::Environment { fleet: self.name.clone(), variable: variable.to_owned() })
    }
}

fn line_error(text: &str, path: &Path, offset: usize, reason: String) -> ConfigError {
    let line = text.bytes().take(offset).filter(|byte| *byte == b'\n').count();
    let content = text.lines().nth(line).unwrap_or_default();
    ConfigError::Line { path: path.to_owned(), line: line + 1, text: redact_line(content), reason }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(text: &str) -> Result<Config, ConfigError> {
        Config::parse(text, Path::new("here/schema-sync.toml"))
    }

    #[test]
    fn a_configuration_reads_as_documented() {
        let config = parse(
            "store = 'sqlite:s.db'\n[[fleet]]\nname = 'eu'\nurl = 'env:EU'\ntenants = { schemas = 'tenant_*' }\n\
             exclude = ['tenant_test']\n[[fleet]]\nname = 'files'\ntenants = { files = 'tenants/*.db' }\nconcurrency = 2",
        )
        .unwrap();
        assert_eq!(config.folder, Path::new("here"));
        assert_eq!(config.store.as_deref(), Some("sqlite:s.db"));
        assert_eq!(config.fleets[0].tenants, TenantsConfig::Schemas("tenant_*".to_owned()));
        assert_eq!(config.fleets[0].exclude, ["tenant_test"]);
        assert_eq!((config.fleets[0].concurrency, config.fleets[1].concurrency), (CONCURRENCY_DEFAULT, 2));
        assert_eq!(config.fleets[1].url, "sqlite:");
        let short = parse("[[fleet]]\nname = 'files'\nurl = 'sqlite:tenants/*.db'").unwrap();
        assert_eq!(short.fleets[0].tenants, TenantsConfig::Files("tenants/*.db".to_owned()));
    }

    #[test]
    fn a_fleet_looks_at_what_it_says_or_else_at_what_all_do() {
        let fleet = |name: &str| format!("[[fleet]]\nname = '{name}'\ntenants = {{ files = 'x' }}\n");
        let text = format!(
            "include = ['grants']\nroles = ['{{tenant}}_rw']\n{}{}include = ['owners']",
            fleet("a"),
            fleet("b")
        );
        let config = parse(&text).unwrap();
        assert_eq!(config.fleets[0].scope, config.scope);
        assert_eq!(config.fleets[1].scope.coverage(), BTreeSet::from(["owners".to_owned()]));
        assert_eq!(config.fleets[1].scope.roles, config.scope.roles);
    }

    #[test]
    fn what_means_nothing_is_shown_with_its_line() {
        let fleet = "[[fleet]]\nname = 'eu'\nurl = 'sqlite:'\n";
        for (text, expected_line, expected) in [
            ("store = 'x'\n\nstor = 'y'\n".to_owned(), 3, "unknown field `stor`"),
            (format!("{fleet}tenants = {{ schema = 'x' }}"), 4, "unknown field `schema`"),
            (format!("{fleet}tenants = {{ schemas = 'x', files = 'y' }}"), 1, "exactly one of"),
            (format!("{fleet}tenants = {{ files = 'x' }}\nconcurrency = 0"), 1, "1 to 256"),
            ("[[fleet]]\nname = 'a/b'\ntenants = { files = 'x' }".to_owned(), 1, "no fleet name"),
            ("[[fleet]]\nname = 'a'\ntenants = { schemas = 'x' }".to_owned(), 1, "no `url`"),
            (format!("{fleet}tenants = {{ files = 'x' }}\n{fleet}tenants = {{ files = 'x' }}"), 5, "two fleets"),
            ("[[fleet]]\nname = 'a'\nurl = 'env:X'".to_owned(), 1, "no `tenants`"),
            ("store = \n".to_owned(), 1, ""),
            ("store = 'x'\ninclude = ['grant']\n".to_owned(), 2, "grants and owners are"),
            (format!("{fleet}tenants = {{ files = 'x' }}\nroles = ['app_rw']"), 1, "must hold {tenant} once"),
        ] {
            match parse(&text) {
                Err(ConfigError::Line { line, reason, .. }) => {
                    assert_eq!(line, expected_line, "{text}: {reason}");
                    assert!(reason.contains(expected), "{text}: {reason}");
                }
                other => panic!("{text}: {other:?}"),
            }
        }
    }

    #[test]
    fn a_line_is_quoted_without_its_password() {
        let quoted = parse("url = 'postgres://me:s3cret@host/db'").unwrap_err().to_string();
        assert!(quoted.contains("postgres://me@host/db") && !quoted.contains("s3cret"), "{quoted}");
    }

    #[test]
    fn a_url_from_a_missing_variable_names_it() {
        let text = "[[fleet]]\nname = 'eu'\nurl = 'env:SCHEMA_SYNC_NO_SUCH'\ntenants = { schemas = 'x' }";
        let error = parse(text).unwrap().fleets[0].resolved_url().unwrap_err();
        assert!(error.to_string().contains("SCHEMA_SYNC_NO_SUCH"));
    }
}
