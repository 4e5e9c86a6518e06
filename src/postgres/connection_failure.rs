//! Why a connection did not come about, in words that say what to do. Knows no password.

use std::error::Error as _;
use std::io;

use rustls::CertificateError;
use tokio_postgres::Error;
use tokio_postgres::error::{DbError, SqlState};

use super::options::{ConnectOptions, Endpoint};

/// Where the password of an attempt came from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum PasswordOrigin {
    /// From here.
    Given(String),
    /// There is none; where a password file was not used, why.
    None(Option<String>),
}

/// What was tried.
pub(super) struct Attempt<'a> {
    pub(super) endpoint: &'a Endpoint,
    pub(super) options: &'a ConnectOptions,
    pub(super) password: PasswordOrigin,
}

/// Whether encryption is what did not come about.
pub(super) fn is_tls_failure(error: &Error) -> bool {
    // The handshake's own errors, and a server that hangs up in the middle of it; tokio-postgres tells the kind by text only.
    error.to_string().starts_with("error performing TLS handshake")
}

/// What went wrong, and what can be done about it.
pub(super) fn reason(error: &Error, attempt: &Attempt<'_>) -> String {
    let endpoint = attempt.endpoint;
    if let Some(refusal) = error.as_db_error() {
        return refused_by_server(refusal, attempt);
    }
    if let Some(error) = cause::<rustls::Error>(error) {
        return refused_by_tls(error, attempt);
    }
    let detail = error.source().map_or_else(|| error.to_string(), ToString::to_string);
    if is_tls_failure(error) {
        let mode = attempt.options.mode.name();
        return if detail == "server does not support TLS" {
            format!(
                "{endpoint} offers no TLS, and sslmode={mode} asks for it; turn `ssl` on at the server, or use \
                     sslmode=prefer or disable if the network can be trusted"
            )
        } else {
            format!("TLS with {endpoint} failed: {detail}")
        };
    }
    if detail == "password missing" {
        return password_missing(attempt);
    }
    match (cause::<io::Error>(error).map(io::Error::kind), endpoint) {
        (Some(io::ErrorKind::ConnectionRefused), _) => {
            format!(
                "nothing listens on {endpoint} (connection refused); is the server running, and is this its host and port?"
            )
        }
        (Some(io::ErrorKind::NotFound), Endpoint::Socket { .. }) => {
            format!("there is no socket {endpoint}; is the server running, and is this its folder and port?")
        }
        (Some(_), Endpoint::Tcp { .. }) => format!("{endpoint} cannot be reached: {detail}; are host and port right?"),
        _ => format!("{endpoint}: {error}: {detail}"),
    }
}

fn refused_by_server(refusal: &DbError, attempt: &Attempt<'_>) -> String {
    let ConnectOptions { user, database, .. } = attempt.options;
    let (said, code) = (refusal.message(), refusal.code());
    if *code == SqlState::INVALID_PASSWORD {
        return match &attempt.password {
            PasswordOrigin::Given(origin) => {
                format!(
                    "the server refused role `{user}` with the password from {origin}; are role and password right?"
                )
            }
            PasswordOrigin::None(_) => password_missing(attempt),
        };
    }
    let hint = if *code == SqlState::INVALID_CATALOG_NAME {
        format!("create it with `createdb {database}`, or name another database")
    } else if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION && said.contains("does not exist") {
        "name another role in the URL or in PGUSER; without either it is the system user's name".to_owned()
    } else if *code == SqlState::INVALID_AUTHORIZATION_SPECIFICATION {
        "the server's pg_hba.conf decides who may connect, from where, and whether with TLS".to_owned()
    } else if *code == SqlState::TOO_MANY_CONNECTIONS {
        "lower `concurrency`, or raise `max_connections` at the server".to_owned()
    } else if *code == SqlState::CANNOT_CONNECT_NOW {
        "try again when it is up".to_owned()
    } else {
        return format!("{} said: {said} ({})", attempt.endpoint, code.code());
    };
    format!("{} said: {said}; {hint}", attempt.endpoint)
}

fn password_missing(attempt: &Attempt<'_>) -> String {
    let user = &attempt.options.user;
    let ignored = match &attempt.password {
        PasswordOrigin::None(Some(ignored)) => format!("; {ignored}"),
        _ => String::new(),
    };
    format!(
        "the server asks for the password of role `{user}` and there is none: set PGPASSWORD, or add a line to \
             ~/.pgpass{ignored}"
    )
}

fn refused_by_tls(error: &rustls::Error, attempt: &Attempt<'_>) -> String {
    let endpoint = attempt.endpoint;
    let hint = match error {
        rustls::Error::InvalidCertificate(CertificateError::UnknownIssuer) => {
            "is `sslrootcert` the file of the authority that signed it?"
        }
        rustls::Error::InvalidCertificate(
            CertificateError::NotValidForName | CertificateError::NotValidForNameContext { .. },
        ) => {
            "connect by a name that the certificate has as a subject alternative name (its common name does not \
             count), or use sslmode=verify-ca if any host with a certificate of this authority may be trusted"
        }
        rustls::Error::InvalidCertificate(CertificateError::Expired | CertificateError::ExpiredContext { .. }) => {
            "the server needs a new certificate"
        }
        _ => "sslmode and the server's TLS settings do not fit together",
    };
    format!("TLS with {endpoint} failed: {error}; {hint}")
}

/// The first error of this type among the causes; an [`io::Error`] hides the one that it wraps from `source`.
fn cause<T: std::error::Error + 'static>(error: &Error) -> Option<&T> {
    let mut current = error.source();
    while let Some(error) = current {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        current = match error.downcast_ref::<io::Error>().and_then(io::Error::get_ref) {
            Some(wrapped) => Some(wrapped),
            None => error.source(),
        };
    }
    None
}
