//! What a connection is opened with: the parameters of a URL, completed from the environment as libpq does it.
//!
//! Knows what each parameter means, and opens nothing but the files that hold certificates.

use std::fmt;
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::time::Duration;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use tokio_postgres::Config;
use tokio_postgres::config::{ChannelBinding, TargetSessionAttrs};
use tokio_postgres_rustls::MakeRustlsConnect;

use super::secret::Secret;
use super::tls::{self, Identity, Mode, Roots};
use super::url::{self, Parameters};
use crate::adapter::AdapterError;

const PORT: u16 = 5432;
/// libpq waits for ever; a rollout must not.
const CONNECT_TIMEOUT_S: u64 = 30;
/// Where Debian's and PostgreSQL's own servers keep their sockets.
const SOCKET_FOLDERS: [&str; 2] = ["/var/run/postgresql", "/tmp"];
const IN_URL: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// The parameters that are understood, each with the environment variable that stands in for it.
const PARAMETERS: [(&str, Option<&str>); 24] = [
    ("application_name", Some("PGAPPNAME")),
    ("channel_binding", Some("PGCHANNELBINDING")),
    ("connect_timeout", Some("PGCONNECT_TIMEOUT")),
    ("dbname", Some("PGDATABASE")),
    ("fallback_application_name", None),
    ("gssencmode", Some("PGGSSENCMODE")),
    ("host", Some("PGHOST")),
    ("hostaddr", Some("PGHOSTADDR")),
    ("keepalives", None),
    ("keepalives_count", None),
    ("keepalives_idle", None),
    ("keepalives_interval", None),
    ("options", Some("PGOPTIONS")),
    ("passfile", Some("PGPASSFILE")),
    ("password", Some("PGPASSWORD")),
    ("port", Some("PGPORT")),
    ("schema", None),
    ("sslcert", Some("PGSSLCERT")),
    ("sslkey", Some("PGSSLKEY")),
    ("sslmode", Some("PGSSLMODE")),
    ("sslrootcert", Some("PGSSLROOTCERT")),
    ("target_session_attrs", Some("PGTARGETSESSIONATTRS")),
    ("tcp_user_timeout", None),
    ("user", Some("PGUSER")),
];

/// What libpq would obey and this does not: connecting regardless would reach another server, or with less safety.
const REFUSED_VARIABLES: [&str; 5] = ["PGSERVICE", "PGREQUIREAUTH", "PGREQUIREPEER", "PGSSLCRL", "PGSSLCRLDIR"];

/// Reads one environment variable.
pub(super) type Environment<'a> = &'a dyn Fn(&str) -> Option<String>;

/// How to connect to one database of a PostgreSQL server. Printing it shows no password.
#[derive(Clone)]
pub struct ConnectOptions {
    /// What is the same for every server; neither host nor password is in it.
    pub(super) base: Config,
    /// The servers, tried in this order; never empty.
    pub(super) endpoints: Vec<Endpoint>,
    pub(super) user: String,
    pub(super) database: String,
    /// The password, where the URL or the environment has it, and which of the two.
    pub(super) password: Option<(Secret, &'static str)>,
    pub(super) passfile: Option<PathBuf>,
    pub(super) mode: Mode,
    /// Present in every mode but `disable`.
    pub(super) connector: Option<MakeRustlsConnect>,
    pub(super) timeout: Option<Duration>,
    schema: Option<String>,
}

/// One server.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Endpoint {
    /// A host by name or address; the address is used where both are given, and the name for its certificate.
    Tcp { host: String, address: Option<IpAddr>, port: u16 },
    /// The folder of a socket.
    Socket { folder: PathBuf, port: u16 },
}

impl Endpoint {
    pub(super) fn port(&self) -> u16 {
        match self {
            Self::Tcp { port, .. } | Self::Socket { port, .. } => *port,
        }
    }

    /// The host as the password file calls it.
    pub(super) fn passfile_host(&self) -> &str {
        match self {
            Self::Tcp { host, .. } => host,
            Self::Socket { folder, .. } if SOCKET_FOLDERS.iter().any(|usual| folder == Path::new(usual)) => "localhost",
            Self::Socket { folder, .. } => folder.to_str().unwrap_or("localhost"),
        }
    }
}

