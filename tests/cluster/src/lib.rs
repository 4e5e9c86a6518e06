//! Private throwaway PostgreSQL servers for tests and benches.
//!
//! Each server has its own temporary folder, port and socket, and is gone when its [`Cluster`] is dropped or its process
//! ends in whatever way: `server.sh` runs the server and takes it away when the pipe that the process holds closes.
//! `SCHEMA_SYNC_TEST_POSTGRES_BIN` names the folder of another version's programs, `SCHEMA_SYNC_TEST_POSTGRES_CLIENT_BIN`
//! that of its `pg_dump`, which must be no older than the server. `SCHEMA_SYNC_TEST_FOLDER` names the one in which servers
//! have their folders instead of `/tmp`: in memory, as `/dev/shm` is, large schemas are made twice as fast.
//! Knows nothing of schema-sync. Whatever fails here panics with what the server said: a test without its server fails.
#![expect(clippy::panic, clippy::expect_used, reason = "a test that cannot have its server must fail loudly")]

mod tools;

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;
use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;
use std::{env, fs};

use tools::Tools;

const START_ATTEMPTS: u32 = 5;
/// The system's own folder for temporary files may have a path that is too long for a socket.
const FOLDER: &str = "/tmp";

/// A running server, with the superuser `postgres` trusted from everywhere on this machine.
#[derive(Debug)]
pub struct Cluster {
    tools: Tools,
    folder: PathBuf,
    port: u16,
    keeper: Child,
}

/// A database of a [`Cluster`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Database {
    /// Its name, unquoted.
    pub name: String,
    /// `postgres://postgres@127.0.0.1:PORT/NAME`.
    pub url: String,
}

impl Cluster {
    /// A server of its own, with PostgreSQL's default settings but for durability, which is off.
    #[must_use]
    pub fn start() -> Self {
        Self::start_with(&[])
    }

    /// A server of its own with further lines of `postgresql.conf`, as in `max_locks_per_transaction = 4096`.
    #[must_use]
    pub fn start_with(settings: &[&str]) -> Self {
        Self::start_tools(Tools::find(), settings)
    }

    /// A server of the version whose programs are in this folder.
    #[must_use]
    pub fn start_in(binaries: &Path) -> Self {
        Self::start_tools(Tools::of(binaries.to_owned()), &[])
    }

    fn start_tools(tools: Tools, settings: &[&str]) -> Self {
        let mut answers = Vec::new();
        for _ in 0..START_ATTEMPTS {
            // Between here and the server's start another process may take the port; then the next attempt has another.
            let port = free_port();
            match start_keeper(&tools, port, settings) {
                Ok((keeper, folder)) => return Self { tools, folder, port, keeper },
                Err(answer) => answers.push(answer),
            }
        }
        panic!("PostgreSQL did not start in {START_ATTEMPTS} attempts:\n{}", answers.join("\n"));
    }

