//! Why a change of the catalogue was refused, in words of flows: HTTP is the edge's business.

use thiserror::Error;
use waypost_aside::Failed;
use waypost_flow::diagnostic::Diagnostic;
use waypost_ids::{FlowId, Version};
use waypost_store::error::StoreError;
use waypost_store::revisions::Stale;

/// A change of the catalogue, or a look at it, was refused or failed. Nothing was changed.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// What was sent is wrong; every problem is listed.
    #[error("{} problem(s) found", .0.len())]
    Invalid(Vec<Diagnostic>),
    /// It does not exist.
    #[error("{kind} `{id}` was not found")]
    NotFound {
        /// `flow`, `queue`, …
        kind: &'static str,
        /// What was asked for.
        id: String,
    },
    /// The flow was deleted.
    #[error("flow `{0}` was deleted")]
    Deleted(FlowId),
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
    /// Another client holds the flow.
    #[error("flow `{name}` is checked out by `{holder}`")]
    Locked {
        /// The flow's name.
        name: String,
        /// The client.
        holder: String,
    },
    /// It was meant for another revision.
    #[error(transparent)]
    Stale(#[from] Stale),
    /// A built-in thing can't be changed in this way.
    #[error("{0}")]
    Protected(String),
    /// The work that it takes was not done.
    #[error(transparent)]
    Aside(#[from] Failed),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<Box<Diagnostic>> for ChangeError {
    fn from(problem: Box<Diagnostic>) -> Self {
        Self::Invalid(vec![*problem])
    }
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
    let mut names: Vec<String> = users.iter().map(|user| format!("{} `{}`", user.kind, user.name)).collect();
    // They are in order; what uses it in several places is named once.
    names.dedup();
    names.join(", ")
}

/// What people can't see: two names that look the same and are written in other characters.
fn unicode_forms(kind: &str, name: &str) -> &'static str {
    // Of addresses and domains the forms are told apart.
    if name.is_ascii() || ["route", "domain"].contains(&kind) {
        ""
    } else {
        ": names are compared whatever the case and Unicode form (NFC or NFD)"
    }
}
