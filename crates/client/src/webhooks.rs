//! Webhooks: HTTP endpoints that flows send to.

use futures_util::stream::BoxStream;
use reqwest::Method;
use waypost_ids::WebhookId;
use waypost_wire::graph::Graph;
use waypost_wire::webhook::{RotateSecretRequest, Webhook, WebhookRequest};

use crate::path::{flag, with_query};
use crate::transport::Body;
use crate::{Client, Result};

/// Calls about webhooks.
#[derive(Clone, Copy, Debug)]
pub struct Webhooks<'c>(pub(crate) &'c Client);

/// Each call fails as [`crate::Error`] says.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl Webhooks<'_> {
    /// Webhooks, by name.
    #[must_use]
    pub fn list(&self) -> BoxStream<'static, Result<Webhook>> {
        self.0.pages("/webhooks")
    }

    /// A webhook.
    pub async fn get(&self, id: WebhookId) -> Result<Webhook> {
        self.0.get(&one(id)).await
    }

    /// Creates a webhook. The answer has its secret, and no later one does.
    pub async fn create(&self, request: &WebhookRequest) -> Result<Webhook> {
        self.0.post("/webhooks", request).await
    }

    /// Replaces a webhook's name, URL, state and events; with a version, only that one's.
    pub async fn update(&self, id: WebhookId, request: &WebhookRequest, version: Option<u64>) -> Result<Webhook> {
        self.0.0.json(Method::PUT, &one(id), Body::json_for(request, version)?).await
    }

    /// Rotates a webhook's secret; the answer has the new one. The previous one also signs for a day.
    pub async fn rotate_secret(&self, id: WebhookId, request: &RotateSecretRequest) -> Result<Webhook> {
        self.0.post(&format!("{}/rotate-secret", one(id)), request).await
    }

    /// Deletes a webhook that no flow and no queue uses.
    pub async fn delete(&self, id: WebhookId) -> Result<()> {
        self.0.delete(&one(id)).await
    }

    /// What uses a webhook.
    pub async fn used_by(&self, id: WebhookId, transitive: bool) -> Result<Graph<'static>> {
        let path = format!("{}/usedby", one(id));
        self.0.get(&with_query(&path, &[("transitive", flag(transitive))])).await
    }
}

fn one(id: WebhookId) -> String {
    format!("/webhooks/{id}")
}
