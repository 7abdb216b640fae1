//! Flows and their versions.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use waypost_ids::{FlowId, Version};

use crate::Object;
use crate::change::{FlowEvent, Label};
use crate::error::Problem;
use crate::reference::{Division, Reference};
use crate::time::Time;

/// A flow as it is returned: the members of its document, Genesys's, and Waypost's own.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Flow {
    /// Its identifier.
    pub id: FlowId,
    /// Its name.
    pub name: String,
    /// Its type as written.
    #[serde(rename = "type")]
    pub flow_type: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// The division it is in.
    pub division: Division,
    /// Whether a version is published.
    pub active: bool,
    /// Whether it was deleted.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub deleted: bool,
    /// The version whose content is returned; absent if there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub version: Option<Version>,
    /// The version that callers follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_version: Option<FlowVersion>,
    /// The newest version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved_version: Option<FlowVersion>,
    /// The newest version that is checked in: while a client has the flow checked out, the newest at the time of the check-out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub checked_in_version: Option<FlowVersion>,
    /// The client that has checked the flow out; no other may change it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub locked_client: Option<Reference>,
    /// The JSON Schema of its inputs, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub input_schema: Option<Json>,
    /// The JSON Schema of its outputs, if requested.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub output_schema: Option<Json>,
    /// The content: `inputs`, `outputs`, `variables`, `trigger`, `conditionSet`, `nodes`, `onError`, `end`. Lists leave it out.
    #[serde(flatten)]
    pub content: Object,
    /// Names of versions, and the versions they name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub labels: BTreeMap<String, Label>,
    /// The notice to callers since the flow was deprecated.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deprecated: Option<String>,
    /// Whether a call of this flow may end the run; absent without published content.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub may_decide: Option<bool>,
    /// Warnings: what works but is probably a mistake.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub warnings: Vec<Problem>,
    /// When it was made.
    pub date_created: Time,
    /// When it last changed.
    pub date_modified: Time,
    /// The client that made it.
    pub created_by: Reference,
    /// Its address.
    pub self_uri: String,
}

/// A version of a flow's content, without the content.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlowVersion {
    /// `N.0`, as Genesys writes versions.
    pub id: String,
    /// `N`.
    pub name: String,
    /// The version's number.
    pub version: Version,
    /// The same as `id`.
    pub commit_version: String,
    /// The same as `id`.
    pub configuration_version: String,
    /// `PUBLISH` if it was ever published, otherwise `SAVE`.
    #[serde(rename = "type", default, skip_serializing_if = "Option::is_none")]
    pub version_type: Option<String>,
    /// When it was saved, in milliseconds since 1970 (a number, unlike every other time: so Genesys has it).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_created: Option<i64>,
    /// The same as `dateCreated`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_saved: Option<i64>,
    /// When it was last published.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_published: Option<Time>,
    /// The client that saved it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by_client: Option<Reference>,
    /// SHA-256 of the content, in lower-case hexadecimal.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_hash: Option<String>,
    /// Problems found when it was saved; empty if it could be published then.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub validation: Vec<Problem>,
    /// The URL of its content.
    pub configuration_uri: String,
    /// Its address.
    pub self_uri: String,
}

impl FlowVersion {
    /// A version of which only the number is known.
    pub fn numbered(flow: FlowId, version: Version) -> Self {
        let id = format!("{version}.0");
        let self_uri = format!("/api/v2/flows/{flow}/versions/{id}");
        Self {
            name: version.to_string(),
            version,
            commit_version: id.clone(),
            configuration_version: id.clone(),
            version_type: None,
            date_created: None,
            date_saved: None,
            date_published: None,
            created_by_client: None,
            content_hash: None,
            validation: Vec::new(),
            configuration_uri: format!("{self_uri}/configuration"),
            self_uri,
            id,
        }
    }
}

/// The health of a flow, as listed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct FlowHealth {
    /// Its identifier.
    pub id: FlowId,
    /// Its name.
    pub name: String,
    /// Its type as written.
    #[serde(rename = "type")]
    pub flow_type: String,
    /// Since when runs are counted: the last 24 hours and the current hour.
    pub since: Time,
    /// Runs that a route led to this flow. Absent without the scope `email:read`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub runs: Option<u64>,
    /// Of these, those that ended with an error.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub failed: Option<u64>,
    /// The last change.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_change: Option<FlowEvent>,
    /// The version that callers follow.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub published_version: Option<Version>,
    /// The newest version; absent while there is none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub saved_version: Option<Version>,
    /// Whether the newest version is not the published one.
    pub draft: bool,
}

/// Reads a version in our form (`3`) or Genesys's (`3.0`); anything else is `None`.
pub fn parse_version(text: &str) -> Option<Version> {
    let digits = text.strip_suffix(".0").unwrap_or(text);
    let plain = !digits.is_empty() && digits.bytes().all(|byte| byte.is_ascii_digit());
    let version: Version = if plain { digits.parse().ok()? } else { return None };
    (version > 0).then_some(version)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_read_in_both_forms() {
        for (text, version) in [
            ("1", Some(1)),
            ("12.0", Some(12)),
            ("0", None),
            ("1.1", None),
            ("+1", None),
            ("", None),
            (".0", None),
            ("4294967296", None),
            ("stable", None),
        ] {
            assert_eq!(parse_version(text), version, "{text}");
        }
    }
}
