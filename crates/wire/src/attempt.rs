//! A flow tried on a supplied mail.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use waypost_ids::{FlowId, Version};

use crate::Object;
use crate::interaction::Decision;
use crate::time::Time;
use crate::trace::{RunTrace, TraceEffect, present};

/// What to try, and on which mail. If the request's body is the raw message itself, only `version` can be given, as a query parameter.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Try {
    /// The raw message, as far as it is UTF-8, or
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message: Option<String>,
    /// its bytes in Base64.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_base64: Option<String>,
    /// A version's number, `published`, `newest`, or a label. Default: `newest`, if there is no document.
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
    /// When the mail counts as accepted. Default: now.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub received_at: Option<Time>,
    /// Who sent the mail; a method that is left out is `unknown`. A method is an object, or just its result: `"pass"`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub auth: Option<Json>,
    /// What a scanner says about it: an object with `result` and `by`, or just the result.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub scan: Option<Json>,
    /// The interaction's id, by which weighted labels choose a version. Default: a new one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub interaction_id: Option<String>,
    /// What data actions answer, and tables and schedules in the place of the server's own. The first that matches is used. They must fit contracts and
    /// columns. With answers, the token needs `routing:read`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    #[schemars(with = "Vec<GivenAnswer>")]
    pub answers: Vec<Json>,
}

/// What a data action, a table or a schedule answers: `output`, `error` or `timeout`, as in tests of flows.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct GivenAnswer {
    /// The data action's name, or
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data_action: Option<String>,
    /// the table's name, or
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub table: Option<String>,
    /// the schedule's name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub schedule: Option<String>,
    /// Inputs of the call, whatever the others; the key that is looked up; the time. Any, if absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input: Option<Json>,
    /// The data action's outputs; the row's columns, or null for no such row; the schedule's `state`, `name` and `nextChange`.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub output: Option<Json>,
    /// Why there is no answer: a text; of a data action also an object with `code`, `message` and `status`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub error: Option<Json>,
    /// There is no answer in time.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub timeout: bool,
}

/// The result. Nothing was stored or sent.
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
    /// What would be sent, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sends: Vec<TraceEffect>,
    /// Calls of data actions that the flow asked for and no answer was given for, in order. None is made: the run ends at the first, and what it would decide is unknown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unanswered: Vec<Unanswered>,
    /// Given answers that the run never asked for, as `table X`, `schedule X` or `data action X`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub unasked: Vec<String>,
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
    /// The inputs that it would have got.
    pub input: Object,
}
