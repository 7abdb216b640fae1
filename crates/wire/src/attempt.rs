//! A flow tried on a supplied mail.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use waypost_ids::{FlowId, Version};

use crate::Object;
use crate::interaction::Decision;
use crate::time::Time;
use crate::trace::{RunTrace, TraceEffect};

/// What to try, and on what. Where the request's body is the raw message itself, only `version` can be said, as a query parameter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Try {
    /// The raw message, as far as it is UTF-8, or
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// its bytes in Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_base64: Option<String>,
    /// A version's number, `published`, `newest`, or a label; `newest` if neither this nor a document is said.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Json>,
    /// A document that is not saved, tried in the flow's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Json>,
    /// Values for the flow's inputs.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub inputs: Object,
    /// The interaction's attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The interaction's priority.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// When the mail counts as accepted; now, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Time>,
    /// Who sent the mail; what is left out is `unknown`. A method is an object, or its result alone: `"pass"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Json>,
    /// What a scanner says of it: an object with `result` and `by`, or the result alone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<Json>,
    /// The interaction's id, which weighted labels choose by; a new one, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction_id: Option<String>,
}

/// What came of it. Nothing was stored or sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Tried {
    /// The flow.
    pub flow_id: FlowId,
    /// The version that was tried; absent for a document that is not saved.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The decision.
    pub decision: Decision,
    /// The attributes as the run left them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The flow's outputs, unless the run ended inside it.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub outputs: Object,
    /// What would be sent, in the order in which the flow says so.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sends: Vec<TraceEffect>,
    /// Calls of data actions that the flow asked for, in order. None is made: the run ends at the first, and what it would decide is unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<Unanswered>,
    /// How many steps of work the run took. A run may take 1,000,000 by default.
    pub steps: u64,
    /// How long the run took, in microseconds.
    pub duration_us: u64,
    /// What happened on the way.
    pub trace: RunTrace,
}

/// A call of a data action that was not made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Unanswered {
    /// The data action's name.
    pub data_action: String,
    /// What it would have been given.
    pub input: Object,
}
