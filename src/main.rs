//! The `schema-sync` program.

fn main() {}
