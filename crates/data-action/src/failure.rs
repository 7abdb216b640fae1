//! Why a call of a data action failed.

use std::fmt;

/// Why a call failed, in one word.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureCode {
    /// The input is not what the contract asks for.
    Input,
    /// The request can't be made: a template fails, or a value would change the request's shape.
    Request,
    /// A credential that the definition names is not there.
    Credential,
    /// The server answered another status than 2xx.
    Status,
    /// The answer can't be read: not JSON, a template fails, too large.
    Answer,
    /// The result is not what the contract promises.
    Output,
}

impl FailureCode {
    /// Every code.
    pub const ALL: [Self; 6] = [Self::Input, Self::Request, Self::Credential, Self::Status, Self::Answer, Self::Output];

    /// The word that flows, traces and labels of metrics use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Input => "input",
            Self::Request => "request",
            Self::Credential => "credential",
            Self::Status => "status",
            Self::Answer => "answer",
            Self::Output => "output",
        }
    }
}

/// Why a call failed. It holds no credential, and of what was sent and answered only what a user needs to mend it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The reason, in one word.
    pub code: FailureCode,
    /// The reason in words: lower case, no full stop.
    pub message: String,
}

impl Failure {
    pub(crate) fn new(code: FailureCode, message: String) -> Self {
        Self { code, message }
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