impl fmt::Display for Endpoint {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Tcp { host, port, .. } if host.contains(':') => write!(formatter, "[{host}]:{port}"),
            Self::Tcp { host, port, .. } => write!(formatter, "{host}:{port}"),
            Self::Socket { folder, port } => write!(formatter, "{}/.s.PGSQL.{port}", folder.display()),
        }
    }
}

impl ConnectOptions {
    /// Reads a PostgreSQL URL or `key=value` string as libpq means it; what it leaves out comes from `PGHOST`,
    /// `PGPASSWORD` and libpq's other variables, and the password last from the password file.
    ///
    /// Three things differ from libpq: `schema` is a parameter of ours, `connect_timeout` is 30 seconds when not given,
    /// and a named certificate file must be there whatever the `sslmode`.
    ///
    /// # Errors
    /// [`AdapterError::Url`]: malformed text, parameters that are unknown or not supported, values that they cannot
    /// have, certificate files that cannot be used. Passwords are left out of it.
    pub fn parse(text: &str) -> Result<Self, AdapterError> {
        Self::parse_in(text, &|name| std::env::var(name).ok())
    }

    /// The same, in this environment.
    pub(super) fn parse_in(text: &str, environment: Environment<'_>) -> Result<Self, AdapterError> {
        let parsed = url::parse(text).and_then(|parameters| Self::from_parameters(parameters, environment));
        parsed.map_err(|reason| AdapterError::Url { url: url::redact(text), reason })
    }

    /// The same server and role, another database.
    #[must_use]
    pub fn with_database(&self, name: &str) -> Self {
        let mut options = self.clone();
        name.clone_into(&mut options.database);
        options.base.dbname(name);
        options
    }

    /// The URL that names the same database, without the password and all that only says how to connect.
    #[must_use]
    pub fn redacted(&self) -> String {
        let encode = |text: &str| utf8_percent_encode(text, IN_URL).to_string();
        let place = |endpoint: &Endpoint| match endpoint {
            Endpoint::Tcp { .. } => endpoint.to_string(),
            Endpoint::Socket { folder, port } => format!("{}:{port}", encode(&folder.to_string_lossy())),
        };
        let places: Vec<String> = self.endpoints.iter().map(place).collect();
        format!("postgres://{}@{}/{}", encode(&self.user), places.join(","), encode(&self.database))
    }

    /// The database's name.
    #[must_use]
    pub fn database(&self) -> &str {
        &self.database
    }

    /// What `?schema=` names: the one schema that is meant.
    #[must_use]
    pub fn schema(&self) -> Option<&str> {
        self.schema.as_deref()
    }

    fn from_parameters(mut given: Parameters, environment: Environment<'_>) -> Result<Self, String> {
        check_names(&given, environment)?;
        let password_origin = if given.contains_key("password") { "the URL" } else { "PGPASSWORD" };
        for (name, variable) in PARAMETERS {
            let value = variable.and_then(environment).filter(|value| !value.is_empty());
            if let (false, Some(value)) = (given.contains_key(name), value) {
                given.insert(name.to_owned(), value);
            }
        }
        check_gssencmode(&given)?;
        let user = match given.get("user") {
            Some(user) => user.clone(),
            None => {
                whoami::username().map_err(|error| format!("it names no user, and the system has none: {error}"))?
            }
        };
        let database = given.get("dbname").unwrap_or(&user).clone();
        let home = environment("HOME").map(PathBuf::from);
        let (mode, connector) = encryption(&given, home.as_deref())?;
        let passfile = given.get("passfile").map(PathBuf::from);
        Ok(Self {
            base: base(&given, &user, &database)?,
            endpoints: endpoints(&given)?,
            password: given.get("password").map(|password| (Secret::new(password), password_origin)),
            passfile: passfile.or_else(|| home.map(|home| home.join(".pgpass"))),
            mode,
            connector,
            timeout: connect_timeout(&given)?,
            schema: given.get("schema").cloned(),
            user,
            database,
        })
    }
}

impl fmt::Debug for ConnectOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "ConnectOptions({})", self.redacted())
    }
}

