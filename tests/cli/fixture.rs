//! A folder with tenants, a configuration and a store, and the program run in it.

use std::path::{Path, PathBuf};
use std::process::{Command, Output, Stdio};

use rusqlite::Connection;
use tempfile::TempDir;

pub(crate) const V1: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL);\n\
                      INSERT INTO users (name) VALUES ('ada'), ('grace');\n";
pub(crate) const V2: &str = "CREATE TABLE users (id INTEGER PRIMARY KEY, name TEXT NOT NULL, email TEXT);\n\
                      CREATE INDEX users_by_email ON users (email);\n\
                      CREATE VIEW names AS SELECT name FROM users;\n";

/// How a run of the program ended.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) code: i32,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl From<Output> for Ended {
    fn from(output: Output) -> Self {
        Self {
            code: output.status.code().unwrap_or(-1),
            stdout: String::from_utf8(output.stdout).unwrap(),
            stderr: String::from_utf8(output.stderr).unwrap(),
        }
    }
}

impl Ended {
    /// Asserts the exit code; answers what was printed to standard output.
    #[track_caller]
    pub(crate) fn ok(self, code: i32) -> String {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        self.stdout
    }

    /// Asserts that it failed so, in the one form of errors, and changed nothing of it being said.
    #[track_caller]
    pub(crate) fn fails(self, code: i32, words: &[&str]) {
        assert_eq!(self.code, code, "{}\n{}", self.stdout, self.stderr);
        assert!(self.stderr.starts_with("error: "), "{}", self.stderr);
        for word in words {
            assert!(self.stderr.contains(word), "`{word}` is not in:\n{}", self.stderr);
        }
    }
}

pub(crate) struct Fixture {
    folder: TempDir,
}

impl Fixture {
    /// Tenants of the fleet `eu`, each made by its SQL, and the file `v2.sql`.
    pub(crate) fn new(tenants: &[(&str, &str)]) -> Self {
        let fixture = Self { folder: tempfile::tempdir().unwrap() };
        std::fs::create_dir(fixture.path("tenants")).unwrap();
        fixture.write("schema-sync.toml", "[[fleet]]\nname = \"eu\"\ntenants = { files = \"tenants/*.db\" }\n");
        fixture.write("v2.sql", V2);
        for (name, sql) in tenants {
            fixture.tenant(name).execute_batch(sql).unwrap();
        }
        fixture
    }

    /// The same with a store in it.
    pub(crate) fn with_store(tenants: &[(&str, &str)]) -> Self {
        let fixture = Self::new(tenants);
        fixture.run(&["init"]).ok(0);
        fixture
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// A connection to a tenant's file.
    pub(crate) fn tenant(&self, name: &str) -> Connection {
        Connection::open(self.path(&format!("tenants/{name}.db"))).unwrap()
    }

    pub(crate) fn rows(&self, tenant: &str, table: &str) -> i64 {
        self.tenant(tenant).query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    }

    /// The program, not yet started, in the folder and without anything of the outside that could change it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(program());
        command
            .args(arguments)
            .current_dir(self.folder.path())
            .env_remove("SCHEMA_SYNC_STORE")
            .env_remove("CLICOLOR_FORCE")
            .env("SCHEMA_SYNC_AUTHOR", "tester")
            .stdin(Stdio::null());
        command
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ended {
        self.command(arguments).output().unwrap().into()
    }

    pub(crate) fn json(&self, arguments: &[&str], code: i32) -> serde_json::Value {
        let mut arguments = arguments.to_vec();
        arguments.extend(["--format", "json"]);
        serde_json::from_str(&self.run(&arguments).ok(code)).unwrap()
    }

    /// The hash of a tenant as it is now.
    pub(crate) fn live_hash(&self, tenant: &str) -> String {
        self.json(&["show", &format!("live:{tenant}")], 0)["hash"].as_str().unwrap().to_owned()
    }
}

pub(crate) fn program() -> &'static Path {
    Path::new(env!("CARGO_BIN_EXE_schema-sync"))
}
