//! Why a use case was refused, in words of flows and mail: HTTP and SMTP are the edges' business.

use thiserror::Error;
use waypost_aside::Failed;
use waypost_catalogue::error::ChangeError;
use waypost_flow::diagnostic::Diagnostic;
use waypost_store::error::{ClientError, LeaseError, StoreError};
use waypost_store::revisions::Stale;

use crate::access::scopes::Scope;

/// A use case was refused or failed. Nothing was changed.
#[derive(Debug, Error)]
pub enum AppError {
    /// What was sent is wrong; every problem is listed.
    #[error("{} problem(s) found", .0.len())]
    Invalid(Vec<Diagnostic>),
    /// It would tell something that the caller may not read.
    #[error("the token lacks the scope `{}`", .0.as_str())]
    MissingScope(Scope),
    /// It does not exist.
    #[error("{kind} `{id}` was not found")]
    NotFound {
        /// `flow`, `queue`, …
        kind: &'static str,
        /// What was asked for.
        id: String,
    },
    /// It was deleted.
    #[error("{kind} `{id}` was deleted")]
    Deleted {
        /// `flow`, …
        kind: &'static str,
        /// What was asked for.
        id: String,
    },
    /// The name is taken.
    #[error("a {kind} named `{name}` exists already")]
    NameTaken {
        /// `flow`, `queue`, …
        kind: &'static str,
        /// The name.
        name: String,
        /// Who has it.
        holder: String,
    },
    /// No route takes mail for this address.
    #[error("no route for `{0}`")]
    NoRoute(String),
    /// The idempotency key was used with another body.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The same request is being worked on.
    #[error("a request with this idempotency key is in flight")]
    InFlight,
    /// A lease ended or was never given, or the interaction is not in a state that allows it.
    #[error("{0}")]
    Lease(String),
    /// A built-in thing can't be changed in this way.
    #[error("{0}")]
    Protected(String),
    /// Client id or secret is wrong, or the client was revoked.
    #[error("client id or secret is wrong")]
    BadCredentials,
    /// Too many wrong secrets; try again later.
    #[error("too many attempts; try again in {seconds} s")]
    Throttled {
        /// When to try again.
        seconds: u64,
    },
    /// A scope that nobody knows.
    #[error("scope `{0}` is not known or not granted to this client")]
    BadScope(String),
    /// A whole new content of a table is just being written.
    #[error("a new content of the table `{table}` is just being written")]
    Importing {
        /// The table's name.
        table: String,
    },
    /// It was meant for another revision.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// The catalogue refused it.
    #[error(transparent)]
    Change(#[from] ChangeError),
    /// The work that it takes was not done.
    #[error(transparent)]
    Aside(#[from] Failed),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<ClientError> for AppError {
    fn from(error: ClientError) -> Self {
        match error {
            ClientError::LastAdmin => Self::Protected(error.to_string()),
            ClientError::Store(error) => Self::Store(error),
        }
    }
}

impl From<LeaseError> for AppError {
    fn from(error: LeaseError) -> Self {
        match error {
            LeaseError::Lost => Self::Lease("the lease was lost: it ended, or was never given".to_owned()),
            LeaseError::Store(error) => Self::Store(error),
        }
    }
}
