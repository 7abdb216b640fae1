//! What was found.

use waypost_ids::AuthResult;

/// What each method says of a mail.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// RFC 7208.
    pub spf: Finding,
    /// RFC 6376.
    pub dkim: Finding,
    /// RFC 9989.
    pub dmarc: Finding,
}

/// The result of one method.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Finding {
    /// The result.
    pub result: AuthResult,
    /// The domain that it is about: of the envelope's sender or HELO, of the signature, of the author. A-labels, lower case; empty if
    /// there is none.
    pub domain: String,
    /// Whether it passed for a domain that is aligned with the author's (RFC 9989 section 4.4).
    pub aligned: bool,
    /// Why, for people.
    pub reason: String,
}

impl Finding {
    pub(crate) fn new(result: AuthResult, domain: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { result, domain: domain.into(), aligned: false, reason: reason.into() }
    }

    pub(crate) fn passed(&self) -> bool {
        self.result == AuthResult::Pass
    }
}
