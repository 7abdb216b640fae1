//! Signing in by OpenID Connect (Core 1.0): discovery, the authorization code flow with PKCE (RFC 7636), ID tokens and the keys that they
//! are signed with.
//!
//! Requests go through the guard of `waypost-reach`. The caller keeps what a browser must bring back ([`Attempt`]), and says what time it is.

mod discovery;
mod id_token;
mod keys;
mod provider;

pub use id_token::{Claims, Expected, TokenProblem, read_id_token};
pub use keys::Keys;
pub use provider::{Attempt, Callback, Provider, Registration};

use thiserror::Error;

/// Why nobody was signed in. No message holds anything secret.
#[derive(Clone, Debug, Error, PartialEq, Eq)]
pub enum SignInProblem {
    /// The provider can't be reached, or answers something else than OpenID Connect.
    #[error("the identity provider can't be used: {0}")]
    Unusable(String),
    /// The provider refused, in its own words.
    #[error("the identity provider refused: {0}")]
    Refused(String),
    /// What came back can't be trusted.
    #[error("the answer of the identity provider is not valid: {0}")]
    Invalid(String),
}
