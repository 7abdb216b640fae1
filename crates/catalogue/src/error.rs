//! Why a change of the catalogue was refused, in words of flows: HTTP is the edge's business.

use thiserror::Error;
use waypost_aside::Failed;
use waypost_flow::diagnostic::Diagnostic;
use waypost_ids::{FlowId, Version};
use waypost_store::error::StoreError;
use waypost_store::revisions::Stale;

use crate::projects::OfAnother;

/// A change of the catalogue, or a look at it, was refused or failed. Nothing was changed.
#[derive(Debug, Error)]
pub enum ChangeError {
    /// What was sent is wrong; every problem is listed.
    #[error("{} found", waypost_flow::diagnostic::counted(.0.len(), "problem"))]
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
    #[error("the change would break {} in flows that follow `{flow}`", waypost_flow::diagnostic::counted(.breakages.len(), "place"))]
    Broken {
        /// The flow that was to change.
        flow: String,
        /// Every place that would break.
        breakages: Vec<Breakage>,
    },
    /// Some of it can't be deleted while it is used: all such objects.
    #[error("{}", in_use_text(.0))]
    InUse(Vec<InUse>),
    /// Another project applied some of it last.
    #[error("{}", of_another_project_text(.0))]
    OfAnotherProject(Vec<OfAnother>),
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

/// An object that can't be deleted while it is used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InUse {
    /// `flow`, `queue`, `domain`, `table`, `schedule`.
    pub kind: &'static str,
    /// Its name.
    pub name: String,
    /// Who uses it.
    pub users: Vec<User>,
    /// How many interactions wait in it, if it is a queue in which work stands: none, if that is claimed or on its way.
    pub waiting: Option<u64>,
}

impl InUse {
    /// The work that stands in it, in words; users speak for themselves.
    #[must_use]
    pub fn work(&self) -> Option<String> {
        self.waiting.map(|waiting| match waiting {
            0 => "work from it is claimed or on its way".to_owned(),
            1 => "1 interaction waits in it".to_owned(),
            more => format!("{more} interactions wait in it"),
        })
    }
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

fn in_use_text(all: &[InUse]) -> String {
    let text = |one: &InUse| {
        let (kind, name) = (one.kind, &one.name);
        match one.work() {
            Some(work) => format!("{kind} `{name}` is in use: {work}"),
            None => format!("{kind} `{name}` is in use by {}", users_text(&one.users)),
        }
    };
    all.iter().map(text).collect::<Vec<_>>().join("; ")
}

fn of_another_project_text(all: &[OfAnother]) -> String {
    match all {
        [only] => only.to_string(),
        several => {
            format!("other projects applied {} last", waypost_flow::diagnostic::counted(several.len(), "object"))
        }
    }
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
        ": names are compared ignoring case and Unicode form (NFC or NFD)"
    }
}
