//! `store export`: a snapshot's document in a file, to send it to somebody.

use std::io::Write;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::super::Ending;
use super::super::failure::Failure;
use super::super::output::{print, print_json, say};
use super::super::session::Session;

const ENDING: &str = "snapshot";
/// Hex digits of the hash in a file's name that the program chooses.
const NAME_DIGITS: usize = 16;

/// Write a snapshot's document to a file; `put FILE` takes it in anywhere
#[derive(Args)]
pub(in super::super) struct Export {
    /// The snapshot
    #[arg(value_name = "REV")]
    revision: String,
    /// The file, which ends in .snapshot; or a folder, in which the file is named after the hash
    #[arg(value_name = "FILE")]
    file: PathBuf,
}

impl Export {
    pub(super) async fn run(self, session: &Session) -> Result<Ending, Failure> {
        let is_json = session.is_json()?;
        let snapshot = session.resolve(&self.revision).await?;
        let hash = snapshot.hash();
        let path = if self.file.is_dir() {
            self.file.join(format!("{}.{ENDING}", &hash.to_string()[..NAME_DIGITS]))
        } else {
            self.file
        };
        if path.extension().is_none_or(|extension| extension != ENDING) {
            return Err(Failure::usage(format!(
                "{} does not end in .{ENDING}, by which documents are known",
                path.display()
            ))
            .help(format!("name it {}.{ENDING}", path.display())));
        }
        let bytes = snapshot.to_bytes();
        write_new(&path, &bytes)?;
        if is_json {
            print_json(&json!({ "file": path.display().to_string(), "hash": hash, "bytes": bytes.len() }))?;
        } else {
            say(&format!("wrote {}; `sha256sum` of it prints its hash", path.display()));
            print(&hash.to_string())?;
        }
        Ok(Ending::Done)
    }
}

/// Writes a file whole or not at all. One that is there already stays as it is, which is fine where it is the same.
fn write_new(path: &Path, bytes: &[u8]) -> Result<(), Failure> {
    let failed = |error: &std::io::Error| Failure::failed(format!("cannot write {}: {error}", path.display()));
    if std::fs::read(path).is_ok_and(|there| there == bytes) {
        return Ok(());
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = temporary(folder).map_err(|error| failed(&error))?;
    file.write_all(bytes).and_then(|()| file.as_file().sync_all()).map_err(|error| failed(&error))?;
    match file.persist_noclobber(path) {
        Ok(_) => Ok(()),
        Err(error) if error.error.kind() == std::io::ErrorKind::AlreadyExists => Err(Failure::usage(format!(
            "{} is there already and is something else; it was not touched",
            path.display()
        ))
        .help("remove it, or choose another name")),
        Err(error) => Err(failed(&error.error)),
    }
}

/// A file that is not yet in its place. Temporary files are their owner's alone; this one is to be like any other.
pub(in super::super) fn temporary(folder: &Path) -> std::io::Result<tempfile::NamedTempFile> {
    let mut builder = tempfile::Builder::new();
    #[cfg(unix)]
    builder.permissions(std::os::unix::fs::PermissionsExt::from_mode(0o666));
    builder.tempfile_in(folder)
}
