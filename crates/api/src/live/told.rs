//! Hints as events: who may read which, and how they are written.

use std::collections::HashSet;

use uuid::Uuid;
use waypost_app::access::scopes::Scope;
use waypost_app::live::{Cursor, Loss};
use waypost_ids::{DeliveryState, Event, Kind};
use waypost_store::records::events::Hint;
use waypost_wire::live::{LiveData, RESET};

use crate::graph;
use crate::interactions::view::state_word;
use crate::query::Query;

/// Words of `kinds`.
const KINDS: [&str; 4] = ["interaction", "delivery", "object", "mailbox"];

/// What is asked for.
pub(super) struct Filter {
    kinds: Vec<&'static str>,
    queues: HashSet<Uuid>,
    flows: HashSet<Uuid>,
}

impl Filter {
    pub(super) fn read(query: &mut Query) -> Self {
        let kinds = query.some_of("kinds", &KINDS.map(|kind| (kind, kind)));
        let mut ids = |name| {
            let mut found = HashSet::new();
            for id in query.list(name) {
                match Uuid::parse_str(&id) {
                    Ok(id) => drop(found.insert(id)),
                    Err(_) => query.problem(name, "can't be read", "UUIDs", &id),
                }
            }
            found
        };
        let (queues, flows) = (ids("queueId"), ids("flowId"));
        Self { kinds, queues, flows }
    }

    pub(super) fn wants(&self, hint: &Hint, data: &LiveData) -> bool {
        let kind = match hint {
            Hint::Interaction { .. } => "interaction",
            Hint::Delivery { .. } => "delivery",
            Hint::Object { .. } => "object",
            Hint::Mailbox { .. } => "mailbox",
        };
        let mut queues = [data.queue_id, data.from_queue_id].into_iter().flatten();
        (self.kinds.is_empty() || self.kinds.contains(&kind))
            && (self.queues.is_empty() || queues.any(|queue| self.queues.contains(&queue.0)))
            && (self.flows.is_empty() || data.flow_id.is_some_and(|flow| self.flows.contains(&flow.0)))
    }
}

/// The scope that lets a client read what a hint is about.
pub(super) fn scope(hint: &Hint) -> Scope {
    match hint {
        Hint::Interaction { .. } | Hint::Delivery { .. } => Scope::EmailRead,
        Hint::Object { kind, .. } => graph::scope(*kind),
        Hint::Mailbox { .. } => graph::scope(Kind::Mailbox),
    }
}

/// A hint as an event and its data.
pub(super) fn told(hint: &Hint) -> (&'static str, LiveData) {
    match hint {
        Hint::Interaction { event, id, state, queue, from, run } => (
            event.as_str(),
            LiveData {
                interaction_id: Some(*id),
                state: Some(state_word(*state).to_owned()),
                queue_id: *queue,
                from_queue_id: *from,
                decision: run.map(|(_, kind)| kind).filter(|_| *event == Event::Decided),
                flow_id: run.and_then(|(flow, _)| flow),
                ..LiveData::default()
            },
        ),
        Hint::Delivery { id, interaction, state } => (
            match state {
                DeliveryState::Pending => "delivery.pending",
                DeliveryState::Delivered => Event::DeliveryDelivered.as_str(),
                DeliveryState::Bounced => Event::DeliveryBounced.as_str(),
                DeliveryState::Dead => Event::DeliveryDead.as_str(),
                DeliveryState::Cancelled => Event::DeliveryCancelled.as_str(),
            },
            LiveData {
                delivery_id: Some(*id),
                interaction_id: Some(*interaction),
                state: Some(state.as_str().to_owned()),
                ..LiveData::default()
            },
        ),
        Hint::Object { kind, key } => (
            "object.changed",
            LiveData { kind: Some(kind.as_str().to_owned()), object_id: Some(key.clone()), ..LiveData::default() },
        ),
        Hint::Mailbox { id, status } => {
            ("mailbox.health", LiveData { mailbox_id: Some(*id), status: Some(status.clone()), ..LiveData::default() })
        }
    }
}

/// Says that something was missed, and why.
pub(super) fn reset(text: &mut String, cursor: Cursor, loss: Loss) {
    let reason = match loss {
        Loss::Unknown => "unknown",
        Loss::Slow => "slow",
        Loss::Missed => "missed",
    };
    write(text, cursor, RESET, &LiveData { reason: Some(reason.to_owned()), ..LiveData::default() });
}

/// Writes an event. JSON has no line breaks of its own, so the data is one line.
pub(super) fn write(text: &mut String, cursor: Cursor, event: &str, data: &LiveData) {
    let data = serde_json::to_string(data).unwrap_or_default();
    text.push_str(&format!("id: {cursor}\nevent: {event}\ndata: {data}\n\n"));
}
