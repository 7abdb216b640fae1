//! A client of Waypost's HTTP API.
//!
//! ```no_run
//! # async fn example() -> Result<(), waypost_client::Error> {
//! use futures_util::TryStreamExt;
//! use waypost_client::Client;
//! use waypost_client::flows::FlowFilter;
//!
//! let client = Client::builder("http://127.0.0.1:8080").credentials("admin", "the secret").build()?;
//! let mut flows = client.flows().list(&FlowFilter::default());
//! while let Some(flow) = flows.try_next().await? {
//!     println!("{} {}", flow.id, flow.name);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! Bodies are the server's own types (`waypost-wire`). A token is fetched when it is needed and again before it ends. What fails for
//! a while (429, 5xx save 501, no connection) is tried again, with growing pauses and as the server asks, where that can't do a thing
//! twice: after an answer that was lost or a 5xx other than 503, the server may have acted, and then only GET, PUT, DELETE and mail
//! with an idempotency key are sent again. A PUT that is meant for one revision is not; a DELETE that then finds nothing is done.
//! Lists are streams, read page by page. Errors tell everything that the server told.

pub mod access;
mod builder;
pub mod correspondents;
pub mod data_actions;
pub mod deliveries;
mod error;
pub mod flows;
pub mod interactions;
pub mod live;
pub mod mailboxes;
mod paging;
mod path;
pub mod replays;
mod retry;
pub mod routing;
pub mod schedules;
pub mod secrets;
pub mod tables;
pub mod terms;
mod token;
mod transport;
pub mod webhooks;

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use futures_util::stream::BoxStream;
use reqwest::Method;
use serde::Serialize;
use serde::de::DeserializeOwned;
use waypost_ids::Term;

pub use builder::{ClientBuilder, address};
pub use error::Error;
pub use path::encode;
pub use retry::Retries;
pub use transport::Limit;

use transport::{Body, Transport};

/// What every call answers.
pub type Result<T, E = Error> = std::result::Result<T, E>;

/// The health of a server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Health {
    /// Whether it is ready: it reaches its database, and is not shutting down.
    pub ready: bool,
    /// Its time, to the second (RFC 9110 section 6.6.1).
    pub date: Option<jiff::Timestamp>,
}

/// What was read, to be changed and sent back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Revised<T> {
    /// What was read.
    pub value: T,
    /// Its revision: a change that is meant for it is refused with 412 once there is another.
    pub revision: u64,
}

/// A client. Cheap to clone; clones share connections and token.
#[derive(Clone)]
pub struct Client(Arc<Transport>);

impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("url", &self.0.url()).finish_non_exhaustive()
    }
}

impl Client {
    /// Starts building a client of the server at an address such as `http://127.0.0.1:8080`.
    pub fn builder(url: impl Into<String>) -> ClientBuilder {
        ClientBuilder::new(url.into())
    }

    /// Flows, versions, labels, change sets.
    pub fn flows(&self) -> flows::Flows<'_> {
        flows::Flows(self)
    }

    /// Replays of recorded mail.
    #[must_use]
    pub fn replays(&self) -> replays::Replays<'_> {
        replays::Replays(self)
    }

    /// Queues, domains, routes, claims.
    pub fn routing(&self) -> routing::Routing<'_> {
        routing::Routing(self)
    }

    /// Data tables and their rows.
    pub fn tables(&self) -> tables::Tables<'_> {
        tables::Tables(self)
    }

    /// Schedules.
    pub fn schedules(&self) -> schedules::Schedules<'_> {
        schedules::Schedules(self)
    }

    /// Terms of one kind, such as skills.
    #[must_use]
    pub fn terms(&self, kind: Term) -> terms::Terms<'_> {
        terms::Terms { client: self, kind }
    }

    /// Submitted mail, and how all mail was decided.
    pub fn interactions(&self) -> interactions::Interactions<'_> {
        interactions::Interactions(self)
    }

    /// People who write in or are written to.
    #[must_use]
    pub fn correspondents(&self) -> correspondents::Correspondents<'_> {
        correspondents::Correspondents(self)
    }

    /// What goes out, and what became of it.
    #[must_use]
    pub fn deliveries(&self) -> deliveries::Deliveries<'_> {
        deliveries::Deliveries(self)
    }

    /// Mailboxes of other servers that mail is taken from.
    #[must_use]
    pub fn mailboxes(&self) -> mailboxes::Mailboxes<'_> {
        mailboxes::Mailboxes(self)
    }

    /// Webhooks.
    #[must_use]
    pub fn webhooks(&self) -> webhooks::Webhooks<'_> {
        webhooks::Webhooks(self)
    }

    /// Data actions.
    #[must_use]
    pub fn data_actions(&self) -> data_actions::DataActions<'_> {
        data_actions::DataActions(self)
    }

    /// Secrets.
    #[must_use]
    pub fn secrets(&self) -> secrets::Secrets<'_> {
        secrets::Secrets(self)
    }

    /// Clients, and the log of who changed what.
    pub fn access(&self) -> access::Access<'_> {
        access::Access(self)
    }

    /// Whether the server is ready to serve, and what time it has.
    ///
    /// # Errors
    /// Nobody answered.
    pub async fn health(&self) -> Result<Health> {
        self.0.health().await
    }

    /// GET, for endpoints without a method here. The path is below `/api/v2` and may have a query.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn get<T: DeserializeOwned>(&self, path: &str) -> Result<T> {
        self.0.json(Method::GET, path, Body::Nothing).await
    }

    /// GET, the body as it is.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn get_bytes(&self, path: &str) -> Result<Bytes> {
        self.0.send(Method::GET, path, Body::Nothing).await
    }

    /// POST of JSON.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn post<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.0.json(Method::POST, path, Body::json(body)?).await
    }

    /// PUT of JSON.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn put<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.0.json(Method::PUT, path, Body::json(body)?).await
    }

    /// PATCH of JSON.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn patch<T: DeserializeOwned>(&self, path: &str, body: &impl Serialize) -> Result<T> {
        self.0.json(Method::PATCH, path, Body::json(body)?).await
    }

    /// DELETE; the body of the answer is ignored.
    ///
    /// # Errors
    /// As [`Error`] says.
    pub async fn delete(&self, path: &str) -> Result<()> {
        self.0.send(Method::DELETE, path, Body::Nothing).await.map(drop)
    }

    /// Everything in a list of pages. The path may have a query.
    pub fn pages<T: DeserializeOwned + Send + 'static>(&self, path: &str) -> BoxStream<'static, Result<T>> {
        paging::pages(self.clone(), path.to_owned())
    }

    /// Everything in a list that is read by cursor. The path may have a query.
    pub fn chunks<T: DeserializeOwned + Send + 'static>(&self, path: &str) -> BoxStream<'static, Result<T>> {
        paging::chunks(self.clone(), path.to_owned())
    }
}
