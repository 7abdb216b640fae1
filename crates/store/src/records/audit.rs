//! Who changed what.

use jiff::Timestamp;
use serde_json::Value as Json;
use uuid::Uuid;

/// One change, kept in the transaction that made it.
#[derive(Clone, Debug, PartialEq)]
pub struct AuditRecord {
    /// A UUID version 7: entries sort by time.
    pub id: Uuid,
    /// When.
    pub at: Timestamp,
    /// The client that did it; the server itself is `waypost`.
    pub actor: String,
    /// What was done, such as `created`.
    pub action: String,
    /// The kind of the thing, such as `queue`.
    pub entity_kind: String,
    /// Its identifier.
    pub entity_id: String,
    /// What people call it.
    pub entity_name: String,
    /// Why, in the words of the one who did it.
    pub note: Option<String>,
    /// The thing as it was; none if it is new. Never a secret, nor what is kept of one.
    pub before: Option<Json>,
    /// The thing as it is since; none if it is gone.
    pub after: Option<Json>,
}

/// What to list of the log.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only of this client.
    pub actor: Option<String>,
    /// Only this kind of thing.
    pub entity_kind: Option<String>,
    /// Only this thing.
    pub entity_id: Option<String>,
    /// At or after.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}
