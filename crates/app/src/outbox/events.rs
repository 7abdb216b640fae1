//! Webhooks that listen: what they are told is kept in the transaction of what happened. Those who watch are told once it is committed.

use std::sync::{Arc, Weak};

use bytes::Bytes;
use serde_json::json;
use waypost_catalogue::LiveCatalogue;
use waypost_ids::{DeliveryId, DeliveryKind, Event};
use waypost_origin::Origin;
use waypost_store::records::events::{About, Happened, Hint, Listeners, Told};
use waypost_store::records::outbox::{Addressed, Content, Outgoing};

use super::carry::Due;
use super::told;
use crate::live::Live;

/// The webhooks of the catalogue. The store that asks is the catalogue's own: it must not be kept alive from here.
pub(crate) struct Subscribers {
    pub(crate) catalogue: Weak<LiveCatalogue>,
    pub(crate) live: Arc<Live>,
    pub(crate) due: Arc<Due>,
    pub(crate) origin: Origin,
}

impl Listeners for Subscribers {
    fn listen(&self, event: Event) -> bool {
        let Some(catalogue) = self.catalogue.upgrade() else { return false };
        catalogue.running().webhooks.values().any(|webhook| webhook.listens_to(event))
    }

    fn told(&self, happened: Happened<'_>) -> Told {
        let at = self.origin.now();
        let Some(catalogue) = self.catalogue.upgrade() else { return Told { at, requests: Vec::new() } };
        let running = catalogue.running();
        let data = match happened.about {
            About::Interaction(record) => told::interaction(record, &running),
            About::Delivery(record) => told::delivery(record, &running),
        };
        let event = happened.event;
        let body = Bytes::from(json!({ "type": event, "timestamp": told::time(at), "data": data }).to_string());
        let mut listening: Vec<_> = running.webhooks.values().filter(|webhook| webhook.listens_to(event)).collect();
        listening.sort_by_key(|webhook| webhook.id);
        let requests = listening.into_iter().map(|webhook| Outgoing {
            kind: DeliveryKind::Webhook,
            content: Content { head: body.clone(), with_original: false, tail: Bytes::new() },
            sender: String::new(),
            message_id: String::new(),
            place: Some(json!({ "event": event }).to_string()),
            to: vec![Addressed {
                id: DeliveryId(self.origin.id_in_order()),
                target: webhook.id.to_string(),
                held: None,
                answers: None,
            }],
        });
        let requests: Vec<Outgoing> = requests.collect();
        // It is due once the transaction is committed. A node that looks too early looks again within a second.
        self.due.ring_requests();
        Told { at, requests }
    }

    fn changed(&self, hints: &[Hint]) {
        let is_object = |hint: &Hint| matches!(hint, Hint::Object { .. });
        let (objects, others): (Vec<Hint>, Vec<Hint>) = hints.iter().cloned().partition(is_object);
        self.live.changed(&others);
        if objects.is_empty() {
            return;
        }
        // Whoever is told reads them again, and must find them as they are by now.
        let live = Arc::clone(&self.live);
        let tell = move || live.changed(&objects);
        match self.catalogue.upgrade() {
            Some(catalogue) => catalogue.once_live(tell),
            None => tell(),
        }
    }

    fn missed(&self) {
        self.live.missed();
    }
}
