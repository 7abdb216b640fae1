//! What goes out on behalf of interactions, and what became of it.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use reqwest::Method;
use serde_json::Value;
use waypost_ids::DeliveryId;
use waypost_wire::Object;
use waypost_wire::delivery::{Delivery, DeliveryFilter, Retried};

use crate::path::with_query;
use crate::transport::Body;
use crate::{Client, Result};

/// Calls about deliveries.
#[derive(Clone, Copy, Debug)]
pub struct Deliveries<'c>(pub(crate) &'c Client);

/// Each call fails as [`crate::Error`] says.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl Deliveries<'_> {
    /// Deliveries, newest first.
    #[must_use]
    pub fn list(&self, filter: &DeliveryFilter) -> BoxStream<'static, Result<Delivery>> {
        let parameters = [
            ("state", filter.state.map(|state| state.as_str().to_owned())),
            ("kind", filter.kind.map(|kind| kind.as_str().to_owned())),
            ("interactionId", filter.interaction_id.map(|id| id.to_string())),
            ("target", filter.target.clone()),
        ];
        self.0.chunks(&with_query("/deliveries", &parameters))
    }

    /// A delivery.
    pub async fn get(&self, id: DeliveryId) -> Result<Delivery> {
        self.0.get(&format!("/deliveries/{id}")).await
    }

    /// The mail that is sent, before DKIM signs it.
    pub async fn content(&self, id: DeliveryId) -> Result<Bytes> {
        self.0.get_bytes(&format!("/deliveries/{id}/content")).await
    }

    /// Replaces the mail of a dead delivery. Its Message-ID stays, and may be left out.
    pub async fn edit(&self, id: DeliveryId, raw: Bytes) -> Result<Delivery> {
        let body = Body::Message { raw, idempotency_key: None };
        self.0.0.json(Method::PUT, &format!("/deliveries/{id}/content"), body).await
    }

    /// Replaces what a dead delivery to a webhook sends.
    pub async fn edit_request(&self, id: DeliveryId, body: &Value) -> Result<Delivery> {
        self.0.0.json(Method::PUT, &format!("/deliveries/{id}/content"), Body::json_for(body, None)?).await
    }

    /// Makes an attempt now, without waiting for the current pause to end.
    pub async fn retry(&self, id: DeliveryId) -> Result<Delivery> {
        self.0.post(&format!("/deliveries/{id}/retry"), &Object::new()).await
    }

    /// Retries all that match, oldest first and 10,000 at most; without a state dead ones.
    pub async fn retry_matching(&self, filter: &DeliveryFilter) -> Result<Retried> {
        self.0.post("/deliveries/retry", filter).await
    }

    /// Cancels a pending or dead delivery.
    pub async fn cancel(&self, id: DeliveryId) -> Result<Delivery> {
        self.0.post(&format!("/deliveries/{id}/cancel"), &Object::new()).await
    }
}
