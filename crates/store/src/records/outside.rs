//! Servers outside: webhooks that are sent to, data actions that ask them, and secrets that servers are shown. What is secret is sealed before it gets here.

use std::fmt;
use std::sync::Arc;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use waypost_ids::{DataActionId, Event, SecretId, WebhookId};

/// Encrypted bytes. Only a node that has the key can open them.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Sealed(pub Vec<u8>);

impl Sealed {
    /// Whether there is no value: it was forgotten with its key.
    #[must_use]
    pub fn is_forgotten(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Sealed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Sealed(…)")
    }
}

/// A webhook: an HTTP endpoint that flows send to, that queues push to, and that listens to events.
#[derive(Clone, Debug, PartialEq)]
pub struct WebhookRecord {
    /// The webhook's identifier.
    pub id: WebhookId,
    /// The name as written.
    pub name: String,
    /// The name folded by us; unique.
    pub folded_name: String,
    /// The URL to send requests to.
    pub url: String,
    /// Whether anything is sent.
    pub enabled: bool,
    /// What it listens to: words that [`Event::is_meant_by`] knows.
    pub events: Vec<String>,
    /// Signs requests.
    pub secret: Sealed,
    /// The secret before, and until when it signs too.
    pub previous: Option<(Sealed, Timestamp)>,
    /// When `secret` came to be the newest.
    pub rotated_at: Timestamp,
    /// Counts the changes of this webhook: the ETag.
    pub revision: u64,
    /// When the webhook was made.
    pub created_at: Timestamp,
    /// When the webhook last changed.
    pub modified_at: Timestamp,
}

impl WebhookRecord {
    /// Whether it is told of an event.
    #[must_use]
    pub fn listens_to(&self, event: Event) -> bool {
        self.enabled && self.events.iter().any(|word| event.is_meant_by(word))
    }
}

/// A secret that outside servers are shown.
#[derive(Clone, Debug, PartialEq)]
pub struct SecretRecord {
    /// The secret's identifier.
    pub id: SecretId,
    /// The name as written.
    pub name: String,
    /// The name folded by us; unique.
    pub folded_name: String,
    /// The hosts that may be shown it, in A-labels and lower case.
    pub hosts: Vec<String>,
    /// Its value, which may be forgotten.
    pub value: Sealed,
    /// When the value was set or forgotten.
    pub set_at: Timestamp,
    /// Counts the changes of this secret: the ETag.
    pub revision: u64,
    /// When the secret was made.
    pub created_at: Timestamp,
    /// When the secret last changed.
    pub modified_at: Timestamp,
}

/// A data action: an HTTP request that flows make.
#[derive(Clone, Debug, PartialEq)]
pub struct DataActionRecord {
    /// The data action's identifier.
    pub id: DataActionId,
    /// The name as written.
    pub name: String,
    /// The name folded by us; unique.
    pub folded_name: String,
    /// `config`, `contract` and what else clients said of it, as JSON. It holds no secret: headers name those.
    pub definition: Arc<str>,
    /// Counts the changes of this data action: the ETag.
    pub revision: u64,
    /// When the data action was made.
    pub created_at: Timestamp,
    /// When the data action last changed.
    pub modified_at: Timestamp,
}
