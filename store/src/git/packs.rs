//! The tables of git's packs, checked by their sums before libgit2 sees them, as it believes them blindly.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::sync::{Mutex, PoisonError};

use sha1::{Digest, Sha1};

use super::failure::corrupt;
use crate::StoreError;

const SUM_BYTES: usize = 20;

/// The tables that were found whole; a pack never changes.
#[derive(Debug, Default)]
pub(super) struct KnownPacks(Mutex<HashSet<OsString>>);

impl KnownPacks {
    /// Checks the tables of the repository with this folder that were not checked before.
    pub(super) fn check(&self, folder: &Path, location: &str) -> Result<(), StoreError> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        // Where there are no packs there is no such folder, or whoever reads next says what is wrong with it.
        let Ok(files) = fs::read_dir(folder.join("objects").join("pack")) else { return Ok(()) };
        for file in files.flatten() {
            let name = file.file_name();
            if !name.as_encoded_bytes().ends_with(b".idx") || known.contains(&name) {
                continue;
            }
            // One that is gone again was replaced by git, and what cannot be read is told by whoever needs it.
            let Ok(bytes) = fs::read(file.path()) else { continue };
            let whole = bytes.split_last_chunk::<SUM_BYTES>();
            if whole.is_none_or(|(table, sum)| Sha1::digest(table).as_slice() != sum) {
                let what = format!("the table of a pack, {}", name.to_string_lossy());
                return Err(corrupt(location, &what, "its sum is another; `git index-pack` makes it anew"));
            }
            known.insert(name);
        }
        Ok(())
    }
}
