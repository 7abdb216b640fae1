//! Mail handed in, and what became of all mail.

use bytes::Bytes;
use futures_util::stream::BoxStream;
use reqwest::Method;
use waypost_ids::{FlowId, InteractionId};
use waypost_wire::Object;
use waypost_wire::delivery::{CompleteRequest, Deliveries, ForwardRequest, Ledger, ReplyRequest, TransferRequest};
use waypost_wire::interaction::{Attachments, Interaction, Reruns, Summary, Trace};
use waypost_wire::time::Time;

use crate::path::{flag, with_query};
use crate::transport::Body;
use crate::{Client, Result};

/// Calls about interactions.
#[derive(Clone, Copy, Debug)]
pub struct Interactions<'c>(pub(crate) &'c Client);

/// Which interactions to list; a filter that is left out matches all.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct InteractionFilter {
    /// `received`, `running`, `decided`, `claimed` or `completed`.
    pub state: Option<String>,
    /// `queue`, `forward`, `disconnect` or `unrouted`.
    pub decision: Option<String>,
    /// A queue's identifier or name.
    pub queue: Option<String>,
    /// The flow of the last run.
    pub flow: Option<FlowId>,
    /// The envelope sender.
    pub from: Option<String>,
    /// The envelope recipient.
    pub to: Option<String>,
    /// The Message-ID.
    pub message_id: Option<String>,
    /// A text that the subject contains.
    pub subject: Option<String>,
    /// The thread, by the id of its first interaction.
    pub thread: Option<InteractionId>,
    /// Accepted at this time or later.
    pub since: Option<Time>,
    /// Only interactions accepted before this time.
    pub until: Option<Time>,
    /// Only interactions that have waited longer than their queue's service level.
    pub over_service_level: bool,
}

impl InteractionFilter {
    fn parameters(&self) -> [(&'static str, Option<String>); 12] {
        [
            ("state", self.state.clone()),
            ("decision", self.decision.clone()),
            ("queue", self.queue.clone()),
            ("flowId", self.flow.map(|flow| flow.to_string())),
            ("from", self.from.clone()),
            ("to", self.to.clone()),
            ("messageId", self.message_id.clone()),
            ("subject", self.subject.clone()),
            ("thread", self.thread.map(|thread| thread.to_string())),
            ("since", self.since.map(|time| time.to_string())),
            ("until", self.until.map(|time| time.to_string())),
            ("overServiceLevel", self.over_service_level.then(|| "true".to_owned())),
        ]
    }
}

/// A mail to submit.
#[derive(Clone, Debug, Default)]
pub struct Mail {
    /// The address that it is for.
    pub to: String,
    /// The envelope sender; empty for the null reverse-path.
    pub from: String,
    /// The raw message.
    pub raw: Bytes,
    /// Wait for the decision, 15 seconds at most.
    pub wait: bool,
    /// The same key within 24 hours is the same request: with it, the mail is sent again where it may have arrived.
    pub idempotency_key: Option<String>,
}

/// Each call fails as [`crate::Error`] says.
#[expect(clippy::missing_errors_doc, reason = "said once, above")]
impl Interactions<'_> {
    /// Interactions, newest first, without their runs.
    #[must_use]
    pub fn list(&self, filter: &InteractionFilter) -> BoxStream<'static, Result<Interaction>> {
        self.0.chunks(&with_query("/interactions", &filter.parameters()))
    }

    /// Submits a mail; returns once it is on stable storage. A bounce of something that was sent creates no interaction: the result is none.
    pub async fn send(&self, mail: Mail) -> Result<Option<Interaction>> {
        let parameters = [
            ("to", Some(mail.to)),
            ("from", Some(mail.from).filter(|from| !from.is_empty())),
            ("wait", flag(mail.wait)),
        ];
        let body = Body::Message { raw: mail.raw, idempotency_key: mail.idempotency_key };
        self.0.0.maybe_json(Method::POST, &with_query("/interactions", &parameters), body).await
    }

    /// An interaction with its runs.
    pub async fn get(&self, id: InteractionId) -> Result<Interaction> {
        self.0.get(&format!("/interactions/{id}")).await
    }

    /// What its runs did, step by step.
    pub async fn trace(&self, id: InteractionId) -> Result<Trace> {
        self.0.get(&format!("/interactions/{id}/trace")).await
    }

    /// The message, its bytes as received.
    pub async fn message(&self, id: InteractionId) -> Result<Bytes> {
        self.0.get_bytes(&format!("/interactions/{id}/message")).await
    }

    /// The message's attachments.
    pub async fn attachments(&self, id: InteractionId) -> Result<Attachments> {
        self.0.get(&format!("/interactions/{id}/attachments")).await
    }

    /// An attachment's bytes, by its place counted from 0.
    pub async fn attachment(&self, id: InteractionId, number: u32) -> Result<Bytes> {
        self.0.get_bytes(&format!("/interactions/{id}/attachments/{number}")).await
    }

    /// Runs it again with what is published now. With `resend` it also sends again what was sent before.
    pub async fn rerun(&self, id: InteractionId, resend: bool) -> Result<Interaction> {
        let path = with_query(&format!("/interactions/{id}/rerun"), &[("resend", flag(resend))]);
        self.0.post(&path, &Object::new()).await
    }

    /// Answers the sender, under a claim's token. The same request with the same key within 24 hours sends nothing again: with a key, it is
    /// sent again where it may have arrived.
    pub async fn reply(
        &self,
        id: InteractionId,
        request: &ReplyRequest,
        idempotency_key: Option<&str>,
    ) -> Result<Deliveries> {
        let body = Body::json_once(request, idempotency_key)?;
        self.0.0.json(Method::POST, &format!("/interactions/{id}/reply"), body).await
    }

    /// Forwards the message, under a claim's token; a key works as for [`reply`](Self::reply).
    pub async fn forward(
        &self,
        id: InteractionId,
        request: &ForwardRequest,
        idempotency_key: Option<&str>,
    ) -> Result<Deliveries> {
        let body = Body::json_once(request, idempotency_key)?;
        self.0.0.json(Method::POST, &format!("/interactions/{id}/forward"), body).await
    }

    /// Transfers it to another queue, under a claim's token; the claim ends.
    pub async fn transfer(&self, id: InteractionId, request: &TransferRequest) -> Result<Interaction> {
        self.0.post(&format!("/interactions/{id}/transfer"), request).await
    }

    /// Completes it under a claim's token (idempotent).
    pub async fn complete(&self, id: InteractionId, request: &CompleteRequest) -> Result<Interaction> {
        self.0.post(&format!("/interactions/{id}/complete"), request).await
    }

    /// Runs what matches again, newest first, about a thousand at a time: `cursor` is the `nextCursor` of the answer before. A filter that
    /// says nothing is refused.
    pub async fn rerun_all(&self, filter: &InteractionFilter, cursor: Option<String>) -> Result<Reruns> {
        let mut parameters = filter.parameters().to_vec();
        parameters.push(("cursor", cursor));
        self.0.post(&with_query("/interactions/rerun", &parameters), &Object::new()).await
    }

    /// Erases message, subject, traces and attributes.
    pub async fn erase(&self, id: InteractionId) -> Result<()> {
        self.0.delete(&format!("/interactions/{id}/content")).await
    }

    /// Counts of everything that is stored.
    pub async fn summary(&self) -> Result<Summary> {
        self.0.get("/interactions/summary").await
    }

    /// Where every interaction is, counted one by one.
    pub async fn ledger(&self) -> Result<Ledger> {
        self.0.get("/interactions/ledger").await
    }
}
