//! Deliveries as people see them: looked at, edited, retried, taken back.

use bytes::{Bytes, BytesMut};
use serde::de::IgnoredAny;
use serde_json::{Map, Value as Json};
use thiserror::Error;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::{AuditKind, DeliveryId, DeliveryState, InteractionId};
use waypost_origin::Origin;
use waypost_outgoing::address::MailAddress;
use waypost_store::error::StoreError;
use waypost_store::records::audit::{About, AuditRecord, By};
use waypost_store::records::outbox::{Content, DeliveryFilter, DeliveryRecord, Unchanged, Way};

use super::carry::Asked;
use super::edited::{Known, edited};
use crate::App;

/// A retry by filter takes so many at most: it is one transaction.
pub const MOST_RETRIED: u32 = 10_000;

/// So many deliveries of one interaction are told with its trace.
const MOST_TOLD: usize = 1000;

/// So many deliveries are read at a time.
const READ: u32 = 500;

/// Why a delivery was not read.
#[derive(Debug, Error)]
pub enum ReadError {
    /// It does not exist.
    #[error("delivery `{0}` was not found")]
    NotFound(DeliveryId),
    /// Its content was erased.
    #[error("content of delivery `{0}` was deleted")]
    Erased(DeliveryId),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why a delivery was not edited, retried or cancelled.
#[derive(Debug, Error)]
pub enum ActError {
    /// What was sent is wrong; every problem is listed.
    #[error("{} found", waypost_flow::diagnostic::counted(.0.len(), "problem"))]
    Invalid(Vec<Diagnostic>),
    /// It is in a state in which this can't be done.
    #[error("delivery `{id}` is {}: {wanted}", .state.as_str())]
    State {
        /// The delivery.
        id: DeliveryId,
        /// Its state.
        state: DeliveryState,
        /// Which states can be.
        wanted: &'static str,
    },
    /// An attempt is under way.
    #[error("an attempt at delivery `{0}` is in progress: wait for its outcome")]
    UnderWay(DeliveryId),
    /// Its interaction is not to be pushed any more.
    #[error(
        "delivery `{0}` pushes work that somebody claimed or completed, or that was run, pushed or transferred since"
    )]
    Taken(DeliveryId),
    /// It can't be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl From<StoreError> for ActError {
    fn from(error: StoreError) -> Self {
        Self::Read(error.into())
    }
}

impl ActError {
    fn of(id: DeliveryId, unchanged: Unchanged, wanted: &'static str) -> Self {
        match unchanged {
            Unchanged::Missing => ReadError::NotFound(id).into(),
            Unchanged::Erased => ReadError::Erased(id).into(),
            Unchanged::State(state) => Self::State { id, state, wanted },
            Unchanged::UnderWay => Self::UnderWay(id),
            Unchanged::Taken => Self::Taken(id),
        }
    }
}

impl App {
    /// Deliveries, newest first, after the cursor's.
    ///
    /// # Errors
    /// The store.
    pub async fn deliveries(
        &self,
        filter: &DeliveryFilter,
        after: Option<DeliveryId>,
        limit: u32,
    ) -> Result<Vec<DeliveryRecord>, StoreError> {
        self.store.deliveries(&as_sent(filter), after, limit).await
    }

    /// The newest deliveries of an interaction, 1000 at most, oldest first.
    ///
    /// # Errors
    /// The store.
    pub async fn deliveries_of(&self, interaction: InteractionId) -> Result<Vec<DeliveryRecord>, StoreError> {
        let filter = DeliveryFilter { interaction: Some(interaction), ..DeliveryFilter::default() };
        let mut all: Vec<DeliveryRecord> = Vec::new();
        loop {
            let read = self.store.deliveries(&filter, all.last().map(|last| last.id), READ).await?;
            let last = read.len() < READ as usize;
            all.extend(read);
            if last || all.len() >= MOST_TOLD {
                all.reverse();
                return Ok(all);
            }
        }
    }

