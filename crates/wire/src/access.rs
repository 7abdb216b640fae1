//! OAuth clients, and the log of who changed what.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::reference::Reference;
use crate::time::Time;

/// A client: Genesys's `OAuthClient`, as far as it exists here.
#[derive(Clone, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OAuthClient {
    /// Its identifier.
    pub id: String,
    /// What people call it.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// Its secret: only in the answer that creates or rotates it. This type can't be printed for debugging.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub secret: Option<String>,
    /// `CLIENT-CREDENTIALS`, or `CODE` for a person who signs in by an identity provider.
    pub authorized_grant_type: String,
    /// Its scopes, by Waypost's names.
    pub scope: Vec<String>,
    /// How long its tokens last, in seconds.
    pub access_token_validity_seconds: u32,
    /// `active` or `inactive`.
    pub state: String,
    /// When it was made.
    pub date_created: Time,
    /// When it last changed.
    pub date_modified: Time,
    /// Counts its changes: the `ETag`.
    pub revision: u64,
    /// The client that made it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub created_by: Option<Reference>,
    /// Who the person is; absent for a program.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub person: Option<ClientPerson>,
    /// Its address.
    pub self_uri: String,
}

/// A person who signs in through an identity provider.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct ClientPerson {
    /// The provider.
    pub issuer: String,
    /// The person there.
    pub subject: String,
}

/// Creates or replaces a client.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct OAuthClientRequest {
    /// What people call it.
    pub name: String,
    /// What it is for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
    /// `CLIENT-CREDENTIALS`; there is no other kind.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub authorized_grant_type: Option<String>,
    /// Its scopes: Waypost's names or Genesys's.
    pub scope: Vec<String>,
    /// How long its tokens last, in seconds: 300 to 172,800. Default: a day.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_token_validity_seconds: Option<u32>,
    /// `active`, or `inactive` for a client that gets no tokens. Left out: unchanged, and `active` for a new client.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub state: Option<String>,
}

/// One change: who did what to which object, and the object before and after.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
pub struct AuditEntry {
    /// Its identifier.
    pub id: Uuid,
    /// When.
    pub at: Time,
    /// The client that did it; the server itself is `waypost`.
    pub actor: String,
    /// The name of the person who did it; absent for a program, and for a person who was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub actor_name: Option<String>,
    /// What was done, such as `created`.
    pub action: String,
    /// `flow`, `queue`, `domain`, `route`, `client`, `interaction`.
    pub entity_kind: String,
    /// The thing.
    pub entity_id: String,
    /// What people call it.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub entity_name: String,
    /// Why.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
    /// The object before the change; absent if it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub before: Option<Json>,
    /// The object after the change; absent if it was deleted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub after: Option<Json>,
}