    /// The server that all tests of this process share; gone when the process is.
    pub fn shared() -> &'static Self {
        static SHARED: OnceLock<Cluster> = OnceLock::new();
        SHARED.get_or_init(Self::start)
    }

    /// The port on 127.0.0.1, also that of the socket.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.port
    }

    /// The folder that holds the socket, the server's log and its `data`.
    #[must_use]
    pub fn folder(&self) -> &Path {
        &self.folder
    }

    /// The folder of the client programs, as `psql`.
    #[must_use]
    pub fn programs(&self) -> PathBuf {
        self.tools.client("psql").parent().map_or_else(PathBuf::new, Path::to_owned)
    }

    /// The server's major version: 15.
    #[must_use]
    pub fn major_version(&self) -> u32 {
        let number = self.psql("postgres", "SELECT current_setting('server_version_num')::integer / 10000");
        number.trim().parse().expect("a version is a number")
    }

    /// The URL of a database, whether or not it exists.
    #[must_use]
    pub fn url(&self, database: &str) -> String {
        format!("postgres://postgres@127.0.0.1:{}/{database}", self.port)
    }

    /// Makes an empty database. Its name must be new, and consist of letters, digits and underscores.
    pub fn create_database(&self, name: &str) -> Database {
        let plain = !name.is_empty() && name.chars().all(|each| each.is_ascii_alphanumeric() || each == '_');
        assert!(plain, "`{name}` is no plain database name");
        self.psql("postgres", &format!("CREATE DATABASE \"{name}\" TEMPLATE template0"));
        Database { name: name.to_owned(), url: self.url(name) }
    }

    /// Runs SQL, as `psql` reads it, and returns what it prints: a line a row, columns parted by `|`.
    pub fn psql(&self, database: &str, sql: &str) -> String {
        self.try_psql(database, sql).unwrap_or_else(|message| panic!("psql in database {database}: {message}"))
    }

    /// The same, for SQL that may fail.
    ///
    /// # Errors
    /// What `psql` says of the first statement that fails.
    pub fn try_psql(&self, database: &str, sql: &str) -> Result<String, String> {
        let mut psql = self.client("psql", database);
        psql.args(["--no-psqlrc", "--quiet", "--tuples-only", "--no-align", "-v", "ON_ERROR_STOP=1", "-f", "-"]);
        let mut child = psql
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("psql can be started");
        // psql may end before it has read everything; what it says then tells more than a broken pipe does.
        let mut stdin = child.stdin.take().expect("psql's standard input is a pipe");
        let sql = sql.to_owned();
        let writer = std::thread::spawn(move || stdin.write_all(sql.as_bytes()));
        let output = child.wait_with_output().expect("psql ends");
        drop(writer.join().expect("writing to psql does not panic"));
        if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
    }

    /// Runs a file of SQL.
    pub fn load_file(&self, database: &str, file: &Path) {
        let sql = fs::read_to_string(file).unwrap_or_else(|error| panic!("{}: {error}", file.display()));
        self.try_psql(database, &sql).unwrap_or_else(|message| panic!("{}: {message}", file.display()));
    }

    /// What `pg_dump` prints of a database with these further arguments, as in `["--schema-only"]`.
    #[must_use]
    pub fn pg_dump(&self, database: &str, arguments: &[&str]) -> String {
        let output = self.client("pg_dump", database).args(arguments).output().expect("pg_dump can be started");
        assert!(output.status.success(), "pg_dump of {database}: {}", text(output.stderr));
        text(output.stdout)
    }

    /// Writes a file that the server may read, and nobody else, into its data folder; replaces the one of that name.
    pub fn write_file(&self, name: &str, contents: &str) -> PathBuf {
        let data = self.folder.join("data");
        let path = data.join(name);
        fs::write(&path, contents).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let server = fs::metadata(&data).expect("the data folder is there");
        chown(&path, Some(server.uid()), Some(server.gid())).expect("the server's user can be given a file");
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).expect("permissions can be set");
        path
    }

    fn client(&self, program: &str, database: &str) -> Command {
        let mut command = clean(&self.tools.client(program));
        command.args(["--host", "127.0.0.1", "--port", &self.port.to_string(), "--username", "postgres"]);
        command.args(["--dbname", database]);
        command
    }
}

impl Drop for Cluster {
    fn drop(&mut self) {
        drop(self.keeper.stdin.take());
        // A keeper that is gone already has nothing left to take away.
        let _ = self.keeper.wait();
    }
}

/// A port that nobody listens on at this moment.
fn free_port() -> u16 {
    let listener = TcpListener::bind(("127.0.0.1", 0)).expect("a port of 127.0.0.1 can be had");
    listener.local_addr().expect("a listener has an address").port()
}

