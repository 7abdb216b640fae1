//! What a run sends out.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;

use super::{HeldBy, present};

/// Something that a run sends out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct TraceEffect {
    /// What it is.
    pub kind: TraceEffectKind,
    /// The recipients; absent for a request to a webhook, and in a trace for a reply, which goes to the sender.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub to: Option<Json>,
    /// Its subject; absent for a forward, and in a trace for a reply that takes the mail's own.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub subject: Option<Json>,
    /// The reply also goes to everyone else who got the mail; absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub reply_all: bool,
    /// The original mail is attached; absent if not.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attach_original: bool,
    /// The mail is attached to a new one from the route's address; absent if it is resent unchanged.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub attach: bool,
    /// What it says, as plain text.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub text: Option<Json>,
    /// What it says, as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub html: Option<Json>,
    /// The name of the webhook that it goes to.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub webhook: Option<Json>,
    /// The request's `data`; absent if that is the interaction.
    #[serde(default, skip_serializing_if = "Option::is_none", deserialize_with = "present")]
    pub payload: Option<Json>,
    /// The rule that holds it back: it is not sent. Absent if it goes out, and in traces.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub held_by: Option<HeldBy>,
}

/// What a run sends.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub enum TraceEffectKind {
    /// An answer to the mail.
    Reply,
    /// A new mail.
    Mail,
    /// The mail itself.
    Forward,
    /// A request to a webhook.
    Webhook,
    /// What the queue pushes that the decision leads to. No trace has it, so it is separate.
    QueuePush,
}

impl TraceEffectKind {
    /// In one word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Reply => "reply",
            Self::Mail => "mail",
            Self::Forward => "forward",
            Self::Webhook => "webhook",
            Self::QueuePush => "queuePush",
        }
    }
}
