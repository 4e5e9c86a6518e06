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
                _ => chain(&error),
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
