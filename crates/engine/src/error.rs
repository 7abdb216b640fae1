//! Why a run failed, and what can be caught.

use serde::Serialize;
use serde_json::{Value as Json, json};
use thiserror::Error;
use waypost_flow::expr::EvalError;
use waypost_ids::{FlowId, Version, codes};

/// Why a run failed, and where the error first arose. Its JSON is a promised format: traces and interactions hold it.
#[derive(Clone, Debug, PartialEq, Eq, Error, Serialize)]
#[serde(rename_all = "camelCase")]
#[error("{message} [{code}]")]
pub struct RunError {
    /// The stable code: one of [`codes`], or an expression's.
    pub code: &'static str,
    /// What happened.
    pub message: String,
    /// The flow it happened in.
    pub flow_id: FlowId,
    /// That flow's name.
    pub flow_name: String,
    /// That flow's version; 0 for one that is not saved.
    pub version: Version,
    /// The node it happened in; none in a condition set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// The action's position in the node; none in a branch or a condition set.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<usize>,
    /// Where in the node, such as `actions[1].actions[0]`; only inside of loops.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
}

impl RunError {
    /// The form that traces and interactions have.
    pub fn to_json(&self) -> Json {
        serde_json::to_value(self).unwrap_or_else(|_| json!({ "code": self.code, "message": self.message }))
    }
}

/// An error on its way to whoever catches it.
#[derive(Debug)]
pub(crate) struct Raised {
    pub(crate) code: &'static str,
    pub(crate) message: String,
    /// Limits and contradictions are not caught: an `onError` must not be able to hide them.
    pub(crate) fatal: bool,
}

impl Raised {
    pub(crate) fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fatal: false }
    }

    pub(crate) fn fatal(code: &'static str, message: impl Into<String>) -> Self {
        Self { code, message: message.into(), fatal: true }
    }

    #[cold]
    pub(crate) fn broken(what: &str) -> Self {
        Self::fatal(codes::BROKEN_PROGRAM, format!("the program is broken: {what}"))
    }
}

impl From<EvalError> for Raised {
    fn from(error: EvalError) -> Self {
        Self { fatal: error.is_limit(), code: error.code, message: error.message }
    }
}
