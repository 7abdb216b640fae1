//! Queues, domains, routes, claims.

use futures_util::stream::BoxStream;
use reqwest::Method;
use uuid::Uuid;
use waypost_ids::QueueId;
use waypost_wire::Object;
use waypost_wire::claim::{ClaimRequest, ClaimState, Claims, ExtendRequest};
use waypost_wire::graph::Graph;
use waypost_wire::routing::{Domain, DomainRequest, Pushed, Queue, QueueRequest, Route, RouteRequest};

use crate::path::{encode, flag, with_query};
use crate::transport::Body;
use crate::{Client, Result, Revised};

/// Calls about queues, domains, routes and claims.
#[derive(Clone, Copy, Debug)]
pub struct Routing<'c>(pub(crate) &'c Client);

/// Each call fails as [`crate::Error`] says.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl Routing<'_> {
    /// Queues, by name.
    #[must_use]
    pub fn queues(&self) -> BoxStream<'static, Result<Queue>> {
        self.0.pages("/routing/queues")
    }

    /// The queues that have this name; `*` at either end stands for anything.
    #[must_use]
    pub fn queues_named(&self, name: &str) -> BoxStream<'static, Result<Queue>> {
        self.0.pages(&with_query("/routing/queues", &[("name", Some(name.to_owned()))]))
    }

    /// Creates a queue.
    pub async fn create_queue(&self, name: &str) -> Result<Queue> {
        self.make_queue(&QueueRequest { name: name.to_owned(), ..QueueRequest::default() }).await
    }

    /// Creates a queue with its settings.
    pub async fn make_queue(&self, request: &QueueRequest) -> Result<Queue> {
        self.0.post("/routing/queues", request).await
    }

    /// A queue.
    pub async fn queue(&self, id: QueueId) -> Result<Queue> {
        self.0.get(&format!("/routing/queues/{id}")).await
    }

    /// A queue with its revision, to be changed.
    pub async fn revised_queue(&self, id: QueueId) -> Result<Revised<Queue>> {
        self.0.0.revised(&format!("/routing/queues/{id}")).await
    }

    /// Replaces a queue, if it is of this revision still; of any if none is given.
    pub async fn update_queue(&self, id: QueueId, request: &QueueRequest, revision: Option<u64>) -> Result<Queue> {
        let body = Body::json_for(request, revision)?;
        self.0.0.json(Method::PUT, &format!("/routing/queues/{id}"), body).await
    }

    /// Deletes a queue that nothing uses.
    pub async fn delete_queue(&self, id: QueueId) -> Result<()> {
        self.0.delete(&format!("/routing/queues/{id}")).await
    }

    /// What leads to a queue.
    pub async fn queue_used_by(&self, id: QueueId, transitive: bool) -> Result<Graph<'static>> {
        let path = format!("/routing/queues/{id}/usedby");
        self.0.get(&with_query(&path, &[("transitive", flag(transitive))])).await
    }

    /// Claims work from a queue.
    pub async fn claim(&self, id: QueueId, request: &ClaimRequest) -> Result<Claims> {
        self.0.post(&format!("/routing/queues/{id}/claims"), request).await
    }

    /// Pushes the waiting work of a queue that delivers: a few hundred interactions at a time.
    pub async fn push(&self, id: QueueId) -> Result<Pushed> {
        self.0.post(&format!("/routing/queues/{id}/push"), &Object::new()).await
    }

    /// Completes claimed work (idempotent).
    pub async fn acknowledge(&self, id: QueueId, token: Uuid) -> Result<ClaimState> {
        self.0.post(&format!("/routing/queues/{id}/claims/{token}/ack"), &Object::new()).await
    }

    /// Releases claimed work.
    pub async fn release(&self, id: QueueId, token: Uuid) -> Result<ClaimState> {
        self.0.post(&format!("/routing/queues/{id}/claims/{token}/release"), &Object::new()).await
    }

    /// Extends a claim to this many seconds from now.
    pub async fn extend(&self, id: QueueId, token: Uuid, lease_seconds: u32) -> Result<ClaimState> {
        let request = ExtendRequest { lease_seconds };
        self.0.post(&format!("/routing/queues/{id}/claims/{token}/extend"), &request).await
    }

    /// Domains, by name.
    #[must_use]
    pub fn domains(&self) -> BoxStream<'static, Result<Domain>> {
        self.0.pages("/routing/email/domains")
    }

    /// Accepts mail for a domain.
    pub async fn create_domain(&self, domain: &str) -> Result<Domain> {
        let request = DomainRequest { id: domain.to_owned(), extra: Object::new() };
        self.0.post("/routing/email/domains", &request).await
    }

    /// A domain.
    pub async fn domain(&self, domain: &str) -> Result<Domain> {
        self.0.get(&format!("/routing/email/domains/{}", encode(domain))).await
    }

    /// Deletes a domain without routes.
    pub async fn delete_domain(&self, domain: &str) -> Result<()> {
        self.0.delete(&format!("/routing/email/domains/{}", encode(domain))).await
    }

    /// A domain's routes, by pattern.
    #[must_use]
    pub fn routes(&self, domain: &str) -> BoxStream<'static, Result<Route>> {
        self.0.pages(&format!("/routing/email/domains/{}/routes", encode(domain)))
    }

    /// Creates a route.
    pub async fn create_route(&self, domain: &str, request: &RouteRequest) -> Result<Route> {
        self.0.post(&format!("/routing/email/domains/{}/routes", encode(domain)), request).await
    }

    /// A route with its revision, to be changed.
    pub async fn revised_route(&self, domain: &str, id: Uuid) -> Result<Revised<Route>> {
        self.0.0.revised(&format!("/routing/email/domains/{}/routes/{id}", encode(domain))).await
    }

    /// Replaces a route, if it is of this revision still; of any if none is given.
    pub async fn update_route(
        &self,
        domain: &str,
        id: Uuid,
        request: &RouteRequest,
        revision: Option<u64>,
    ) -> Result<Route> {
        let body = Body::json_for(request, revision)?;
        self.0.0.json(Method::PUT, &format!("/routing/email/domains/{}/routes/{id}", encode(domain)), body).await
    }

    /// Deletes a route.
    pub async fn delete_route(&self, domain: &str, id: Uuid) -> Result<()> {
        self.0.delete(&format!("/routing/email/domains/{}/routes/{id}", encode(domain))).await
    }
}
