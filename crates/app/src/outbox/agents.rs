//! What people do with an interaction that they have claimed. Each is done under the claim's token, or not at all.

use serde::Serialize;
use serde_json::json;
use thiserror::Error;
use uuid::Uuid;
use waypost_catalogue::routing::Wanted;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_ids::{DeliveryId, InteractionId, QueueId};
use waypost_outgoing::compose::UNMAILABLE;
use waypost_store::error::{LeaseError, StoreError};
use waypost_store::records::audit::AuditRecord;
use waypost_store::records::catalogue::QueueRecord;
use waypost_store::records::mail::{IdempotencyKey, InteractionRecord};
use waypost_store::records::outbox::{DeliveryRecord, Outgoing, SendOutcome, Transfer};

use super::pushes::transferred;
use super::written;
pub use super::written::Written;
use crate::App;
use crate::idempotency::{self, KeyError};
use crate::interactions::{InteractionError, entry, no_address};

/// Most recipients of a forward.
const MOST_ADDRESSES: usize = 100;

/// Most characters of an outcome.
const OUTCOME: usize = 256;

/// Most characters of a subject: what fits on one line of a header (RFC 5322, section 2.1.1), words of other characters written out.
const SUBJECT: usize = 250;

/// Why claimed work was not changed.
#[derive(Debug, Error)]
pub enum AgentError {
    /// What was sent is wrong; every problem is listed.
    #[error("{} found", waypost_flow::diagnostic::counted(.0.len(), "problem"))]
    Invalid(Vec<Diagnostic>),
    /// The lease ended, or was never given.
    #[error("the lease was lost: it has expired, or never existed")]
    Lost,
    /// The request has a key that can't be used.
    #[error(transparent)]
    Key(#[from] KeyError),
    /// The interaction can't be read.
    #[error(transparent)]
    Interaction(#[from] InteractionError),
}

impl From<StoreError> for AgentError {
    fn from(error: StoreError) -> Self {
        Self::Interaction(error.into())
    }
}

/// Where claimed work is to go.
#[derive(Clone, Debug)]
pub struct WantedTransfer {
    /// The queue.
    pub queue: Wanted<QueueId>,
    /// Higher is sooner; none keeps what it has.
    pub priority: Option<i64>,
    /// Skills asked for; none keeps those it has.
    pub skills: Option<Vec<String>>,
    /// The language asked for; none keeps the one it has.
    pub language: Option<String>,
}

/// How claimed work is to be handed on.
#[derive(Clone, Debug, Serialize)]
pub struct WantedForward {
    /// To whom.
    pub addresses: Vec<String>,
    /// Whether it is attached to a new mail instead of being resent unchanged.
    pub attach: bool,
    /// The text of the new mail.
    pub text: Option<String>,
}

/// A request as it is known again: what is done, for which interaction, and all that its body says. Not the claim's token: whoever lost the
/// answer and the claim comes again under another.
fn request(actor: &str, key: &str, (act, id): (&str, InteractionId), body: &impl Serialize) -> IdempotencyKey {
    let body = serde_json::to_vec(body).unwrap_or_default();
    idempotency::request(actor, key, &[act.as_bytes(), id.0.as_bytes(), &body])
}

impl App {
    /// Answers an interaction's sender. The same request with the same key is answered by the deliveries that it made.
    ///
    /// # Errors
    /// What was written is wrong; not found, erased, the lease was lost, a key that was used otherwise or is in flight, or the store.
    pub async fn reply(
        &self,
        actor: &str,
        (id, token): (InteractionId, Uuid),
        written: Written,
        key: Option<&str>,
    ) -> Result<Vec<DeliveryRecord>, AgentError> {
        let mut problems = Vec::new();
        if written.text.trim().is_empty() && written.html.as_deref().is_none_or(|html| html.trim().is_empty()) {
            problems.push(wrong("text", "the reply says nothing").expected("what the reply says"));
        }
        problems.extend(carried("text", Some(&written.text)));
        problems.extend(carried("html", written.html.as_deref()));
        let subject = written.subject.as_deref();
        problems.extend(subject.and_then(|subject| line("subject", subject, SUBJECT)));
        if !problems.is_empty() {
            return Err(AgentError::Invalid(problems));
        }
        let request = key.map(|key| request(actor, key, ("reply", id), &written));
        let interaction = self.interaction(id).await?;
        let composed = async {
            let raw = self.raw_message(id).await?;
            written::reply(self, &interaction, &raw, written).await
        };
        let mail = self.under_claim((id, token), composed).await?;
        self.send_claimed(actor, (&interaction, token), mail, request).await
    }

    /// Hands an interaction's mail on. The same request with the same key is answered by the deliveries that it made.
    ///
    /// # Errors
    /// What is no address; not found, erased, the lease was lost, a key that was used otherwise or is in flight, or the store.
    pub async fn forward(
        &self,
        actor: &str,
        (id, token): (InteractionId, Uuid),
        forward: WantedForward,
        key: Option<&str>,
    ) -> Result<Vec<DeliveryRecord>, AgentError> {
        let request = key.map(|key| request(actor, key, ("forward", id), &forward));
        let WantedForward { addresses, attach, text } = forward;
        let mut problems = Vec::new();
        if addresses.is_empty() || addresses.len() > MOST_ADDRESSES {
            let problem = wrong("addresses", "it must be forwarded to somebody, and not to too many");
            problems
                .push(problem.expected(format!("1 to {MOST_ADDRESSES} addresses")).found(addresses.len().to_string()));
        } else {
            let numbered = addresses.iter().enumerate();
            problems.extend(numbered.filter_map(|(n, address)| no_address(&format!("addresses[{n}]"), address, true)));
        }
        if text.is_some() && !attach {
            let problem = wrong("text", "a mail that is resent unchanged can't have a text");
            problems.push(problem.expected("`attach` with a text"));
        }
        problems.extend(carried("text", text.as_deref()));
        if !problems.is_empty() {
            return Err(AgentError::Invalid(problems));
        }
        let interaction = self.interaction(id).await?;
        let composed = async {
            let raw = self.raw_message(id).await?;
            written::forward(self, &interaction, &raw, addresses, attach, text).await
        };
        let mail = self.under_claim((id, token), composed).await?;
        self.send_claimed(actor, (&interaction, token), mail, request).await
    }

    /// What is composed under a claim. What the mail does not allow is said to those alone whose claim lasts: for the others the claim is lost,
    /// whatever they ask for. A request that is known by its key is answered without a claim, so that none is asked for before.
    async fn under_claim<T>(
        &self,
        (id, token): (InteractionId, Uuid),
        composed: impl Future<Output = Result<T, InteractionError>> + Send,
    ) -> Result<T, AgentError> {
        match composed.await {
            Ok(mail) => Ok(mail),
            Err(_) if !self.store.is_claimed(id, token, self.origin.now()).await? => Err(AgentError::Lost),
            Err(error) => Err(error.into()),
        }
    }

    /// Keeps what somebody sends under a claim, and answers its deliveries.
    async fn send_claimed(
        &self,
        actor: &str,
        (interaction, token): (&InteractionRecord, Uuid),
        mail: Outgoing,
        request: Option<IdempotencyKey>,
    ) -> Result<Vec<DeliveryRecord>, AgentError> {
        let _in_flight = self.in_flight.enter(request.as_ref())?;
        let mut ids: Vec<DeliveryId> = mail.to.iter().map(|to| to.id).collect();
        let kind = mail.kind.as_str();
        // The audit log is told no addresses: they go when the interaction is erased, and the log stays.
        let audit = AuditRecord {
            after: Some(json!({ "kind": kind, "deliveries": ids })),
            ..entry(&self.origin, actor, "sent", interaction.id)
        };
        match self.store.send(interaction.id, token, mail, request, audit).await.map_err(lost)? {
            SendOutcome::Kept => {
                self.due.ring();
                tracing::info!(actor, interaction = %interaction.id, kind, recipients = ids.len(), "mail sent under a claim");
            }
            SendOutcome::Repeated(made) => ids = made,
            SendOutcome::KeyReused => return Err(KeyError::Reused.into()),
        }
        let mut deliveries = Vec::with_capacity(ids.len());
        for id in ids {
            deliveries.extend(self.store.delivery(id).await?);
        }
        Ok(deliveries)
    }

    /// Puts a claimed interaction into another queue; the claim ends. A queue that delivers pushes it.
    ///
    /// # Errors
    /// There is no such queue; not found, the lease was lost, or the store.
    pub async fn transfer(
        &self,
        actor: &str,
        (id, token): (InteractionId, Uuid),
        to: WantedTransfer,
    ) -> Result<(), AgentError> {
        let queue = self.queue_wanted(&to.queue)?;
        let before = self.interaction(id).await?;
        let WantedTransfer { priority, skills, language, .. } = to;
        let after = transferred(&before, queue, (priority, skills.as_ref(), language.as_ref()));
        let push = self.push_of(&after, queue).await?;
        let pushed = push.is_some();
        let audit =
            AuditRecord { after: Some(json!({ "queue": queue })), ..entry(&self.origin, actor, "transferred", id) };
        let transfer = Transfer { queue, priority, skills, language, push };
        match self.store.transfer(id, token, transfer, audit).await {
            // It went while this was asked.
            Err(LeaseError::NoQueue) => return Err(AgentError::Invalid(vec![self.unknown_queue(&to.queue)])),
            other => other.map_err(lost)?,
        }
        self.decided.notify_waiters();
        if pushed {
            self.due.ring();
        }
        tracing::info!(actor, interaction = %id, %queue, "transferred");
        Ok(())
    }

    fn queue_wanted(&self, queue: &Wanted<QueueId>) -> Result<QueueId, AgentError> {
        let queues = self.catalogue.objects::<QueueRecord>();
        let found = queues.iter().find(|record| match queue {
            Wanted::Id(id) => record.id == *id,
            Wanted::Name(name) => record.folded_name == document::fold_name(name),
        });
        found.map(|record| record.id).ok_or_else(|| AgentError::Invalid(vec![self.unknown_queue(queue)]))
    }

    fn unknown_queue(&self, queue: &Wanted<QueueId>) -> Diagnostic {
        let (place, written) = match queue {
            Wanted::Id(id) => ("queue.id", id.to_string()),
            Wanted::Name(name) => ("queue.name", name.clone()),
        };
        let queues = self.catalogue.objects::<QueueRecord>();
        Diagnostic::error(Code::UnknownQueue, place, format!("there is no queue `{written}`"))
            .expected("the id or the name of a queue")
            .nearest(&written, queues.iter().map(|queue| queue.name.as_str()))
    }

    /// Completes a claimed interaction, with an outcome if one is said. Twice is well.
    ///
    /// # Errors
    /// The outcome is none; not found, the lease was lost, or the store.
    pub async fn complete_claimed(
        &self,
        actor: &str,
        (id, token): (InteractionId, Uuid),
        outcome: Option<String>,
    ) -> Result<(), AgentError> {
        if let Some(problem) = outcome.as_deref().and_then(|outcome| line("outcome", outcome, OUTCOME)) {
            return Err(AgentError::Invalid(vec![problem]));
        }
        self.interaction(id).await?;
        let after = outcome.as_ref().map(|outcome| json!({ "outcome": outcome }));
        let audit = AuditRecord { after, ..entry(&self.origin, actor, "completed", id) };
        self.store.complete_claimed(id, token, outcome, audit).await.map_err(lost)?;
        tracing::info!(actor, interaction = %id, "claimed work completed");
        Ok(())
    }
}

fn lost(error: LeaseError) -> AgentError {
    match error {
        LeaseError::Lost | LeaseError::NoQueue => AgentError::Lost,
        LeaseError::Store(error) => error.into(),
    }
}

/// What is wrong with a text that must be one line, if anything.
fn line(path: &str, text: &str, most: usize) -> Option<Diagnostic> {
    let well = !text.trim().is_empty() && text.chars().count() <= most && !text.chars().any(char::is_control);
    (!well).then(|| {
        wrong(path, "it must be one line").expected(format!("1 to {most} characters, none of them a control character"))
    })
}

/// What is wrong with a text that a mail is to carry, if anything.
fn carried(path: &str, text: Option<&str>) -> Option<Diagnostic> {
    let unmailable = text.is_some_and(|text| text.contains(char::from(UNMAILABLE)));
    unmailable.then(|| wrong(path, "mail can't carry NUL characters").expected("a text without U+0000"))
}

fn wrong(path: &str, message: &str) -> Diagnostic {
    Diagnostic::error(Code::InvalidValue, path, message)
}
