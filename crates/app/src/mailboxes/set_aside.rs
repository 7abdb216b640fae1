//! Messages that were set aside: listed, and tried again.

use waypost_ids::MailboxId;
use waypost_store::error::StoreError;
use waypost_store::records::mailboxes::{Place, SetAsideRecord};

use crate::App;

impl App {
    /// Messages of a mailbox that were set aside, after a place; none if there is no such mailbox.
    ///
    /// # Errors
    /// The store.
    pub async fn messages_set_aside(
        &self,
        id: MailboxId,
        after: Option<Place>,
        limit: u32,
    ) -> Result<Option<Vec<SetAsideRecord>>, StoreError> {
        if self.catalogue.world().mailboxes.get(&id).is_none() {
            return Ok(None);
        }
        self.store.set_aside_messages(id, after, limit).await.map(Some)
    }

    /// Has messages tried again at the next look: one, or all of the mailbox. Answers how many; none if there is no such mailbox.
    ///
    /// # Errors
    /// The store.
    pub async fn retry_set_aside(&self, id: MailboxId, one: Option<Place>) -> Result<Option<u64>, StoreError> {
        if self.catalogue.world().mailboxes.get(&id).is_none() {
            return Ok(None);
        }
        self.store.retry_set_aside(id, one).await.map(Some)
    }
}
