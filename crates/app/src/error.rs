//! Why a use case was refused, in words of flows and mail: HTTP and SMTP are the edges' business.

use thiserror::Error;
use waypost_flow::diagnostic::Diagnostic;
use waypost_ids::{FlowId, Version};
use waypost_store::error::{ClientError, LeaseError, StoreError};

use crate::access::scopes::Scope;
use crate::tables::import::LineProblems;

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
    #[error("a {kind} named `{name}` exists already{}", unicode_forms(kind, name))]
    NameTaken {
        /// `flow`, `queue`, …
        kind: &'static str,
        /// The name.
        name: String,
        /// Who has it.
        holder: String,
    },
    /// The change would break flows that follow this one.
    #[error("the change would break {} place(s) in flows that follow `{flow}`", .breakages.len())]
    Broken {
        /// The flow that was to change.
        flow: String,
        /// Every place that would break.
        breakages: Vec<Breakage>,
    },
    /// It can't be deleted while it is used.
    #[error("{kind} `{name}` is in use by {}", users_text(.users))]
    InUse {
        /// `flow`, `queue`, `domain`, `table`, `schedule`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// Who uses it.
        users: Vec<User>,
    },
    /// Another client holds it.
    #[error("{kind} `{name}` is checked out by `{holder}`")]
    Locked {
        /// `flow`.
        kind: &'static str,
        /// Its name.
        name: String,
        /// The client.
        holder: String,
    },
    /// `If-Match` named another revision.
    #[error("the {kind} was changed meanwhile: its revision is {current}")]
    Stale {
        /// `flow`, …
        kind: &'static str,
        /// The revision now.
        current: u64,
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
    /// Lines of a file are wrong; nothing of it was kept.
    #[error("{} line(s) are wrong", .0.told.len())]
    BadLines(LineProblems),
    /// A whole new content of a table is just being written.
    #[error("a new content of the table `{table}` is just being written")]
    Importing {
        /// The table's name.
        table: String,
    },
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A place that a change would break.
#[derive(Clone, Debug, PartialEq)]
pub struct Breakage {
    /// The flow that would break.
    pub flow_id: FlowId,
    /// Its name.
    pub flow_name: String,
    /// Its version.
    pub version: Version,
    /// The node, when the place is in one.
    pub node_id: Option<String>,
    /// The action's position in the node.
    pub action: Option<usize>,
    /// What is wrong there.
    pub diagnostic: Diagnostic,
}

/// Something that uses something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct User {
    /// `flow`, `route`, or `interaction` for work that stands in a queue.
    pub kind: &'static str,
    /// Its id.
    pub id: String,
    /// Its name, a route's address pattern, or an interaction's subject.
    pub name: String,
    /// Where in it, such as `nodes[0].actions[1]`; empty for a route.
    pub path: String,
}

fn users_text(users: &[User]) -> String {
    let names: Vec<String> = users.iter().map(|user| format!("{} `{}`", user.kind, user.name)).collect();
    names.join(", ")
}

/// What people can't see: two names that look the same and are written in other characters.
fn unicode_forms(kind: &str, name: &str) -> &'static str {
    let is_compared_so = kind != "row" && kind != "client";
    if name.is_ascii() || !is_compared_so {
        return "";
    }
    ": names are compared whatever the case and Unicode form (NFC or NFD)"
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
