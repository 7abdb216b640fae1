//! The audit log: who changed what. Entries are committed with the changes, so that there is none without the other.

use uuid::Uuid;
use waypost_store::error::StoreError;
use waypost_store::records::audit::{AuditFilter, AuditRecord};

use crate::App;

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
