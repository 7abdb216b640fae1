//! Of a run's `sendWebhook` to the requests that are kept with its decision, and the interaction as they tell of it. The body is written once, and is the same in every attempt.

use bytes::Bytes;
use serde_json::{Value as Json, json};
use waypost_catalogue::world::Running;
use waypost_ids::{DecisionKind, DeliveryId, DeliveryKind, WebhookId};
use waypost_mail::message::Message;
use waypost_origin::Origin;
use waypost_store::records::mail::RunRecord;
use waypost_store::records::outbox::{Addressed, Content, Outgoing};
use waypost_store::records::threads::ThreadRecord;

use super::pushes::held_webhook;
use super::told::{address, decision, present, thread, time};
use crate::mail::decide::Start;

/// The `type` of what is sent with the interaction as its data.
const DECIDED: &str = "interaction.decided";

/// The `type` of what is sent with a flow's own payload as its data.
const MESSAGE: &str = "flow.message";

/// What requests tell of: a run that has ended.
#[derive(Clone, Copy)]
pub(crate) struct Requests<'a, 'm> {
    pub(crate) start: Start<'a>,
    pub(crate) record: &'a RunRecord,
    pub(crate) message: &'a Message<'m>,
    pub(crate) running: &'a Running,
    pub(crate) origin: &'a Origin,
}

impl Requests<'_, '_> {
    /// A request to a webhook.
    pub(crate) fn request(&self, webhook: WebhookId, payload: Option<&Json>, place: String) -> Outgoing {
        let (kind, data) = match payload {
            Some(payload) => (MESSAGE, payload.clone()),
            None => (DECIDED, self.interaction()),
        };
        let body = json!({ "type": kind, "timestamp": time(self.start.started_at), "data": data });
        Outgoing {
            kind: DeliveryKind::Webhook,
            content: Content { head: body.to_string().into(), with_original: false, tail: Bytes::new() },
            sender: String::new(),
            message_id: String::new(),
            place: Some(place),
            to: vec![Addressed {
                id: DeliveryId(self.origin.id_in_order()),
                target: webhook.to_string(),
                held: held_webhook(webhook, self.running),
                answers: None,
            }],
        }
    }

    /// The interaction with its decision, in the shape of `GET /interactions/{id}`.
    pub(crate) fn interaction(&self) -> Json {
        let (start, record, message) = (&self.start, self.record, self.message);
        let completed = matches!(record.decision.kind, DecisionKind::Disconnect);
        let flow = record.flow.map(|(id, version)| {
            json!({ "id": id, "name": self.running.flow_names.get(&id).map(AsRef::as_ref), "version": version })
        });
        present(json!({
            "id": start.interaction,
            "state": if completed { "completed" } else { "decided" },
            "receivedAt": time(start.received_at),
            "envelope": {
                "from": start.envelope.from.unwrap_or_default(),
                "to": start.envelope.to,
                "remote": start.envelope.remote,
            },
            "messageId": message.message_id(),
            "subject": message.subject(),
            "flow": flow.map(present),
            "decision": decision(&record.decision, self.running),
            "attributes": record.attributes,
            "duplicates": 0,
            "thread": thread(&start.thread.cloned().unwrap_or_else(|| ThreadRecord::begun_by(start.interaction))),
            "selfUri": address(start.interaction),
        }))
    }
}
