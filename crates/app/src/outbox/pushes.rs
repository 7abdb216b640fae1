//! Queues that deliver: what comes into one is pushed to its webhook, or sent on to its addresses.

use bytes::Bytes;
use serde_json::{Value as Json, json};
use thiserror::Error;
use waypost_catalogue::error::ChangeError;
use waypost_catalogue::world::Running;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_ids::{
    DecisionKind, DeliveryId, DeliveryKind, DeliveryState, InteractionId, MailboxId, QueueId, WebhookId,
};
use waypost_mail::message::Message;
use waypost_members::email::Envelope;
use waypost_origin::Origin;
use waypost_store::error::StoreError;
use waypost_store::records::audit::AuditRecord;
use waypost_store::records::catalogue::{DeliverTo, QueueRecord};
use waypost_store::records::mail::{DecisionRecord, InteractionFilter, InteractionRecord, State};
use waypost_store::records::outbox::{Addressed, Content, DeliveryFilter, FolderTarget, Held, Outgoing};

use super::effects::{About, Author, CannotSend};
use super::manners::held;
use super::told;
use crate::App;
use crate::interactions::entry;

/// The `type` of what a webhook is pushed.
const PUSHED: &str = "queue.pushed";

/// So much is pushed by one request.
const MOST_PUSHED: u64 = 200;

/// So many pushes of one interaction are looked at, newest first.
const MOST_DELIVERED: u32 = 500;

/// So much is looked at.
const READ: u32 = 100;

/// Why nothing is pushed.
#[derive(Debug, Error)]
pub enum PushError {
    /// The queue delivers nowhere, or to a webhook that takes nothing.
    #[error("{} found", waypost_flow::diagnostic::counted(.0.len(), "problem"))]
    Invalid(Vec<Diagnostic>),
    /// The queue was not found.
    #[error(transparent)]
    Find(#[from] ChangeError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// What became of pushing all that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pushed {
    /// So many are on their way.
    pub pushed: u64,
    /// Whether there may be more.
    pub more: bool,
}

/// Why a webhook is sent nothing.
pub(crate) fn held_webhook(webhook: WebhookId, running: &Running) -> Option<Held> {
    match running.webhooks.get(&webhook) {
        None => Some(held("webhookDeleted", "the webhook was deleted".to_owned())),
        Some(known) if !known.enabled => {
            Some(held("webhookDisabled", format!("the webhook `{}` is disabled", known.name)))
        }
        Some(_) => None,
    }
}

/// The request that pushes an interaction, told in the shape of the API, to a webhook.
pub(crate) fn request(
    webhook: WebhookId,
    (id, mut interaction): (InteractionId, Json),
    running: &Running,
    origin: &Origin,
) -> Outgoing {
    let address = told::address(id);
    if let Some(members) = interaction.as_object_mut() {
        let links = json!({ "message": format!("{address}/message"), "trace": format!("{address}/trace") });
        members.insert("links".to_owned(), links);
    }
    let body = json!({ "type": PUSHED, "timestamp": told::time(origin.now()), "data": interaction });
    Outgoing {
        kind: DeliveryKind::QueuePush,
        content: Content { head: body.to_string().into(), with_original: false, tail: Bytes::new() },
        sender: String::new(),
        message_id: String::new(),
        place: None,
        to: vec![Addressed {
            id: DeliveryId(origin.id_in_order()),
            target: webhook.to_string(),
            held: held_webhook(webhook, running),
            answers: None,
        }],
    }
}

impl About<'_, '_> {
    /// The mail itself, sent on to a queue's addresses. What can't be sent is kept as well, with the reason.
    pub(crate) fn push(&self, addresses: &[String], attach: bool) -> Outgoing {
        let forward = self.forward(addresses, attach, None, Author::Flow, DeliveryKind::QueuePush);
        forward.unwrap_or_else(|CannotSend(why)| self.unsent(DeliveryKind::QueuePush, why, None))
    }

