//! Which versions of the server can hold a pair of schemas.

use std::path::Path;

/// The oldest major version that can hold a pair, as its `needs.txt` says; 0 where every version can. Older ones cannot make
/// it, or make something else of it: 14 has no sequences that are not logged.
pub(crate) fn least_version(pair: &Path) -> u32 {
    let Ok(text) = std::fs::read_to_string(pair.join("needs.txt")) else { return 0 };
    let version = text.trim().parse();
    assert!(version.is_ok(), "{}/needs.txt has something else than a major version, as in 15", pair.display());
    version.unwrap_or_default()
}
