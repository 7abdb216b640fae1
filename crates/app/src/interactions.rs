//! Interactions: accepted over HTTP, looked at, completed, erased.

use std::cmp::Reverse;
use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::json;
use thiserror::Error;
use tokio::time::{Instant, timeout_at};
use waypost_engine::Limits;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::{AuditKind, InteractionId};
use waypost_mail::message::{AddressField, Attachment, Message};
use waypost_mail::smtp::Recipient;
use waypost_origin::Origin;
use waypost_store::error::{LeaseError, StoreError};
use waypost_store::records::audit::{About, AuditRecord, By};
use waypost_store::records::facts::Facts;
use waypost_store::records::mail::{
    AcceptOutcome, Accepted, AttributesSet, InteractionFilter, InteractionRecord, RunSummary, State, Summary,
};

use crate::App;
use crate::idempotency::{self, InFlightGuard, KeyError};
use crate::mail::intake::{Arrival, in_one_form};
use crate::observed::Protocol;

/// So many characters of what is no address are told back.
const SHOWN_ADDRESS: usize = 100;

/// Why mail that came over HTTP, whole or as fields, was not accepted.
#[derive(Debug, Error)]
pub enum AcceptError {
    /// What was sent is wrong; every problem is listed.
    #[error("{} found", waypost_flow::diagnostic::counted(.0.len(), "problem"))]
    Invalid(Vec<Diagnostic>),
    /// No route takes mail for this address.
    #[error("no route for `{0}`")]
    NoRoute(String),
    /// The request has a key that can't be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Why an interaction was not answered or changed.
#[derive(Debug, Error)]
pub enum InteractionError {
    /// What was sent is wrong; every problem is listed.
    #[error("{} found", waypost_flow::diagnostic::counted(.0.len(), "problem"))]
    Invalid(Vec<Diagnostic>),
    /// It does not exist.
    #[error("interaction `{0}` was not found")]
    NotFound(InteractionId),
    /// Its content was erased.
    #[error("content of interaction `{0}` was deleted")]
    Erased(InteractionId),
    /// It is in no state that allows it.
    #[error("{0}")]
    Busy(&'static str),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What a mail over HTTP became.
#[derive(Debug)]
pub struct HttpAcceptance<'a> {
    /// Interactions that were made, or that the same request made before.
    pub interactions: Vec<InteractionId>,
    /// Interactions that the mail repeats.
    pub duplicates_of: Vec<InteractionId>,
    /// Keep it until the request is answered: so long the same key is in flight. None without a key.
    pub in_flight: Option<InFlightGuard<'a>>,
}

impl App {
    /// Accepts a raw message for one address. Without a sender it is from whom its From names; an empty one is the null
    /// reverse-path.
    ///
    /// # Errors
    /// What is no address, no route, a key that was used otherwise or is in flight, or the store.
    pub async fn accept_http(
        &self,
        actor: &str,
        from: Option<String>,
        to: String,
        raw: Bytes,
        remote: String,
        idempotency_key: Option<String>,
    ) -> Result<HttpAcceptance<'_>, AcceptError> {
        let recipient = Recipient::in_rcpt(&to);
        let mut problems = Vec::new();
        problems.extend(recipient.is_none().then(|| not_an_address("to", &to)));
        problems.extend(no_address("from", from.as_deref().unwrap_or_default(), false));
        let Some(recipient) = recipient.filter(|_| problems.is_empty()) else {
            return Err(AcceptError::Invalid(problems));
        };
        let Some(recipient) = self.bound(&recipient) else { return Err(AcceptError::NoRoute(to)) };
        let from = in_one_form(from.unwrap_or_else(|| sender(&raw)));
        let idempotency =
            idempotency_key.map(|key| idempotency::request(actor, &key, &[from.as_bytes(), to.as_bytes(), &raw]));
        let in_flight = self.in_flight.enter(idempotency.as_ref())?;
        let recipients = vec![recipient];
        let arrival = Arrival {
            protocol: Protocol::Http,
            from,
            recipients,
            raw,
            remote,
            connection: None,
            idempotency,
            taken_from: None,
        };
        let outcome = self.accept(arrival).await?;
        let mut acceptance = HttpAcceptance { interactions: Vec::new(), duplicates_of: Vec::new(), in_flight };
        match outcome {
            AcceptOutcome::KeyReused => return Err(KeyError::Reused.into()),
            AcceptOutcome::Replayed(interactions) => acceptance.interactions = interactions,
            AcceptOutcome::Taken => {}
            AcceptOutcome::Committed(accepted) => {
                for one in accepted {
                    match one {
                        Accepted::Created { id, .. } => acceptance.interactions.push(id),
                        Accepted::Duplicate { of } => acceptance.duplicates_of.push(of),
                    }
                }
            }
        }
        Ok(acceptance)
    }