fn check_names(given: &Parameters, environment: Environment<'_>) -> Result<(), String> {
    let is_known = |name: &str| PARAMETERS.iter().any(|(known, _)| *known == name);
    if let Some(unknown) = given.keys().find(|name| !is_known(name)) {
        let known: Vec<&str> = PARAMETERS.iter().map(|(known, _)| *known).collect();
        return Err(format!("parameter `{unknown}` is not known; these are: {}", known.join(", ")));
    }
    match REFUSED_VARIABLES.iter().find(|name| environment(name).is_some_and(|value| !value.is_empty())) {
        Some(name) => Err(format!("the environment variable {name} is set, which is not supported; unset it")),
        None => Ok(()),
    }
}

/// What libpq can and this cannot is refused where it is asked for.
fn check_gssencmode(given: &Parameters) -> Result<(), String> {
    match given.get("gssencmode").map(String::as_str) {
        None | Some("disable" | "prefer") => Ok(()),
        Some(_) => Err("gssencmode can only be `disable`: there is no GSSAPI here".to_owned()),
    }
}

fn base(given: &Parameters, user: &str, database: &str) -> Result<Config, String> {
    let mut config = Config::new();
    config.user(user).dbname(database);
    let name = given.get("application_name").or_else(|| given.get("fallback_application_name"));
    config.application_name(name.map_or("schema-sync", String::as_str));
    if let Some(options) = given.get("options") {
        config.options(options);
    }
    if let Some(binding) = given.get("channel_binding") {
        config.channel_binding(match binding.as_str() {
            "disable" => ChannelBinding::Disable,
            "prefer" => ChannelBinding::Prefer,
            "require" => ChannelBinding::Require,
            _ => return Err("channel_binding can be `disable`, `prefer` or `require`".to_owned()),
        });
    }
    if let Some(attributes) = given.get("target_session_attrs") {
        config.target_session_attrs(match attributes.as_str() {
            "any" => TargetSessionAttrs::Any,
            "read-write" => TargetSessionAttrs::ReadWrite,
            "read-only" => TargetSessionAttrs::ReadOnly,
            _ => return Err("target_session_attrs can be `any`, `read-write` or `read-only`".to_owned()),
        });
    }
    if let Some(keepalives) = number(given, "keepalives")? {
        config.keepalives(keepalives != 0);
    }
    if let Some(idle_s) = number(given, "keepalives_idle")?.filter(|idle_s| *idle_s > 0) {
        config.keepalives_idle(Duration::from_secs(idle_s));
    }
    if let Some(interval_s) = number(given, "keepalives_interval")?.filter(|interval_s| *interval_s > 0) {
        config.keepalives_interval(Duration::from_secs(interval_s));
    }
    if let Some(count) = number(given, "keepalives_count")?.and_then(|count| u32::try_from(count).ok()) {
        config.keepalives_retries(count);
    }
    if let Some(timeout_ms) = number(given, "tcp_user_timeout")?.filter(|timeout_ms| *timeout_ms > 0) {
        config.tcp_user_timeout(Duration::from_millis(timeout_ms));
    }
    Ok(config)
}

fn number(given: &Parameters, name: &str) -> Result<Option<u64>, String> {
    let parse = |text: &String| text.trim().parse().map_err(|_| format!("{name} must be a whole number, 0 or more"));
    given.get(name).map(parse).transpose()
}

/// As libpq: nothing and 0 and less mean no limit; but nothing at all means ours.
fn connect_timeout(given: &Parameters) -> Result<Option<Duration>, String> {
    let Some(text) = given.get("connect_timeout") else { return Ok(Some(Duration::from_secs(CONNECT_TIMEOUT_S))) };
    let seconds: i64 = text.trim().parse().map_err(|_| "connect_timeout must be a whole number of seconds")?;
    Ok(u64::try_from(seconds).ok().filter(|seconds| *seconds > 0).map(Duration::from_secs))
}

