//! The body of every answer that is not a success.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// What went wrong. Genesys's `ErrorBody`, with its codes where one fits.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct ErrorBody {
    /// What is wrong, for people.
    pub message: String,
    /// The stable code.
    pub code: String,
    /// The HTTP status.
    pub status: u16,
    /// Names this request in the server's log; also the header `ININ-Correlation-Id`.
    #[serde(default)]
    pub context_id: String,
    /// Every problem, at least one.
    #[serde(default)]
    pub errors: Vec<Problem>,
}

/// One problem: in a document, in a query, or with another object that blocks the request.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase", default)]
pub struct Problem {
    /// The stable code.
    pub code: String,
    /// What is wrong, for people.
    pub message: String,
    /// `warning` for what works but is probably a mistake; absent for errors.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub severity: Option<String>,
    /// The field, such as `nodes[0].actions[1].inputMapping[0].value`, or the query parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub path: Option<String>,
    /// The part of the string value at `path` that is meant.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub range: Option<TextRange>,
    /// The line in the request's body, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub line: Option<usize>,
    /// The column in that line, counted from 1.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub column: Option<usize>,
    /// What was expected.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expected: Option<String>,
    /// What was found.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub found: Option<String>,
    /// What to do.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub suggestion: Option<String>,
    /// The flow that would break, or that uses the object.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<String>,
    /// That flow's name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub flow_name: Option<String>,
    /// That flow's version.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<u32>,
    /// The node in that flow.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub node_id: Option<String>,
    /// The action's position in the node, counted from 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub action: Option<usize>,
    /// The kind of the blocking object: `flow`, `route`, `queue`, …
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_kind: Option<String>,
    /// Its identifier.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_id: Option<String>,
    /// Its name.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub entity_name: Option<String>,
}

/// A part of a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextRange {
    /// The first byte.
    pub start: usize,
    /// The byte after the last.
    pub end: usize,
}

impl Problem {
    /// A problem without a place.
    pub fn new(code: impl Into<String>, message: impl Into<String>) -> Self {
        Self { code: code.into(), message: message.into(), ..Self::default() }
    }
}