    /// The mail itself, put into a folder as it was received.
    pub(crate) fn file(&self, mailbox: MailboxId, folder: &str, running: &Running) -> Outgoing {
        let known = running.mailbox_names.contains_key(&mailbox);
        let gone = || held("mailboxDeleted", "the mailbox was deleted".to_owned());
        Outgoing {
            kind: DeliveryKind::QueuePush,
            content: Content { head: Bytes::new(), with_original: true, tail: Bytes::new() },
            sender: String::new(),
            message_id: String::new(),
            place: None,
            to: vec![Addressed {
                id: DeliveryId(self.origin.id_in_order()),
                target: FolderTarget { mailbox, folder: folder.to_owned() }.to_string(),
                held: (!known).then(gone),
                answers: None,
            }],
        }
    }
}

impl App {
    /// What a queue pushes of an interaction that comes to it, or waits there; none if it delivers nowhere, or what it would push was erased.
    pub(crate) async fn push_of(
        &self,
        record: &InteractionRecord,
        queue: QueueId,
    ) -> Result<Option<Outgoing>, StoreError> {
        let running = self.catalogue.running();
        let Some(to) = running.deliver_to.get(&queue).filter(|_| !record.erased) else { return Ok(None) };
        match to {
            DeliverTo::Webhook { webhook } => {
                let told = told::interaction(record, &running);
                Ok(Some(request(*webhook, (record.id, told), &running, &self.origin)))
            }
            DeliverTo::Addresses { .. } | DeliverTo::Folder { .. } => {
                let Some(raw) = self.store.raw_message(record.id).await? else { return Ok(None) };
                let route = self.route_of(record, &running).await?;
                let message = Message::parse(&raw);
                let about = About {
                    interaction: record.id,
                    thread: record.its_thread().id,
                    at: self.origin.now(),
                    message: &message,
                    raw: &raw,
                    envelope: Envelope::of(record),
                    route: route.as_ref(),
                    routes: &running.routes,
                    key: &self.desk.key,
                    origin: &self.origin,
                };
                Ok(Some(match to {
                    DeliverTo::Folder { mailbox, folder } => about.file(*mailbox, folder, &running),
                    DeliverTo::Addresses { addresses, attach } => about.push(addresses, *attach),
                    DeliverTo::Webhook { .. } => return Ok(None),
                }))
            }
        }
    }

    /// Pushes what waits in a queue that delivers, newest first: what came before it delivered, and what failed. What is claimed stays so.
    ///
    /// # Errors
    /// There is no such queue, it delivers nowhere, its webhook is disabled, or the store.
    pub async fn push_waiting(&self, actor: &str, queue: QueueId) -> Result<Pushed, PushError> {
        let known = self.catalogue.object::<QueueRecord>(&queue)?;
        let problem = |message: String| PushError::Invalid(vec![Diagnostic::error(Code::InvalidValue, "", message)]);
        match known.deliver_to() {
            None => return Err(problem(format!("the queue `{}` delivers nowhere: set its `deliverTo`", known.name))),
            Some(DeliverTo::Webhook { webhook }) => {
                if let Some(held) = held_webhook(webhook, &self.catalogue.running()) {
                    return Err(problem(held.reason));
                }
            }
            Some(DeliverTo::Addresses { .. } | DeliverTo::Folder { .. }) => {}
        }
        let filter =
            InteractionFilter { queue: Some(queue), state: Some(State::Decided), ..InteractionFilter::default() };
        let (mut pushed, mut last) = (0, None);
        loop {
            let waiting = self.store.interactions(&filter, last, READ).await?;
            last = waiting.last().map(|record| record.id);
            let all = waiting.len() < READ as usize;
            for record in waiting {
                let Some(mut push) = self.push_of(&record, queue).await? else { continue };
                let has = self.have_it(&record).await?;
                push.to.retain(|to| !has.iter().any(|target| target.eq_ignore_ascii_case(&to.target)));
                if push.to.is_empty() {
                    continue;
                }
                let goes_out = push.to.iter().any(|to| to.held.is_none());
                let audit = AuditRecord {
                    after: Some(json!({ "queue": queue })),
                    ..entry(&self.origin, actor, "pushed", record.id)
                };
                if self.store.push(record.id, queue, push, audit).await? && goes_out {
                    pushed += 1;
                }
            }
            if all || pushed >= MOST_PUSHED {
                self.due.ring();
                tracing::info!(actor, %queue, pushed, "waiting work pushed");
                return Ok(Pushed { pushed, more: !all });
            }
        }
    }
}

impl App {
    /// Who got the work by a push of the same run that failed for others: they get it once.
    async fn have_it(&self, record: &InteractionRecord) -> Result<Vec<String>, StoreError> {
        let filter = DeliveryFilter {
            state: Some(DeliveryState::Delivered),
            kind: Some(DeliveryKind::QueuePush),
            interaction: Some(record.id),
            ..DeliveryFilter::default()
        };
        let delivered = self.store.deliveries(&filter, None, MOST_DELIVERED).await?;
        let of_this_run = delivered.into_iter().filter(|one| one.run == Some(record.runs));
        Ok(of_this_run.map(|one| one.target).collect())
    }
}

/// The interaction as it will be once it is transferred.
pub(crate) fn transferred(
    record: &InteractionRecord,
    queue: QueueId,
    (priority, skills, language): (Option<i64>, Option<&Vec<String>>, Option<&String>),
) -> InteractionRecord {
    let before = record.decision.as_ref();
    let decision = DecisionRecord {
        kind: DecisionKind::Queue,
        queue: Some(queue),
        priority: priority.or(before.map(|made| made.priority)).unwrap_or(record.initial_priority),
        skills: skills.cloned().or(before.map(|made| made.skills.clone())).unwrap_or_default(),
        language: language.cloned().or(before.and_then(|made| made.language.clone())),
        addresses: Vec::new(),
        reason: None,
        outcome: before.and_then(|made| made.outcome.clone()),
        error: None,
    };
    InteractionRecord { state: State::GoingOut, queued_at: None, decision: Some(decision), ..record.clone() }
}
