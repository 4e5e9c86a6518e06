//! The demo's folder: its tenants, their rows, and what somebody did to two of them by hand.

use std::fmt;
use std::fs;
use std::path::Path;

use rusqlite::Connection;

use crate::cli::failure::Failure;

/// The tenants' short names.
pub(super) const TENANTS: [&str; 12] = [
    "acme",
    "cyberdyne",
    "duff",
    "globex",
    "hooli",
    "initech",
    "soylent",
    "stark",
    "tyrell",
    "umbrella",
    "wayne",
    "wonka",
];

const SCHEMA_V1: &str = include_str!("schema_v1.sql");
const SCHEMA_V2: &str = include_str!("schema_v2.sql");
/// Only a folder with this file in it is ever touched.
const MARKER: &str = ".made-by-schema-sync-demo";
const MARKER_TEXT: &str = "schema-sync demo made this folder, and makes it anew when it runs again.\n";
const CONFIG: &str = "store = \"sqlite:.schema-sync/store.db\"\n\n[[fleet]]\nname = \"demo\"\n\
                      tenants = { files = \"tenants/*.db\" }\n";
/// What is made anew; anything else in the folder is the user's and stays.
const FOLDERS: [&str; 2] = ["tenants", ".schema-sync"];

/// What somebody did by hand.
const HOTFIX: &str = "CREATE INDEX hotfix_2024 ON orders (state)";
const LOYALTY: &str =
    "ALTER TABLE customers ADD COLUMN loyalty_points INTEGER; UPDATE customers SET loyalty_points = 10 * id";

/// How many rows all tenants have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Rows {
    customers: i64,
    orders: i64,
    total_cents: i64,
}

impl fmt::Display for Rows {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { customers, orders, total_cents } = self;
        write!(formatter, "{customers} customers and {orders} orders of {total_cents} cents")
    }
}

fn failed(what: &Path) -> impl FnOnce(std::io::Error) -> Failure {
    let what = what.display().to_string();
    move |error| Failure::failed(format!("cannot write {what}: {error}"))
}

fn database_failed(error: rusqlite::Error) -> Failure {
    Failure::failed(format!("cannot make the demo's tenants: {error}"))
}

/// Makes the folder, or makes anew one that was made so before.
pub(super) fn make(folder: &Path) -> Result<(), Failure> {
    if folder.exists() {
        if !folder.join(MARKER).is_file() {
            return Err(Failure::usage(format!("{} was not made by the demo, and is left alone", folder.display()))
                .help("name another folder: schema-sync demo FOLDER"));
        }
        for name in FOLDERS {
            let path = folder.join(name);
            if path.exists() {
                fs::remove_dir_all(&path).map_err(failed(&path))?;
            }
        }
    } else {
        fs::create_dir_all(folder).map_err(failed(folder))?;
        let marker = folder.join(MARKER);
        fs::write(&marker, MARKER_TEXT).map_err(failed(&marker))?;
    }
    for (name, text) in [("schema-sync.toml", CONFIG), ("schema_v2.sql", SCHEMA_V2)] {
        let path = folder.join(name);
        fs::write(&path, text).map_err(failed(&path))?;
    }
    let tenants = folder.join("tenants");
    fs::create_dir(&tenants).map_err(failed(&tenants))?;
    for (index, name) in (0_i64..).zip(TENANTS) {
        make_tenant(&tenants.join(format!("{name}.db")), name, index).map_err(database_failed)?;
    }
    Ok(())
}

fn make_tenant(path: &Path, name: &str, index: i64) -> rusqlite::Result<()> {
    let mut connection = Connection::open(path)?;
    connection.execute_batch(SCHEMA_V1)?;
    let transaction = connection.transaction()?;
    for customer in 1..=3 + index % 3 {
        let email = format!("someone{customer}@{name}.example");
        transaction.execute(
            "INSERT INTO customers (name, email) VALUES (?1, ?2)",
            (format!("Customer {customer} of {name}"), email),
        )?;
        for order in 1..=2 {
            transaction.execute(
                "INSERT INTO orders (customer_id, total_cents) VALUES (?1, ?2)",
                (customer, 100 * customer * order + index),
            )?;
        }
    }
    transaction.commit()?;
    match name {
        "hooli" => connection.execute_batch(HOTFIX),
        "wayne" => connection.execute_batch(LOYALTY),
        _ => Ok(()),
    }
}

/// Counts what must survive.
pub(super) fn count_rows(folder: &Path) -> Result<Rows, Failure> {
    let mut rows = Rows::default();
    for name in TENANTS {
        let path = folder.join("tenants").join(format!("{name}.db"));
        let counted = Connection::open(path).and_then(|connection| {
            connection.query_row(
                "SELECT (SELECT count(*) FROM customers), count(*), sum(total_cents) FROM orders",
                [],
                |row| Ok((row.get::<_, i64>(0)?, row.get::<_, i64>(1)?, row.get::<_, i64>(2)?)),
            )
        });
        let (customers, orders, total_cents) = counted.map_err(database_failed)?;
        rows.customers += customers;
        rows.orders += orders;
        rows.total_cents += total_cents;
    }
    Ok(rows)
}
