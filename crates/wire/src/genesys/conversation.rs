//! Interactions as Genesys's email conversations.

use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;
use waypost_ids::InteractionId;

use crate::reference::Reference;
use crate::time::Time;

/// Starts an inbound conversation: Genesys's `CreateEmailRequest`.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct CreateEmailRequest {
    /// Where it comes from; any text.
    pub provider: String,
    /// The queue it goes straight to; either this or `flowId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue_id: Option<String>,
    /// The flow that decides; either this or `queueId`. With neither, the route of `toAddress` counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub flow_id: Option<String>,
    /// Required skills, with `queueId`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skill_ids: Vec<String>,
    /// The required language, with `queueId`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language_id: Option<String>,
    /// Higher is sooner.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub priority: Option<i64>,
    /// Attributes to start with.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// Whom it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_address: Option<String>,
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub to_name: Option<String>,
    /// Who it is from.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_address: Option<String>,
    /// Their name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub from_name: Option<String>,
    /// The subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// `INBOUND`; `OUTBOUND`, which is Genesys's default, is not offered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    /// The text as HTML.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html_body: Option<String>,
    /// The text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_body: Option<String>,
}

/// A conversation.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailConversation {
    /// The interaction.
    pub id: InteractionId,
    /// The subject; absent when erased.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The customer, and the queue it is in.
    pub participants: Vec<EmailParticipant>,
    /// `connected`, or `disconnected` when nothing is left to do.
    pub state: String,
    /// Its address.
    pub self_uri: String,
}

/// Somebody, or something, that takes part.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailParticipant {
    /// Its identifier.
    pub id: Uuid,
    /// The name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// When it came.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub start_time: Option<Time>,
    /// `customer` or `acd`.
    pub purpose: String,
    /// `connected` or `disconnected`.
    pub state: String,
    /// Always `inbound`.
    pub direction: String,
    /// The queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Reference>,
    /// The interaction's attributes.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub attributes: BTreeMap<String, String>,
    /// The subject.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub subject: Option<String>,
    /// The Message-ID.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub message_id: Option<String>,
    /// What routing asks for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub conversation_routing_data: Option<RoutingData>,
}

/// What routing asks for.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct RoutingData {
    /// The queue.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub queue: Option<Reference>,
    /// Higher is sooner.
    pub priority: i64,
    /// Skills.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub skills: Vec<Reference>,
    /// The language.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub language: Option<Reference>,
}

/// Changes a conversation: it can only be ended.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ConversationState {
    /// `disconnected`.
    pub state: String,
}

/// Attributes to set; others stay.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ParticipantAttributes {
    /// Names and values.
    pub attributes: BTreeMap<String, String>,
}

/// The messages of a conversation.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailMessageListing {
    /// The messages, their texts shortened; there is one.
    pub entities: Vec<EmailMessage>,
    /// The size of a page.
    pub page_size: u32,
    /// The page's number.
    pub page_number: u32,
    /// The total number of elements.
    pub total: u64,
    /// The number of pages.
    pub page_count: u64,
}

/// A message.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailMessage {
    /// Its identifier: the interaction's.
    pub id: String,
    /// Recipients.
    pub to: Vec<EmailAddress>,
    /// Further recipients.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cc: Vec<EmailAddress>,
    /// The first author.
    pub from: EmailAddress,
    /// The subject.
    pub subject: String,
    /// Attachments.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub attachments: Vec<EmailAttachment>,
    /// The text; left out of lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_body: Option<String>,
    /// The beginning of the text, in lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub text_body_preview: Option<String>,
    /// The text as HTML; left out of lists.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub html_body: Option<String>,
    /// When it was accepted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub time: Option<Time>,
    /// Its size in bytes.
    pub email_size_bytes: u64,
    /// Its address.
    pub self_uri: String,
}

/// An address with a name.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct EmailAddress {
    /// The address.
    pub email: String,
    /// The name.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub name: String,
}

/// An attachment, without its content.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct EmailAttachment {
    /// Its file name.
    pub name: String,
    /// Its media type.
    pub content_type: String,
    /// Its size, in bytes.
    pub content_length: u64,
}
