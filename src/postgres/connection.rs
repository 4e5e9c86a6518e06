//! Opening connections: which servers are tried in which order, and with or without encryption, as libpq does it.

use tokio::task::JoinHandle;
use tokio_postgres::config::SslMode;
use tokio_postgres::error::SqlState;
use tokio_postgres::{Client, Config, Error, NoTls};

use super::connection_failure::{Attempt, PasswordOrigin, is_tls_failure, reason};
use super::options::{ConnectOptions, Endpoint};
use super::passfile::{self, Lookup, Wanted};
use super::tls::Mode;
use crate::adapter::AdapterError;

/// An open connection. Dropping it closes the connection, and the server rolls back what was not committed.
#[derive(Debug)]
pub struct Connection {
    /// What statements are sent through.
    pub client: Client,
    driver: JoinHandle<Result<(), Error>>,
}

impl Drop for Connection {
    fn drop(&mut self) {
        self.driver.abort();
    }
}

/// How one attempt is made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wire {
    Plain,
    /// Encrypted if the server has it.
    Offered,
    Encrypted,
}

/// Why one server gave no connection, and whether the next one need not be tried.
struct Failure {
    reason: String,
    is_final: bool,
}

impl ConnectOptions {
    /// Opens a connection to the first server of the list that can be reached. A server that answers and refuses ends
    /// the search, unless it is only starting up.
    ///
    /// # Errors
    /// [`AdapterError::Connect`], with what each server tried said and what can be done about it.
    pub async fn connect(&self) -> Result<Connection, AdapterError> {
        let mut reasons = Vec::new();
        for endpoint in &self.endpoints {
            match self.connect_to(endpoint).await {
                Ok(connection) => return Ok(connection),
                Err(failure) => {
                    reasons.push(failure.reason);
                    if failure.is_final {
                        break;
                    }
                }
            }
        }
        Err(AdapterError::Connect { target: self.redacted(), reason: reasons.join("; ") })
    }

    async fn connect_to(&self, endpoint: &Endpoint) -> Result<Connection, Failure> {
        let (config, password) = self.config_for(endpoint);
        let attempt = Attempt { endpoint, options: self, password };
        let connecting = self.try_wires(endpoint, &config, &attempt);
        let Some(limit) = self.timeout else { return connecting.await };
        tokio::time::timeout(limit, connecting).await.unwrap_or_else(|_| {
            let reason = format!("{endpoint} did not answer within {} s (connect_timeout)", limit.as_secs());
            Err(Failure { reason, is_final: false })
        })
    }

    /// One way after the other, as the mode has it. `prefer` and `allow` come to their second way where the server
    /// refuses such a connection, and `prefer` also where no encryption comes about.
    async fn try_wires(
        &self,
        endpoint: &Endpoint,
        config: &Config,
        attempt: &Attempt<'_>,
    ) -> Result<Connection, Failure> {
        let wires: &[Wire] = match (endpoint, self.mode) {
            (Endpoint::Socket { .. }, _) | (_, Mode::Disable) => &[Wire::Plain],
            (_, Mode::Allow) => &[Wire::Plain, Wire::Encrypted],
            (_, Mode::Prefer) => &[Wire::Offered, Wire::Plain],
            (_, Mode::Require | Mode::VerifyCa | Mode::VerifyFull) => &[Wire::Encrypted],
        };
        let mut reasons: Vec<String> = Vec::new();
        let mut is_final = false;
        for wire in wires {
            let error = match self.open(config, *wire).await {
                Ok(connection) => return Ok(connection),
                Err(error) => error,
            };
            is_final = error.code().is_some_and(|code| *code != SqlState::CANNOT_CONNECT_NOW);
            let reason = reason(&error, attempt);
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
            let is_rejected = error.code() == Some(&SqlState::INVALID_AUTHORIZATION_SPECIFICATION);
            let is_tls_at_fault = *wire == Wire::Offered && is_tls_failure(&error);
            if !is_rejected && !is_tls_at_fault {
                break;
            }
        }
        Err(Failure { reason: reasons.join("; then "), is_final })
    }

    async fn open(&self, config: &Config, wire: Wire) -> Result<Connection, Error> {
        let mut config = config.clone();
        match (wire, &self.connector) {
            (Wire::Plain, _) | (_, None) => {
                let (client, driver) = config.ssl_mode(SslMode::Disable).connect(NoTls).await?;
                Ok(Connection { client, driver: tokio::spawn(driver) })
            }
            (_, Some(connector)) => {
                config.ssl_mode(if wire == Wire::Offered { SslMode::Prefer } else { SslMode::Require });
                let (client, driver) = config.connect(connector.clone()).await?;
                Ok(Connection { client, driver: tokio::spawn(driver) })
            }
        }
    }

    /// The configuration for one server, and where its password came from or why there is none.
    fn config_for(&self, endpoint: &Endpoint) -> (Config, PasswordOrigin) {
        let mut config = self.base.clone();
        match endpoint {
            Endpoint::Socket { folder, port } => config.host_path(folder).port(*port),
            Endpoint::Tcp { host, address, port } => {
                config.host(host).port(*port);
                match address {
                    Some(address) => config.hostaddr(*address),
                    None => &mut config,
                }
            }
        };
        if let Some((password, origin)) = &self.password {
            config.password(password.reveal());
            return (config, PasswordOrigin::Given((*origin).to_owned()));
        }
        let Some(path) = &self.passfile else { return (config, PasswordOrigin::None(None)) };
        let (host, port) = (endpoint.passfile_host(), endpoint.port());
        let origin = match passfile::find(path, Wanted { host, port, database: &self.database, user: &self.user }) {
            Lookup::Found(password) => {
                config.password(password.reveal());
                PasswordOrigin::Given(path.display().to_string())
            }
            Lookup::Nothing => PasswordOrigin::None(None),
            Lookup::Ignored(reason) => PasswordOrigin::None(Some(reason)),
        };
        (config, origin)
    }
}

#[cfg(test)]
mod tests;