    /// A delivery.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn delivery(&self, id: DeliveryId) -> Result<DeliveryRecord, ReadError> {
        self.store.delivery(id).await?.ok_or(ReadError::NotFound(id))
    }

    /// The bytes that a delivery sends, but for what is added to them at the time of sending.
    ///
    /// # Errors
    /// Not found, erased, or the store.
    pub async fn delivery_content(&self, id: DeliveryId) -> Result<Bytes, ReadError> {
        let delivery = self.delivery(id).await?;
        let content = self.store.delivery_content(id).await?.ok_or(ReadError::Erased(id))?;
        if !content.with_original {
            return Ok(joined(&[&content.head, &content.tail]));
        }
        let original = self.store.raw_message(delivery.interaction).await?.ok_or(ReadError::Erased(id))?;
        Ok(joined(&[&content.head, &original, &content.tail]))
    }

    /// Gives a dead delivery another content: a raw message, whose Message-ID stays and is put there if it is missing; of a webhook JSON.
    ///
    /// # Errors
    /// It is no mail or no JSON, or has another Message-ID; not found, erased, not dead, or the store.
    pub async fn edit_delivery(&self, actor: &str, id: DeliveryId, raw: &[u8]) -> Result<DeliveryRecord, ActError> {
        const WANTED: &str = "only a dead one can be edited";
        const AS_RECEIVED: &str =
            "what a queue puts into a folder is the message as it was received: it can't be edited";
        let delivery = self.delivery(id).await?;
        if delivery.state != DeliveryState::Dead {
            return Err(ActError::State { id, state: delivery.state, wanted: WANTED });
        }
        let now = self.delivery_content(id).await?;
        let head = match delivery.way() {
            Way::Webhooks => json(raw),
            Way::Folders => Err(vec![Diagnostic::error(Code::InvalidValue, "", AS_RECEIVED)]),
            Way::Mail => edited(raw, Known::of(&now, &delivery.message_id), &delivery.message_id),
        };
        let head = head.map_err(ActError::Invalid)?;
        let content = Content { head, with_original: false, tail: Bytes::new() };
        let record = self.store.edit_delivery(id, content, entry(&self.origin, actor, "edited", id)).await?;
        let record = record.map_err(|unchanged| ActError::of(id, unchanged, WANTED))?;
        tracing::info!(actor, delivery = %id, "delivery edited");
        Ok(record)
    }

    /// Makes a delivery due now, whatever it waited for.
    ///
    /// # Errors
    /// Not found, erased, delivered or cancelled, an attempt under way, or the store.
    pub async fn retry_delivery(&self, actor: &str, id: DeliveryId) -> Result<DeliveryRecord, ActError> {
        let retried = self.store.retry_delivery(id, entry(&self.origin, actor, "retried", id)).await;
        self.due.ring();
        let record = retried?;
        let record = record
            .map_err(|unchanged| ActError::of(id, unchanged, "only a pending, dead or bounced one can be retried"))?;
        self.due.ask(Asked { delivery: id, way: record.way() });
        tracing::info!(actor, delivery = %id, "delivery retried");
        Ok(record)
    }

    /// Makes deliveries due now that match, oldest first and [`MOST_RETRIED`] at most; without a state dead ones. Answers how many.
    ///
    /// # Errors
    /// A state in which nothing can be retried, or the store.
    pub async fn retry_deliveries(&self, actor: &str, filter: &DeliveryFilter) -> Result<u64, ActError> {
        if let Some(state @ (DeliveryState::Delivered | DeliveryState::Cancelled)) = filter.state {
            let problem = Diagnostic::error(Code::InvalidValue, "state", "deliveries in this state can't be retried");
            let problem = problem.expected("one of pending, bounced, dead").found(format!("`{}`", state.as_str()));
            return Err(ActError::Invalid(vec![problem]));
        }
        let about = About { kind: AuditKind::Delivery, id: "", name: "" };
        // An address is somebody's: the audit log, which stays when it is erased, has none.
        let meant = [
            ("state", Some(filter.state.unwrap_or(DeliveryState::Dead).as_str().to_owned())),
            ("kind", filter.kind.map(|kind| kind.as_str().to_owned())),
            ("interactionId", filter.interaction.map(|id| id.to_string())),
        ];
        let meant: Map<String, Json> =
            meant.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?.into()))).collect();
        let (entry, now) = (self.origin.id_in_order(), self.origin.now());
        let by = By { actor, note: None };
        let audit = AuditRecord { after: Some(meant.into()), ..AuditRecord::new(entry, now, by, "retried", about) };
        let retried = self.store.retry_deliveries(&as_sent(filter), MOST_RETRIED, audit).await?;
        self.due.ask_all();
        tracing::info!(actor, retried, "deliveries retried");
        Ok(retried)
    }

    /// Takes a delivery back that was not sent.
    ///
    /// # Errors
    /// Not found, in another state than pending or dead, an attempt under way, or the store.
    pub async fn cancel_delivery(&self, actor: &str, id: DeliveryId) -> Result<DeliveryRecord, ActError> {
        let record = self.store.cancel_delivery(id, entry(&self.origin, actor, "cancelled", id)).await?;
        let record =
            record.map_err(|unchanged| ActError::of(id, unchanged, "only a pending or dead one can be cancelled"))?;
        // A forward that was taken back is work for somebody.
        self.decided.notify_waiters();
        tracing::info!(actor, delivery = %id, "delivery cancelled");
        Ok(record)
    }
}

/// A filter with the address as mail goes to it: in A-labels.
fn as_sent(filter: &DeliveryFilter) -> DeliveryFilter {
    DeliveryFilter { target: filter.target.clone().map(address_as_sent), ..filter.clone() }
}

/// An address as the target of a delivery has it; what is none, such as a webhook's id, stays as it is.
pub(super) fn address_as_sent(address: String) -> String {
    MailAddress::parse(&address).map_or(address, |one| one.to_string())
}

/// What is sent to a webhook instead.
fn json(raw: &[u8]) -> Result<Bytes, Vec<Diagnostic>> {
    let read = std::str::from_utf8(raw).map_err(|error| error.to_string()).and_then(|text| {
        serde_json::from_str::<IgnoredAny>(text).map(|_| Bytes::copy_from_slice(raw)).map_err(|error| error.to_string())
    });
    read.map_err(|why| {
        let problem = Diagnostic::error(Code::InvalidValue, "", format!("a webhook is sent JSON: {why}"));
        vec![problem.expected("a JSON document in UTF-8")]
    })
}

fn joined(parts: &[&Bytes]) -> Bytes {
    let mut whole = BytesMut::with_capacity(parts.iter().map(|part| part.len()).sum());
    parts.iter().for_each(|part| whole.extend_from_slice(part));
    whole.freeze()
}

/// Deliveries go by their ids alone in the audit log: an address is somebody's.
fn entry(origin: &Origin, actor: &str, action: &str, id: DeliveryId) -> AuditRecord {
    let about = About { kind: AuditKind::Delivery, id: &id.to_string(), name: "" };
    let (entry, now) = (origin.id_in_order(), origin.now());
    AuditRecord::new(entry, now, By { actor, note: None }, action, about)
}