    /// Waits until an interaction has a decision, or `patience` has passed; answers it as it then stands.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn wait_decided(
        &self,
        id: InteractionId,
        patience: Duration,
    ) -> Result<InteractionRecord, InteractionError> {
        let deadline = Instant::now() + patience;
        loop {
            let notified = self.decided.notified();
            let interaction = self.interaction(id).await?;
            let waiting = interaction.state.awaits_decision();
            // Other processes decide without a notice here: look again after a moment in any case.
            let moment = deadline.min(Instant::now() + Duration::from_millis(250));
            if !waiting || Instant::now() >= deadline {
                return Ok(interaction);
            }
            let _ = timeout_at(moment, notified).await;
        }
    }

    /// An interaction.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn interaction(&self, id: InteractionId) -> Result<InteractionRecord, InteractionError> {
        self.store.interaction(id).await?.ok_or_else(|| not_found(id))
    }

    /// Interactions, newest first. Unless only one state alone is wanted, one whose forward is on the way is decided, and one that waits for an
    /// answer from outside is running.
    ///
    /// # Errors
    /// The store.
    pub async fn interactions(
        &self,
        filter: &InteractionFilter,
        after: Option<InteractionId>,
        limit: u32,
    ) -> Result<Vec<InteractionRecord>, StoreError> {
        let Some(also) = filter.state.filter(|_| !filter.alone).and_then(shown_alike) else {
            return self.store.interactions(filter, after, limit).await;
        };
        // One that goes from the one state to the other meanwhile, whichever way, is in one of the three.
        let alike = InteractionFilter { state: Some(also), ..filter.clone() };
        let first = self.store.interactions(&alike, after, limit).await?;
        let second = self.store.interactions(filter, after, limit).await?;
        let mut found = self.store.interactions(&alike, after, limit).await?;
        found.extend(second);
        found.extend(first);
        // What was read last comes first of those with the same id, and stays.
        found.sort_by_key(|interaction| Reverse(interaction.id.0));
        found.dedup_by_key(|interaction| interaction.id);
        found.truncate(limit as usize);
        Ok(found)
    }

    /// The runs of an interaction.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn runs(&self, id: InteractionId) -> Result<Vec<RunSummary>, InteractionError> {
        self.interaction(id).await?;
        Ok(self.store.runs(id).await?)
    }

    /// The runs of each of these interactions, for lists: their attributes, traces and journals are left out.
    ///
    /// # Errors
    /// The store.
    pub async fn runs_of(&self, ids: Vec<InteractionId>) -> Result<Vec<Vec<RunSummary>>, StoreError> {
        self.store.runs_of(ids).await
    }

    /// What was found out about an interaction's mail as it came in.
    ///
    /// # Errors
    /// The store.
    pub async fn facts(&self, id: InteractionId) -> Result<Facts, InteractionError> {
        Ok(self.store.facts(id).await?)
    }

    /// The raw message.
    ///
    /// # Errors
    /// Not found, erased, or the store.
    pub async fn raw_message(&self, id: InteractionId) -> Result<Bytes, InteractionError> {
        match self.store.raw_message(id).await? {
            Some(raw) => Ok(raw),
            None => {
                self.interaction(id).await?;
                Err(erased(id))
            }
        }
    }

    /// What an interaction's mail has attached, in order.
    ///
    /// # Errors
    /// Not found, erased, or the store.
    pub async fn attachments(&self, id: InteractionId) -> Result<Vec<Attachment>, InteractionError> {
        let raw = self.raw_message(id).await?;
        Ok(apart(move || Message::parse(&raw).attachments().to_vec()).await?)
    }

    /// One of an interaction's attachments, by its place counted from 0, with its bytes; none if there are not so many.
    ///
    /// # Errors
    /// Not found, erased, or the store.
    pub async fn attachment(
        &self,
        id: InteractionId,
        number: usize,
    ) -> Result<Option<(Attachment, Bytes)>, InteractionError> {
        let raw = self.raw_message(id).await?;
        Ok(apart(move || {
            let message = Message::parse(&raw);
            let bytes = message.attachment_content(number)?.into_owned();
            Some((message.attachments().get(number)?.clone(), bytes.into()))
        })
        .await?)
    }

    /// Erases message, traces, attributes, reasons and error messages; the ledger row stays.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn erase(&self, actor: &str, id: InteractionId) -> Result<(), InteractionError> {
        if !self.store.erase(id, entry(&self.origin, actor, "erased", id)).await? {
            return Err(not_found(id));
        }
        tracing::info!(actor, interaction = %id, "content erased");
        Ok(())
    }

    /// Completes an interaction, whoever holds it (idempotent).
    ///
    /// # Errors
    /// Not found, waiting for a run, or the store.
    pub async fn complete(&self, actor: &str, id: InteractionId) -> Result<(), InteractionError> {
        self.interaction(id).await?;
        self.store.complete(id, entry(&self.origin, actor, "completed", id)).await.map_err(|error| match error {
            LeaseError::Lost | LeaseError::NoQueue => InteractionError::Busy("the interaction waits for a run"),
            LeaseError::Store(error) => error.into(),
        })?;
        tracing::info!(actor, interaction = %id, "completed");
        Ok(())
    }

    /// Sets attributes of an interaction; others stay. The audit log is told their names alone: what they say goes when the
    /// interaction is erased, and the log stays.
    ///
    /// # Errors
    /// They are too large, together with those that stay; not found, erased, or the store.
    pub async fn set_attributes(
        &self,
        actor: &str,
        id: InteractionId,
        attributes: BTreeMap<String, String>,
    ) -> Result<(), InteractionError> {
        let names: Vec<&String> = attributes.keys().collect();
        let audit = AuditRecord {
            after: Some(json!({ "attributes": names })),
            ..entry(&self.origin, actor, "attributes set", id)
        };
        match self.store.set_attributes(id, attributes, Limits::ATTRIBUTE_BYTES, audit).await? {
            AttributesSet::Done => Ok(()),
            AttributesSet::TooLarge { bytes } => {
                Err(InteractionError::Invalid(vec![attributes_too_large("attributes", bytes)]))
            }
            AttributesSet::Gone => {
                self.interaction(id).await?;
                Err(erased(id))
            }
        }
    }

    /// Counts over everything.
    ///
    /// # Errors
    /// The store.
    pub async fn summary(&self) -> Result<Summary, StoreError> {
        self.store.summary().await
    }
}

