//! Terms: names that others use, such as skills.

use futures_util::stream::BoxStream;
use reqwest::Method;
use uuid::Uuid;
use waypost_ids::Term as Kind;
use waypost_wire::graph::Graph;
use waypost_wire::term::{Term, TermChange, TermRequest};

use crate::path::{flag, with_query};
use crate::transport::Body;
use crate::{Client, Result};

/// Calls about terms of one kind.
#[derive(Clone, Copy, Debug)]
pub struct Terms<'c> {
    pub(crate) client: &'c Client,
    pub(crate) kind: Kind,
}

/// Each call fails as [`crate::Error`] says.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl Terms<'_> {
    /// Terms, by name.
    #[must_use]
    pub fn list(&self) -> BoxStream<'static, Result<Term>> {
        self.client.pages(&self.all())
    }

    /// A term.
    pub async fn term(&self, id: Uuid) -> Result<Term> {
        self.client.get(&self.one(id)).await
    }

    /// Creates a term.
    pub async fn create(&self, request: &TermRequest) -> Result<Term> {
        self.client.post(&self.all(), request).await
    }

    /// Changes a term; with a version, only that one. What is left out stays.
    pub async fn update(&self, id: Uuid, change: &TermChange, version: Option<u64>) -> Result<Term> {
        self.client.0.json(Method::PATCH, &self.one(id), Body::json_for(change, version)?).await
    }

    /// Deletes a term that no flow names.
    pub async fn delete(&self, id: Uuid) -> Result<()> {
        self.client.delete(&self.one(id)).await
    }

    /// What names a term.
    pub async fn used_by(&self, id: Uuid, transitive: bool) -> Result<Graph<'static>> {
        let path = format!("{}/usedby", self.one(id));
        self.client.get(&with_query(&path, &[("transitive", flag(transitive))])).await
    }

    fn all(&self) -> String {
        format!("/routing/{}", self.kind.plural())
    }

    fn one(&self, id: Uuid) -> String {
        format!("{}/{id}", self.all())
    }
}
