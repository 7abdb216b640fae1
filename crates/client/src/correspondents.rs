//! People who write in or are written to.

use futures_util::stream::{self, BoxStream};
use futures_util::{StreamExt, TryStreamExt};
use reqwest::Method;
use uuid::Uuid;
use waypost_wire::correspondent::{
    Correspondence, CorrespondentInteraction, CorrespondentSearch, Erasure, ErasureRequest,
};

use crate::transport::Body;
use crate::{Client, Result};

/// Calls about correspondents.
#[derive(Clone, Copy, Debug)]
pub struct Correspondents<'c>(pub(crate) &'c Client);

/// Each call fails as [`crate::Error`] says.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl Correspondents<'_> {
    /// Interactions that an address sent, or about which it received something, oldest first.
    #[must_use]
    pub fn search(&self, address: &str) -> BoxStream<'static, Result<CorrespondentInteraction>> {
        let client = self.0.clone();
        let first = CorrespondentSearch { address: address.to_owned(), cursor: None };
        let pages = stream::try_unfold(Some(first), move |search| {
            let client = client.clone();
            async move {
                let Some(search) = search else { return Ok(None) };
                let page: Correspondence = client.post("/correspondents/search", &search).await?;
                let next = page.next_cursor.map(|cursor| CorrespondentSearch { cursor: Some(cursor), ..search });
                Ok(Some((page.entities, next)))
            }
        });
        pages.map_ok(|page: Vec<_>| stream::iter(page.into_iter().map(Ok))).try_flatten().boxed()
    }

    /// Has everything erased that is kept of an address. It is done on its own: [`Correspondents::erasure`] tells how far it is. Asked twice,
    /// it is done once.
    pub async fn erase(&self, request: &ErasureRequest) -> Result<Erasure> {
        self.0.0.json(Method::POST, "/correspondents/erase", Body::json(request)?).await
    }

    /// An erasure.
    pub async fn erasure(&self, id: Uuid) -> Result<Erasure> {
        self.0.get(&format!("/erasures/{id}")).await
    }

    /// Erasures, newest first.
    #[must_use]
    pub fn erasures(&self) -> BoxStream<'static, Result<Erasure>> {
        self.0.pages("/erasures")
    }
}
