//! What the SQLite adapter promises, on schemas that nobody wrote by hand and in situations that nobody wishes for.

#[path = "../sqlite_support/mod.rs"]
mod sqlite_support;

mod generate;
mod hashes;
mod pairs;
mod safety;
