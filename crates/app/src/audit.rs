//! The audit log: who changed what. Entries are committed with the changes, so that there is none without the other.

use jiff::Timestamp;
use uuid::Uuid;
use waypost_store::error::StoreError;
use waypost_store::records::audit::{AuditFilter, AuditRecord};

use crate::App;

/// What the server itself does goes by this name.
pub const SERVER: &str = "waypost";

/// An entry without the thing's states.
pub(crate) fn entry(actor: &str, action: &str, kind: &str, id: &str, name: &str) -> AuditRecord {
    AuditRecord {
        id: Uuid::now_v7(),
        at: Timestamp::now(),
        actor: actor.to_owned(),
        action: action.to_owned(),
        entity_kind: kind.to_owned(),
        entity_id: id.to_owned(),
        entity_name: name.to_owned(),
        note: None,
        before: None,
        after: None,
    }
}

impl App {
    /// Entries, newest first, after the cursor's.
    ///
    /// # Errors
    /// The store.
    pub async fn audit(
        &self,
        filter: &AuditFilter,
        after: Option<Uuid>,
        limit: u32,
    ) -> Result<Vec<AuditRecord>, StoreError> {
        self.store.audit(filter, after, limit).await
    }
}
