//! Mailboxes of other servers that mail is taken from.

use futures_util::stream::BoxStream;
use reqwest::Method;
use waypost_ids::MailboxId;
use waypost_wire::listing::Chunk;
use waypost_wire::mailbox::{
    Mailbox, MailboxAuthorisation, MailboxAuthorisationRequest, MailboxRequest, MailboxTest, SetAsideMessage,
    SetAsideRetry, SetAsideRetryRequest,
};

use crate::transport::Body;
use crate::{Client, Result};

/// Calls about mailboxes.
#[derive(Clone, Copy, Debug)]
pub struct Mailboxes<'c>(pub(crate) &'c Client);

/// Each call fails as [`crate::Error`] says.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl Mailboxes<'_> {
    /// Mailboxes, by name.
    #[must_use]
    pub fn list(&self) -> BoxStream<'static, Result<Mailbox>> {
        self.0.pages("/mailboxes")
    }

    /// A mailbox with its health.
    pub async fn get(&self, id: MailboxId) -> Result<Mailbox> {
        self.0.get(&one(id)).await
    }

    /// Creates a mailbox.
    pub async fn create(&self, request: &MailboxRequest) -> Result<Mailbox> {
        self.0.post("/mailboxes", request).await
    }

    /// Replaces a mailbox's settings; with a version, only that one's.
    pub async fn update(&self, id: MailboxId, request: &MailboxRequest, version: Option<u64>) -> Result<Mailbox> {
        self.0.0.json(Method::PUT, &one(id), Body::json_for(request, version)?).await
    }

    /// Tests a mailbox, and changes nothing there.
    pub async fn test(&self, id: MailboxId) -> Result<MailboxTest> {
        self.0.post(&format!("{}/test", one(id)), &serde_json::json!({})).await
    }

    /// Requests a code by which a person grants access; with a handle, asks whether it was confirmed.
    pub async fn authorise(&self, id: MailboxId, handle: Option<String>) -> Result<MailboxAuthorisation> {
        self.0.post(&format!("{}/authorise", one(id)), &MailboxAuthorisationRequest { handle }).await
    }

    /// Messages that were set aside, a page of them after a cursor.
    pub async fn set_aside(&self, id: MailboxId, cursor: Option<&str>) -> Result<Chunk<SetAsideMessage>> {
        let cursor = cursor.map(|cursor| format!("?cursor={cursor}")).unwrap_or_default();
        self.0.get(&format!("{}/setaside{cursor}", one(id))).await
    }

    /// Retries messages that were set aside: one, or all.
    pub async fn retry_set_aside(&self, id: MailboxId, which: &SetAsideRetryRequest) -> Result<SetAsideRetry> {
        self.0.post(&format!("{}/setaside/retry", one(id)), which).await
    }

    /// Deletes a mailbox.
    pub async fn delete(&self, id: MailboxId) -> Result<()> {
        self.0.delete(&one(id)).await
    }
}

fn one(id: MailboxId) -> String {
    format!("/mailboxes/{id}")
}
