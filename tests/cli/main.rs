//! The command line on real SQLite files: what every command prints and how it ends.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test ends where something is not as it should be")]

mod access;
mod audit;
mod bad_input;
mod bless;
mod commands;
mod demo;
mod fixture;
mod history;
mod json;
mod postgres;
mod races;
mod store;
