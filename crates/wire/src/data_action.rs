//! Data actions: HTTP requests that flows make, in Genesys's shape.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waypost_ids::DataActionId;

use crate::Object;
use crate::time::Time;

/// A data action.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataAction {
    /// Its identifier.
    pub id: DataActionId,
    /// Its name.
    pub name: String,
    /// The integration that it belongs to, as its creator says; kept and returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration_id: Option<String>,
    /// A category; kept and returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Its inputs and outputs: `input.inputSchema` and `output.successSchema`, each a JSON Schema (draft 4).
    pub contract: Object,
    /// Counts its changes.
    pub version: u64,
    /// Whether its creator calls it secure; kept and returned.
    pub secure: bool,
    /// `request`, `response`, `timeoutSeconds`, `retries`, `cacheSeconds`; in lists only if asked for.
    #[serde(default, skip_serializing_if = "Object::is_empty")]
    pub config: Object,
    /// When it was made.
    pub date_created: Time,
    /// When it last changed.
    pub date_modified: Time,
    /// Its address.
    pub self_uri: String,
}

/// Creates a data action: a file that Genesys exported can be sent as it is.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataActionRequest {
    /// Its name.
    pub name: String,
    /// What it belongs to; kept and returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration_id: Option<String>,
    /// The kind of integration, as exports have it; kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration_type: Option<String>,
    /// The kind of action, as exports have it; kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_type: Option<String>,
    /// A category; kept and returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Its inputs and outputs: `input.inputSchema` and `output.successSchema`, each a JSON Schema (draft 4).
    pub contract: Object,
    /// Kept and returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secure: Option<bool>,
    /// `request`, `response`, `timeoutSeconds` (1 to 60), and Waypost's own `retries` (0 to 10) and `cacheSeconds` (0 to 86400).
    pub config: Object,
}

/// Changes a data action. A member that is left out stays; any other is replaced as a whole.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DataActionChange {
    /// Its name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What it belongs to.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration_id: Option<String>,
    /// The kind of integration, as exports have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub integration_type: Option<String>,
    /// The kind of action, as exports have it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub action_type: Option<String>,
    /// A category.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    /// Its inputs and outputs. Genesys changes these in drafts only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub contract: Option<Object>,
    /// Kept and returned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secure: Option<bool>,
    /// The request, and how the answer becomes outputs.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub config: Option<Object>,
    /// The version that the change is meant for; left out, any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<u64>,
}
