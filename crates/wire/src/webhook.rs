//! Webhooks: HTTP endpoints that flows send to.

use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use waypost_ids::WebhookId;

use crate::time::Time;

/// Whether anything is sent to a webhook.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "lowercase")]
pub enum WebhookState {
    /// Requests go out.
    #[default]
    Enabled,
    /// Nothing is sent; the server disables a webhook that answers 410.
    Disabled,
}

/// A webhook.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct Webhook {
    /// Its identifier.
    pub id: WebhookId,
    /// Its name.
    pub name: String,
    /// The URL to send requests to.
    pub url: String,
    /// Whether anything is sent.
    pub state: WebhookState,
    /// The events that it subscribes to, or `interaction.*`, `delivery.*`, `*`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub events: Vec<String>,
    /// The secret that requests are signed with, `whsec_` and base64. Only in the answer that creates the webhook or rotates its secret.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// Since when requests are signed with the newest secret.
    pub date_secret_rotated: Time,
    /// Until when they are also signed with the previous secret; absent if they are not.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous_secret_until: Option<Time>,
    /// Counts its changes.
    pub version: String,
    /// When it was made.
    pub date_created: Time,
    /// When it last changed.
    pub date_modified: Time,
    /// Its address.
    pub self_uri: String,
}

/// Creates or replaces a webhook.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct WebhookRequest {
    /// Its name.
    pub name: String,
    /// The URL to send requests to: an `https://` or `http://` URL without user and fragment, at most 2048 bytes.
    pub url: String,
    /// Whether anything is sent. Left out: unchanged; a new webhook is enabled.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<WebhookState>,
    /// What it listens to: events such as `interaction.decided`, or `interaction.*`, `delivery.*`, `*`. Left out, it stays as it is; a new webhook
    /// listens to nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub events: Option<Vec<String>>,
    /// The secret of a new webhook, `whsec_` and 24 to 64 bytes in base64; the server makes one by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

/// Rotates a webhook's secret.
#[derive(Clone, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
pub struct RotateSecretRequest {
    /// The new secret; the server makes one by default.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
}

// A secret is in no log: none of these shows its own.

impl fmt::Debug for Webhook {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Webhook");
        shown.field("id", &self.id).field("name", &self.name).field("url", &self.url).field("state", &self.state);
        shown.field("version", &self.version).finish_non_exhaustive()
    }
}

impl fmt::Debug for WebhookRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("WebhookRequest");
        shown.field("name", &self.name).field("url", &self.url).field("state", &self.state).finish_non_exhaustive()
    }
}

impl fmt::Debug for RotateSecretRequest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("RotateSecretRequest").finish_non_exhaustive()
    }
}
