//! Clients, and the log of who changed what.

use futures_util::stream::BoxStream;
use reqwest::Method;
use waypost_ids::AuditKind;
use waypost_wire::Object;
use waypost_wire::access::{AuditEntry, OAuthClient, OAuthClientRequest};
use waypost_wire::session::SessionLink;
use waypost_wire::time::Time;

use crate::path::{encode, with_query};
use crate::transport::Body;
use crate::{Client, Result};

/// Calls about clients and the audit log: they need the scope `admin`.
#[derive(Clone, Copy, Debug)]
pub struct Access<'c>(pub(crate) &'c Client);

/// Which entries to list; what is not said does not matter.
#[derive(Clone, Debug, Default)]
pub struct AuditFilter {
    /// The client that did it.
    pub actor: Option<String>,
    /// What kind of thing it was done to.
    pub entity_kind: Option<AuditKind>,
    /// The thing.
    pub entity_id: Option<String>,
    /// At this time or later.
    pub since: Option<Time>,
    /// Before this time.
    pub until: Option<Time>,
}

/// Each call fails as [`crate::Error`] says.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl Access<'_> {
    /// Clients, by name.
    #[must_use]
    pub fn clients(&self) -> BoxStream<'static, Result<OAuthClient>> {
        self.0.pages("/oauth/clients")
    }

    /// Creates a client: only this answer has its secret.
    pub async fn create(&self, request: &OAuthClientRequest) -> Result<OAuthClient> {
        self.0.post("/oauth/clients", request).await
    }

    /// A client.
    pub async fn client(&self, id: &str) -> Result<OAuthClient> {
        self.0.get(&format!("/oauth/clients/{}", encode(id))).await
    }

    /// Changes a client; what takes a right away takes it at once. With a revision, only if it still has that: else it is 412, and
    /// what others changed meanwhile stays.
    pub async fn update(&self, id: &str, request: &OAuthClientRequest, revision: Option<u64>) -> Result<OAuthClient> {
        let body = Body::json_for(request, revision)?;
        self.0.0.json(Method::PUT, &format!("/oauth/clients/{}", encode(id)), body).await
    }

    /// Rotates a client's secret; the old one and its tokens stop working immediately.
    pub async fn rotate(&self, id: &str) -> Result<OAuthClient> {
        self.0.post(&format!("/oauth/clients/{}/secret", encode(id)), &Object::new()).await
    }

    /// Deletes a client; its tokens stop working immediately.
    pub async fn delete(&self, id: &str) -> Result<()> {
        self.0.delete(&format!("/oauth/clients/{}", encode(id))).await
    }

    /// Revokes the token of this client; it fetches another when it needs one.
    pub async fn end_token(&self) -> Result<()> {
        self.0.delete("/tokens/me").await
    }

    /// Creates a link that signs in to the console once, as this client.
    pub async fn console_link(&self) -> Result<SessionLink> {
        self.0.post("/console/links", &Object::new()).await
    }

    /// Ends all sessions of this client in the console.
    pub async fn end_console_sessions(&self) -> Result<()> {
        self.0.delete("/console/sessions/me?everywhere=true").await
    }

    /// Who changed what, newest first.
    #[must_use]
    pub fn audit(&self, filter: &AuditFilter) -> BoxStream<'static, Result<AuditEntry>> {
        let parameters = [
            ("actor", filter.actor.clone()),
            ("entityKind", filter.entity_kind.map(|kind| kind.as_str().to_owned())),
            ("entityId", filter.entity_id.clone()),
            ("since", filter.since.map(|time| time.to_string())),
            ("until", filter.until.map(|time| time.to_string())),
        ];
        self.0.chunks(&with_query("/audit", &parameters))
    }
}
