//! Why a call failed.

use std::time::Duration;

use waypost_wire::error::ErrorBody;

/// Why a call failed. No secret and no token is part of it.
#[derive(Clone, Debug, thiserror::Error)]
pub enum Error {
    /// The server refused: status, code, and every problem that it found.
    #[error("{} ({} {})", .body.message, .body.status, .body.code)]
    Refused {
        /// What it said.
        body: Box<ErrorBody>,
        /// How long the server asked to wait before another attempt.
        retry_after: Option<Duration>,
    },
    /// There was no answer.
    #[error("{url} does not answer: {reason}")]
    NoAnswer {
        /// The server's address.
        url: String,
        /// What happened.
        reason: String,
    },
    /// The answer is none of this API's.
    #[error("{url} gave an answer that can't be read: {reason}")]
    Unreadable {
        /// The server's address.
        url: String,
        /// What is wrong with it.
        reason: String,
    },
    /// The client can't be made so.
    #[error("{0}")]
    Configuration(String),
}

impl Error {
    /// The status of a refusal.
    #[must_use]
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Refused { body, .. } => Some(body.status),
            _ => None,
        }
    }

    /// Whether the server does not offer what was asked, such as one of an older release than the client.
    #[must_use]
    pub fn is_not_offered(&self) -> bool {
        matches!((self.status(), self.code()), (Some(405 | 501), _) | (Some(404), Some("not.found")))
    }

    /// The stable code of a refusal.
    #[must_use]
    pub fn code(&self) -> Option<&str> {
        match self {
            Self::Refused { body, .. } => Some(&body.code),
            _ => None,
        }
    }
}
