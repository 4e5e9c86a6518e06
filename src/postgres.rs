//! All that is known of PostgreSQL.

mod connection;
mod connection_failure;
mod options;
mod passfile;
mod secret;
mod tls;
mod url;

pub use connection::Connection;
pub use options::ConnectOptions;
