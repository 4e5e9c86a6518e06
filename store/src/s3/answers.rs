//! What a server's refusal, or its silence, means for a store. Nothing of the request is repeated, so that no credential
//! is.

use std::error::Error;

use aws_sdk_s3::config::http::HttpResponse;
use aws_sdk_s3::error::{ProvideErrorMetadata, SdkError};

use crate::StoreError;

const UNAVAILABLE: u16 = 500;

/// A request that did not succeed.
#[derive(Debug)]
pub(super) struct Answer {
    /// None where the server did not answer.
    pub(super) status: Option<u16>,
    pub(super) code: String,
    reason: String,
}

impl Answer {
    pub(super) fn of<E>(error: SdkError<E, HttpResponse>) -> Self
    where
        E: ProvideErrorMetadata + Error + 'static,
    {
        let status = error.raw_response().map(|response| response.status().as_u16());
        let code = error.code().unwrap_or_default().to_owned();
        let reason = match (error.code(), error.message()) {
            (Some(code), Some(message)) if !message.is_empty() => format!("the server answers {code}: {message}"),
            (Some(code), _) => format!("the server answers {code}"),
            (None, _) => match status {
                Some(status) if error.as_service_error().is_some() => format!("the server answers {status}"),
                _ => unsent(chain(&error)),
            },
        };
        Self { status, code, reason }
    }

    pub(super) fn undecided(attempts: u32) -> Self {
        let reason = format!("the server answered {attempts} times that somebody else is writing the same key");
        Self { status: None, code: String::new(), reason }
    }

    pub(super) fn broken_off(error: &(dyn Error + 'static)) -> Self {
        Self { status: None, code: String::new(), reason: format!("the answer broke off: {}", chain(error)) }
    }

    /// Whether the request may have been done all the same.
    pub(super) fn leaves_it_open(&self) -> bool {
        self.status.is_none_or(|status| status >= UNAVAILABLE)
    }

    pub(super) fn is_missing_key(&self) -> bool {
        self.status == Some(404) && self.code != "NoSuchBucket"
    }

    /// Whether the server says that it does not know what it was asked.
    pub(super) fn is_unsupported(&self) -> bool {
        self.status == Some(501) || self.code == "NotImplemented"
    }

    pub(super) fn into_reason(self) -> String {
        self.reason
    }

    pub(super) fn of_writing(self, store: &str) -> StoreError {
        let store = store.to_owned();
        match (self.status, self.code.as_str()) {
            (_, "AccessDenied" | "AllAccessDisabled") => StoreError::ReadOnly { store },
            (Some(507), _) | (_, "QuotaExceeded" | "XMinioStorageFull" | "EntityTooLarge") => {
                StoreError::Full { store, reason: self.reason }
            }
            _ => StoreError::Io { store, reason: self.reason },
        }
    }

    pub(super) fn of_reading(self, store: &str) -> StoreError {
        StoreError::Io { store: store.to_owned(), reason: self.reason }
    }
}

/// Without credentials nothing is sent, and the SDK says at length where it has looked.
fn unsent(reason: String) -> String {
    if ["loading credentials", "no credentials found"].iter().any(|said| reason.contains(said)) {
        let last = reason.lines().next().and_then(|line| line.rsplit(": ").next()).unwrap_or_default();
        let advice = "set AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, or name a profile of ~/.aws in AWS_PROFILE, or \
                      give the machine a role";
        return format!("no credentials were found ({}): {advice}", last.trim_end_matches(['.', ':']));
    }
    reason
}

/// What failed and why, without the requests and answers that debugging would show.
fn chain(error: &(dyn Error + 'static)) -> String {
    let mut reasons = vec![error.to_string()];
    let mut source = error.source();
    while let Some(error) = source {
        let reason = error.to_string();
        if reasons.last() != Some(&reason) {
            reasons.push(reason);
        }
        source = error.source();
    }
    reasons.join(": ")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, code: &str) -> Answer {
        Answer { status: Some(status), code: code.to_owned(), reason: format!("the server answers {code}") }
    }

    #[test]
    fn what_an_answer_means_for_the_store() {
        let store = || "s3://bucket".to_owned();
        assert_eq!(answer(403, "AccessDenied").of_writing(&store()), StoreError::ReadOnly { store: store() });
        for full in [answer(507, "XMinioStorageFull"), answer(403, "QuotaExceeded"), answer(507, "")] {
            assert!(matches!(full.of_writing(&store()), StoreError::Full { .. }));
        }
        for other in [answer(403, "InvalidAccessKeyId"), answer(404, "NoSuchBucket"), answer(503, "SlowDown")] {
            assert!(matches!(other.of_writing(&store()), StoreError::Io { .. }));
        }
        assert!(matches!(answer(403, "AccessDenied").of_reading(&store()), StoreError::Io { .. }));
        assert!(answer(404, "NoSuchKey").is_missing_key() && answer(404, "").is_missing_key());
        assert!(!answer(404, "NoSuchBucket").is_missing_key() && !answer(403, "AccessDenied").is_missing_key());
        assert!(answer(503, "SlowDown").leaves_it_open() && !answer(403, "AccessDenied").leaves_it_open());
        assert!(Answer::undecided(8).leaves_it_open());
    }

    #[test]
    fn missing_credentials_are_said_to_be_missing() {
        for (said, reason) in [
            ("dispatch failure: other: an error occurred while loading credentials: no role.", "(no role)"),
            (
                "other: no credentials found in chain. Attempted:\n  Environment: not set",
                "(no credentials found in chain. Attempted)",
            ),
        ] {
            let told = unsent(said.to_owned());
            assert!(told.starts_with("no credentials were found") && told.contains(reason), "{told}");
            assert!(told.contains("AWS_PROFILE") && !told.contains('\n'), "{told}");
        }
        assert_eq!(unsent("connection refused".to_owned()), "connection refused");
    }
}