/// Starts the process that runs the server; returns it and the server's folder once the server answers.
fn start_keeper(tools: &Tools, port: u16, settings: &[&str]) -> Result<(Child, PathBuf), String> {
    let mut keeper = clean(&tools.shell)
        .args(&tools.shell_arguments)
        .args(["-c", include_str!("server.sh"), "server.sh"])
        .arg(&tools.server)
        .arg(port.to_string())
        .arg(env::var_os("SCHEMA_SYNC_TEST_FOLDER").unwrap_or_else(|| FOLDER.into()))
        .args(settings)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        // A Ctrl-C in the terminal goes to its whole process group: the keeper must outlive it to take the server away.
        .process_group(0)
        .spawn()
        .expect("sh can be started");
    let mut answer = BufReader::new(keeper.stdout.take().expect("the keeper's standard output is a pipe"));
    let mut line = String::new();
    answer.read_line(&mut line).expect("the keeper answers");
    if let Some(folder) = line.trim_end().strip_prefix("ready ") {
        return Ok((keeper, PathBuf::from(folder)));
    }
    answer.read_to_string(&mut line).expect("the keeper answers");
    keeper.wait().expect("the keeper ends");
    Err(line)
}

/// A command that sees nothing of the environment: `PGHOST` and its like would lead it elsewhere.
fn clean(program: &Path) -> Command {
    let mut command = Command::new(program);
    command.env_clear().env("PATH", env::var_os("PATH").unwrap_or_default()).env("LC_ALL", "C.UTF-8");
    command
}

fn text(bytes: Vec<u8>) -> String {
    String::from_utf8(bytes).expect("PostgreSQL's programs print UTF-8")
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::*;

    const REPORT: &str = "SCHEMA_SYNC_TEST_CLUSTER_REPORT";

    #[test]
    fn a_server_answers_and_is_gone_when_dropped() {
        let cluster = Cluster::start_with(&["max_connections = 17"]);
        let database = cluster.create_database("shop");
        assert_eq!(cluster.psql(&database.name, "SHOW max_connections; SHOW fsync;"), "17\noff\n");
        assert_eq!(database.url, format!("postgres://postgres@127.0.0.1:{}/shop", cluster.port()));
        cluster.psql(&database.name, "CREATE TABLE users (id bigint)");
        assert!(cluster.pg_dump(&database.name, &["--schema-only"]).contains("CREATE TABLE public.users"));
        let message = cluster.try_psql(&database.name, "SELECT 1; SELECT nothing;").expect_err("no such column");
        assert!(message.contains("column \"nothing\" does not exist"), "{message}");
        let folder = cluster.folder().to_owned();
        assert!(folder.join("data/PG_VERSION").exists());
        drop(cluster);
        assert!(!folder.exists());
    }

    #[test]
    fn a_killed_process_leaves_no_server_behind() {
        if let Some(report) = env::var_os(REPORT) {
            hold_a_cluster_until_killed(Path::new(&report));
        }
        let report = env::temp_dir().join(format!("schema-sync-test-report-{}", std::process::id()));
        let mut holder = Command::new(env::current_exe().expect("this program has a path"))
            .args(["--exact", "tests::a_killed_process_leaves_no_server_behind"])
            .env(REPORT, &report)
            .stdout(Stdio::null())
            .spawn()
            .expect("this program starts again");
        wait_until("the other process has its server", || report.exists());
        let folder = PathBuf::from(fs::read_to_string(&report).expect("the report is text"));
        fs::remove_file(&report).expect("the report can be removed");
        assert!(folder.join("data/postmaster.pid").exists());
        holder.kill().expect("the other process can be killed");
        holder.wait().expect("the other process ends");
        wait_until("the folder is gone", || !folder.exists());
    }

    fn hold_a_cluster_until_killed(report: &Path) -> ! {
        let cluster = Cluster::start();
        let draft = report.with_extension("draft");
        fs::write(&draft, cluster.folder().as_os_str().as_encoded_bytes()).expect("the report can be written");
        fs::rename(&draft, report).expect("the report can be written");
        loop {
            std::thread::park();
        }
    }

    fn wait_until(what: &str, is_so: impl Fn() -> bool) {
        let start = Instant::now();
        while !is_so() {
            assert!(start.elapsed() < Duration::from_secs(60), "waited in vain until {what}");
            std::thread::sleep(Duration::from_millis(20));
        }
    }
}
