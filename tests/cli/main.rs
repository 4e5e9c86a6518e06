//! The command line on real SQLite files: what every command prints and how it ends.

mod bad_input;
mod commands;
mod demo;
mod fixture;
mod json;
mod races;
