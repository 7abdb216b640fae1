//! Secrets that outside servers are shown. No answer has a value.

use futures_util::stream::BoxStream;
use reqwest::Method;
use waypost_ids::SecretId;
use waypost_wire::secret::{Secret, SecretRequest};

use crate::transport::Body;
use crate::{Client, Result};

/// Calls about secrets.
#[derive(Clone, Copy, Debug)]
pub struct Secrets<'c>(pub(crate) &'c Client);

/// Each call fails as [`crate::Error`] says.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl Secrets<'_> {
    /// Secrets, by name.
    #[must_use]
    pub fn list(&self) -> BoxStream<'static, Result<Secret>> {
        self.0.pages("/secrets")
    }

    /// Creates a secret.
    pub async fn create(&self, request: &SecretRequest) -> Result<Secret> {
        self.0.post("/secrets", request).await
    }

    /// Replaces a secret's name and hosts and, if there is one, its value; with a version, only that one's.
    pub async fn update(&self, id: SecretId, request: &SecretRequest, version: Option<u64>) -> Result<Secret> {
        let body = Body::json_for(request, version)?;
        self.0.0.json(Method::PUT, &format!("/secrets/{id}"), body).await
    }

    /// Deletes a secret.
    pub async fn delete(&self, id: SecretId) -> Result<()> {
        self.0.delete(&format!("/secrets/{id}")).await
    }
}
