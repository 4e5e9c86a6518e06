//! Where PostgreSQL's programs are, and as whom the server may run. Knows Debian's layout of folders.

use std::path::{Path, PathBuf};
use std::{env, fs};

const VERSIONS: &str = "/usr/lib/postgresql";

/// The programs that a cluster is run with.
#[derive(Debug)]
pub(crate) struct Tools {
    /// The folder of `initdb`, `pg_ctl` and `postgres`.
    pub(crate) server: PathBuf,
    /// What to start, with `shell_arguments` before anything else, for a shell as an unprivileged user.
    pub(crate) shell: PathBuf,
    pub(crate) shell_arguments: Vec<&'static str>,
}

impl Tools {
    /// The folder that `SCHEMA_SYNC_TEST_POSTGRES_BIN` names, or that of the newest version that Debian has installed.
    pub(crate) fn find() -> Self {
        let named = env::var_os("SCHEMA_SYNC_TEST_POSTGRES_BIN").map(PathBuf::from);
        Self::of(named.or_else(newest_installed).unwrap_or_else(|| {
            panic!(
                "no PostgreSQL under {VERSIONS}: run tests/run, which installs it, or set \
                 SCHEMA_SYNC_TEST_POSTGRES_BIN to the folder of initdb and pg_ctl"
            )
        }))
    }

    /// The server whose programs are in this folder.
    pub(crate) fn of(server: PathBuf) -> Self {
        assert!(server.join("initdb").exists(), "there is no initdb in {}", server.display());
        // PostgreSQL refuses to run as root.
        if is_root() {
            let shell_arguments = vec!["--reuid=65534", "--regid=65534", "--clear-groups", "sh"];
            Self { server, shell: "setpriv".into(), shell_arguments }
        } else {
            Self { server, shell: "sh".into(), shell_arguments: Vec::new() }
        }
    }

    /// A client program: that of the folder that `SCHEMA_SYNC_TEST_POSTGRES_CLIENT_BIN` names; the server's own, as some
    /// distributions of the server come without; or else the newest.
    pub(crate) fn client(&self, program: &str) -> PathBuf {
        let named = env::var_os("SCHEMA_SYNC_TEST_POSTGRES_CLIENT_BIN").map(PathBuf::from);
        let folders = named.into_iter().chain([self.server.clone()]).chain(newest_installed());
        let mut programs = folders.map(|folder| folder.join(program)).filter(|path| path.exists());
        programs.next().unwrap_or_else(|| program.into())
    }
}

fn newest_installed() -> Option<PathBuf> {
    let versions = fs::read_dir(VERSIONS).ok()?.flatten().filter_map(|entry| {
        let version: u32 = entry.file_name().to_str()?.parse().ok()?;
        let folder = entry.path().join("bin");
        folder.join("initdb").exists().then_some((version, folder))
    });
    versions.max_by_key(|(version, _)| *version).map(|(_, folder)| folder)
}

/// The owner of the entry that Linux keeps of this process is its user.
fn is_root() -> bool {
    use std::os::unix::fs::MetadataExt;
    fs::metadata(Path::new("/proc/self")).is_ok_and(|process| process.uid() == 0)
}
