//! Secrets that outside servers are shown.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waypost_ids::SecretId;

use crate::time::Time;

/// A secret, without its value: nothing reads that.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Secret {
    /// Its identifier.
    pub id: SecretId,
    /// Its name.
    pub name: String,
    /// The hosts that it may be sent to.
    pub hosts: Vec<String>,
    /// When its value was set; absent if the value was forgotten with its key, until it is set again.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub date_value_set: Option<Time>,
    /// Counts its changes.
    pub version: String,
    /// When it was made.
    pub date_created: Time,
    /// When it last changed.
    pub date_modified: Time,
    /// Its address.
    pub self_uri: String,
}

/// Creates or replaces a secret.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct SecretRequest {
    /// Its name.
    pub name: String,
    /// Its value, at most 64 KiB. An existing secret keeps its value by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub value: Option<String>,
    /// The hosts that it may be sent to, such as `api.example.com`.
    pub hosts: Vec<String>,
}

impl fmt::Debug for SecretRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("SecretRequest").field("name", &self.name).field("hosts", &self.hosts).finish_non_exhaustive()
    }
}
