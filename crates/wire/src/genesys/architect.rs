//! Genesys's words for working on flows: operations, histories, views by division, dependencies.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;
use waypost_ids::FlowId;

use crate::flow::FlowVersion;
use crate::reference::{Division, Reference};
use crate::time::Time;

/// An operation on flows. Here it is always complete.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Operation {
    /// Its identifier.
    pub id: Uuid,
    /// Always `true`.
    pub complete: bool,
    /// The client that requested it.
    pub client: Reference,
    /// `CHECKIN`, `PUBLISH`, `DELETE`, `HISTORY`.
    pub action_name: String,
    /// Always `SUCCESS`.
    pub action_status: String,
}

/// A page of what was done to a flow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryListing {
    /// The history's identifier.
    pub id: Uuid,
    /// Always `true`.
    pub complete: bool,
    /// The flow's name.
    pub name: String,
    /// Always `SUCCESS`.
    pub action_status: String,
    /// What was done.
    pub entities: Vec<HistoryEntry>,
    /// The size of a page.
    pub page_size: u32,
    /// The page's number, counted from 1.
    pub page_number: u32,
    /// The total number of elements.
    pub total: u64,
    /// The number of pages.
    pub page_count: u64,
}

/// One thing that was done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct HistoryEntry {
    /// `SAVE`, `PUBLISH`, `DEACTIVATE`, `DELETE`, `CHECKIN`, `CHECKOUT`, `REVERT`, `UPDATE`.
    pub action: String,
    /// When.
    pub timestamp: Time,
    /// The client that did it.
    pub client: Reference,
    /// The version that it is about, as Genesys writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
}

/// A flow in brief.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlowDivisionView {
    /// Its identifier.
    pub id: FlowId,
    /// Its name.
    pub name: String,
    /// The division it is in.
    pub division: Division,
    /// Its type as written.
    #[serde(rename = "type")]
    pub flow_type: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The version that callers follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_version: Option<FlowVersion>,
    /// The JSON Schema of its inputs, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Json>,
    /// The JSON Schema of its outputs, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Json>,
    /// Its address.
    pub self_uri: String,
}

/// An object that uses another or is used: Genesys's `DependencyObject`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Dependency {
    /// Its identifier.
    pub id: String,
    /// Its name.
    pub name: String,
    /// A flow's version, as Genesys writes it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<String>,
    /// `INBOUNDEMAILFLOW`, `COMMONMODULEFLOW`, `QUEUE`, `EMAILROUTE`.
    #[serde(rename = "type")]
    pub dependency_type: String,
    /// Always `false`: what is used can't be deleted.
    pub deleted: bool,
    /// Always `false`: used objects are checked whenever they change.
    pub updated: bool,
    /// Always `false`.
    pub state_unknown: bool,
    /// What it uses, if requested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consumed_resources: Vec<Dependency>,
    /// What uses it, if requested.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub consuming_resources: Vec<Dependency>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub self_uri: Option<String>,
}

/// A kind of object that has dependencies.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DependencyType {
    /// Its identifier, which is its name.
    pub id: String,
    /// Its name.
    pub name: String,
    /// Whether objects of this kind have versions.
    pub versioned: bool,
    /// Its address.
    pub self_uri: String,
}

/// Whether dependencies are known. They always are: they are part of what is published.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct DependencyStatus {
    /// Always `OPERATIONAL`.
    pub status: String,
    /// The address.
    pub self_uri: String,
}
