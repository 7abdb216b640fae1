//! Versions of flows as somebody wrote them.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use waypost_ids::{FlowId, Version};

use crate::error::Problem;

/// So many texts are taken in one request. Each is compared with its version.
pub const MOST_TEXTS: usize = 500;

/// How some versions are written.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct TextsRequest {
    /// A text for each, at most 500.
    pub texts: Vec<VersionText>,
    /// Why, for the audit log.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// How one version is written.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct VersionText {
    /// The flow.
    pub flow_id: FlowId,
    /// The version's number.
    pub version: Version,
    /// The text: YAML that says what the version says.
    pub text: String,
}

/// How the published version of a flow is written, and what it says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct PublishedText {
    /// The flow.
    pub flow_id: FlowId,
    /// The version's number.
    pub version: Version,
    /// Its document, with today's names; absent unless it was asked for, and if it can't be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<Json>,
    /// The text; absent if none was kept, and if it can't be read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// Why something can't be read.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Problem>,
}

/// What became of some texts.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct TextsDone {
    /// Of each, in the order they were sent.
    pub texts: Vec<TextDone>,
}

/// What became of one text.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TextDone {
    /// The flow.
    pub flow_id: FlowId,
    /// The version's number.
    pub version: Version,
    /// `written`, `unchanged` or `refused`.
    pub outcome: String,
    /// Why it was refused.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub errors: Vec<Problem>,
}