/// The state that is shown as this one is, if there is another.
const fn shown_alike(state: State) -> Option<State> {
    match state {
        State::Decided => Some(State::GoingOut),
        State::Running => Some(State::Waiting),
        State::Received | State::Waiting | State::GoingOut | State::Claimed | State::Completed => None,
    }
}

/// Interactions go by their ids alone in the audit log: a subject is the sender's.
pub(crate) fn entry(origin: &Origin, actor: &str, action: &str, id: InteractionId) -> AuditRecord {
    let about = About { kind: AuditKind::Interaction, id: &id.to_string(), name: "" };
    let (entry, now) = (origin.id_in_order(), origin.now());
    AuditRecord::new(entry, now, By { actor, note: None }, action, about)
}

/// What is wrong with attributes that would be larger than an interaction keeps, if they are.
pub(crate) fn too_large<'a>(
    path: &str,
    attributes: impl Iterator<Item = (&'a String, &'a String)>,
) -> Option<Diagnostic> {
    let bytes = attributes.map(|(name, value)| name.len().saturating_add(value.len())).fold(0, usize::saturating_add);
    (bytes > Limits::ATTRIBUTE_BYTES).then(|| attributes_too_large(path, bytes))
}

fn attributes_too_large(path: &str, bytes: usize) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, path, "all attributes together are too large")
        .expected(format!("at most {} bytes of names and values", Limits::ATTRIBUTE_BYTES))
        .found(bytes.to_string())
}

/// Reads a mail on a thread that may take its time: mails are as large as their senders like.
async fn apart<T: Send + 'static>(read: impl FnOnce() -> T + Send + 'static) -> Result<T, StoreError> {
    let reading = tokio::task::spawn_blocking(read).await;
    reading.map_err(|error| StoreError::Failed(format!("the mail was not read: {error}")))
}

fn not_found(id: InteractionId) -> InteractionError {
    InteractionError::NotFound(id)
}

pub(crate) fn erased(id: InteractionId) -> InteractionError {
    InteractionError::Erased(id)
}

/// What is wrong with an envelope address, if anything: it would not pass in SMTP either.
pub(crate) fn no_address(name: &str, text: &str, required: bool) -> Option<Diagnostic> {
    if Recipient::parse(text).is_some() || (text.is_empty() && !required) {
        None
    } else {
        Some(not_an_address(name, text))
    }
}

fn not_an_address(name: &str, text: &str) -> Diagnostic {
    let shown: String = text.chars().take(SHOWN_ADDRESS).flat_map(char::escape_debug).collect();
    let problem = Diagnostic::error(Code::InvalidValue, name, format!("`{shown}` is not an address"));
    problem.expected("one address, such as ann@example.com")
}

/// The address of a raw message's From; empty if it has none.
fn sender(raw: &[u8]) -> String {
    let message = Message::parse(raw);
    message.addresses(AddressField::From).first().map(|from| from.address.clone()).unwrap_or_default()
}