fn endpoints(given: &Parameters) -> Result<Vec<Endpoint>, String> {
    let list = |name: &str| given.get(name).map(|text| text.split(',').map(str::trim).collect::<Vec<_>>());
    let (hosts, addresses) = (list("host"), list("hostaddr"));
    let count = hosts.as_ref().or(addresses.as_ref()).map_or(1, Vec::len);
    if addresses.as_ref().is_some_and(|addresses| addresses.len() != count) {
        return Err("`host` and `hostaddr` must name equally many servers".to_owned());
    }
    let ports = list("port").unwrap_or_else(|| vec![""]);
    if ports.len() != 1 && ports.len() != count {
        return Err("there must be one port for all hosts, or one for each".to_owned());
    }
    let at = |list: &Option<Vec<&str>>, index: usize| {
        list.as_ref().and_then(|list| list.get(index).copied()).filter(|text| !text.is_empty()).map(str::to_owned)
    };
    let mut endpoints = Vec::with_capacity(count);
    for index in 0..count {
        let port = parse_port(ports.get(index).or(ports.first()).copied().unwrap_or_default())?;
        endpoints.push(endpoint(at(&hosts, index), at(&addresses, index), port)?);
    }
    Ok(endpoints)
}

fn endpoint(host: Option<String>, address: Option<String>, port: u16) -> Result<Endpoint, String> {
    if let Some(folder) = host.as_ref().filter(|host| host.starts_with('/')) {
        return Ok(Endpoint::Socket { folder: folder.into(), port });
    }
    let parse = |text: &String| text.parse().map_err(|_| "hostaddr must be a numeric IP address".to_owned());
    let parsed = address.as_ref().map(parse).transpose()?;
    Ok(host.or(address).map_or_else(|| default_endpoint(port), |host| Endpoint::Tcp { host, address: parsed, port }))
}

/// Where libpq looks is fixed when it is built; here it is where a socket is, and else the local host.
fn default_endpoint(port: u16) -> Endpoint {
    let folder = SOCKET_FOLDERS.iter().map(Path::new).find(|folder| folder.join(format!(".s.PGSQL.{port}")).exists());
    match folder {
        Some(folder) => Endpoint::Socket { folder: folder.to_owned(), port },
        None => Endpoint::Tcp { host: "localhost".to_owned(), address: None, port },
    }
}

/// The text is not repeated: it may be the rest of a password whose `/` was not encoded.
fn parse_port(text: &str) -> Result<u16, String> {
    if text.is_empty() {
        return Ok(PORT);
    }
    text.parse().ok().filter(|port| *port != 0).ok_or_else(|| {
        "the port is not a number from 1 to 65535 (if this is part of a password: percent-encode `/` as %2F, `:` as \
         %3A and `@` as %40)"
            .to_owned()
    })
}

/// The mode and its connector. As in libpq, the files of `~/.postgresql` count where they exist and none is named.
fn encryption(given: &Parameters, home: Option<&Path>) -> Result<(Mode, Option<MakeRustlsConnect>), String> {
    let of_home = |name: &str| home.map(|home| home.join(".postgresql").join(name)).filter(|path| path.exists());
    let roots = match given.get("sslrootcert").map(String::as_str) {
        Some("system") => Some(Roots::System),
        Some(path) => Some(Roots::File(path.into())),
        None => of_home("root.crt").map(Roots::File),
    };
    let mode = match given.get("sslmode") {
        Some(text) => Mode::parse(text)
            .ok_or("sslmode can be `disable`, `allow`, `prefer`, `require`, `verify-ca` or `verify-full`")?,
        None if roots == Some(Roots::System) => Mode::VerifyFull,
        None => Mode::Prefer,
    };
    if roots == Some(Roots::System) && mode != Mode::VerifyFull {
        return Err(
            "sslrootcert=system goes with sslmode=verify-full only: anybody can have a certificate that leads \
                    to one of the system's roots"
                .to_owned(),
        );
    }
    if mode == Mode::Disable {
        return Ok((mode, None));
    }
    let named = |name: &str| given.get(name).map(PathBuf::from);
    let identity = match (named("sslcert").or_else(|| of_home("postgresql.crt")), named("sslkey")) {
        (None, None) => None,
        (None, Some(_)) => return Err("sslkey is given without sslcert".to_owned()),
        (Some(certificate), key) => {
            let key = key.or_else(|| of_home("postgresql.key")).ok_or("sslcert is given without sslkey")?;
            Some(Identity { certificate, key })
        }
    };
    Ok((mode, Some(tls::connector(mode, roots.as_ref(), identity.as_ref())?)))
}

#[cfg(test)]
mod tests;
