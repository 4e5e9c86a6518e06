//! What an error of git, of a file or of the git program means for a store.

use std::io;

use git2::{ErrorClass, ErrorCode};

use crate::StoreError;

/// What git's error means for the store.
pub(super) fn failure(location: &str, error: &git2::Error) -> StoreError {
    let (store, reason) = (location.to_owned(), error.message().to_owned());
    if let Some(known) = of_system(location, &reason) {
        return known;
    }
    match (error.class(), error.code()) {
        (ErrorClass::Zlib | ErrorClass::Odb | ErrorClass::Object | ErrorClass::Tree, _)
        | (ErrorClass::Reference, ErrorCode::InvalidSpec | ErrorCode::GenericError)
        | (ErrorClass::Indexer, _) => corrupt(location, "the repository", &reason),
        _ => StoreError::Io { store, reason },
    }
}

/// What a file's error means for the store.
pub(super) fn io_failure(location: &str, error: &io::Error) -> StoreError {
    let (store, reason) = (location.to_owned(), error.to_string());
    match error.kind() {
        io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded | io::ErrorKind::FileTooLarge => {
            StoreError::Full { store, reason }
        }
        io::ErrorKind::ReadOnlyFilesystem | io::ErrorKind::PermissionDenied => StoreError::ReadOnly { store },
        _ => StoreError::Io { store, reason },
    }
}

/// Git passes on what the system said in words alone.
fn of_system(location: &str, reason: &str) -> Option<StoreError> {
    let store = || location.to_owned();
    let says = |words: &[&str]| words.iter().any(|words| reason.contains(words));
    if says(&["No space left", "quota exceeded", "File too large"]) {
        Some(StoreError::Full { store: store(), reason: reason.to_owned() })
    } else if says(&["Read-only file system"])
        || (says(&["Permission denied"]) && says(&["create", "make", "write", "rename"]))
    {
        Some(StoreError::ReadOnly { store: store() })
    } else {
        None
    }
}

pub(super) fn corrupt(location: &str, what: &str, reason: &str) -> StoreError {
    StoreError::Corrupt { store: location.to_owned(), what: what.to_owned(), reason: reason.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_say_what_they_mean_for_the_store() {
        let of = |class, message: &str| {
            failure("git:store", &git2::Error::new(ErrorCode::GenericError, class, message)).to_string()
        };
        for (class, message, words) in [
            (ErrorClass::Os, "failed to write: No space left on device", "the disk is full"),
            (ErrorClass::Os, "failed to create locked file: Permission denied", "is read-only"),
            (ErrorClass::Zlib, "failed to inflate", "is damaged"),
            (ErrorClass::Config, "failed to parse", "cannot be used: failed to parse"),
        ] {
            let text = of(class, message);
            assert!(text.starts_with("git:store") && text.contains(words), "{text}");
        }
    }
}
