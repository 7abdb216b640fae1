//! Who changed what.

use jiff::Timestamp;
use serde_json::Value as Json;
use uuid::Uuid;
use waypost_ids::AuditKind;

/// What the server itself does goes by this name.
pub const SERVER: &str = "waypost";

/// Who changes something, and why.
#[derive(Clone, Copy, Debug)]
pub struct By<'a> {
    /// The client, or [`SERVER`].
    pub actor: &'a str,
    /// Its note.
    pub note: Option<&'a str>,
}

/// What a change is about.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// The kind of the object.
    pub kind: AuditKind,
    /// Its identifier.
    pub id: &'a str,
    /// What people call it.
    pub name: &'a str,
}

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
    /// The kind of the object, such as `queue`.
    pub entity_kind: String,
    /// Its identifier.
    pub entity_id: String,
    /// What people call it.
    pub entity_name: String,
    /// Why, in the words of the one who did it.
    pub note: Option<String>,
    /// The object before the change; none if it is new. Never contains a secret, sealed or not.
    pub before: Option<Json>,
    /// The object after the change; none if it was deleted.
    pub after: Option<Json>,
}

impl AuditRecord {
    /// An entry without the object's states.
    #[must_use]
    pub fn new(id: Uuid, at: Timestamp, by: By<'_>, action: &str, about: About<'_>) -> Self {
        Self {
            id,
            at,
            actor: by.actor.to_owned(),
            action: action.to_owned(),
            entity_kind: about.kind.as_str().to_owned(),
            entity_id: about.id.to_owned(),
            entity_name: about.name.to_owned(),
            note: by.note.map(str::to_owned),
            before: None,
            after: None,
        }
    }
}

/// What to list of the log.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// Only of this client.
    pub actor: Option<String>,
    /// Only this kind of object.
    pub entity_kind: Option<AuditKind>,
    /// Only this object.
    pub entity_id: Option<String>,
    /// At or after.
    pub since: Option<Timestamp>,
    /// Before.
    pub until: Option<Timestamp>,
}
