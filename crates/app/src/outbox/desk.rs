//! Where mails are written: the key that is shared by all nodes, and new ids.

use std::sync::Arc;

use serde_json::Value as Json;
use waypost_catalogue::world::Running;
use waypost_ids::{DecisionKind, DeliveryId, QueueId};
use waypost_mail::message::Message;
use waypost_origin::Origin;
use waypost_outgoing::address::MailAddress;
use waypost_outgoing::{Key, envelope};
use waypost_store::error::StoreError;
use waypost_store::records::catalogue::DeliverTo;
use waypost_store::records::mail::RunRecord;
use waypost_store::records::outbox::Outgoing;
use waypost_store::traits::Store;

use super::effects::About;
use super::requests::Requests;
use super::{loops, pushes};
use crate::mail::decide::{Decided, Start, bare_record, unrouted_queue};
use crate::redaction::Redaction;

/// The name of the key.
const KEY: &str = "mail";

/// Where mails are written.
#[derive(Clone)]
pub(crate) struct Desk {
    pub(crate) key: Arc<Key>,
    pub(crate) origin: Origin,
    /// Values that no trace shows which is kept.
    pub(crate) redaction: Redaction,
}

/// What an address says of where mail to it comes back to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Returns {
    /// It is no bounce address.
    No,
    /// It has the form of one, and its signature does not hold.
    Forged,
    /// It is the envelope sender of this delivery.
    To(DeliveryId),
}

impl Desk {
    /// With the store's key, which is made if it has none.
    ///
    /// # Errors
    /// The store, and no randomness to be had.
    pub(crate) async fn open(store: &dyn Store, redaction: Redaction, origin: Origin) -> Result<Self, StoreError> {
        let mut offered = [0; 32];
        origin.fill(&mut offered).map_err(|error| StoreError::Failed(error.to_string()))?;
        let key = Key::new(&store.shared_key(KEY, offered).await?);
        Ok(Self { key: Arc::new(key), origin, redaction })
    }

    /// A run as it is kept: with the mails that it sends, and where its mail stands should a forward fail.
    pub(crate) fn kept(
        &self,
        decided: Decided,
        start: Start<'_>,
        running: &Running,
        message: &Message<'_>,
        raw: &[u8],
    ) -> RunRecord {
        let Decided { mut record, effects, .. } = decided;
        if record.decision.kind == DecisionKind::Forward {
            record.decision.queue = Some(unrouted_queue(start, running));
        }
        if !effects.is_empty() {
            let requests = Requests { start, record: &record, message, running, origin: &self.origin };
            record.sends = self.about(start, running, message, raw).outgoing(&effects, &requests);
        }
        let push = self.push(&record, start, running, message, raw);
        record.sends.extend(push);
        self.redaction.apply(&mut record, message, start.thread);
        record
    }

    /// What the queue that a run leads to pushes.
    fn push(
        &self,
        record: &RunRecord,
        start: Start<'_>,
        running: &Running,
        message: &Message<'_>,
        raw: &[u8],
    ) -> Option<Outgoing> {
        let queue = match record.decision.kind {
            DecisionKind::Queue | DecisionKind::Unrouted => record.decision.queue?,
            DecisionKind::Forward | DecisionKind::Disconnect => return None,
        };
        Some(match running.deliver_to.get(&queue)? {
            DeliverTo::Webhook { webhook } => {
                let told = Requests { start, record, message, running, origin: &self.origin }.interaction();
                pushes::request(*webhook, (start.interaction, told), running, &self.origin)
            }
            DeliverTo::Addresses { addresses, attach } => {
                self.about(start, running, message, raw).push(addresses, *attach)
            }
            DeliverTo::Folder { mailbox, folder } => {
                self.about(start, running, message, raw).file(*mailbox, folder, running)
            }
        })
    }

    /// What is recorded instead of a run of a mail that goes in circles; none if it does not.
    pub(crate) fn stopped(
        &self,
        start: Start<'_>,
        message: &Message<'_>,
        unrouted: QueueId,
        answers_forward: bool,
    ) -> Option<RunRecord> {
        let error: Json = if answers_forward {
            loops::answer_to_a_forward()
        } else {
            loops::error(message, start.route?.id, &self.key)?
        };
        let mut record = bare_record(start, unrouted);
        if let Some(opening) = start.opening {
            record.attributes.clone_from(&opening.attributes);
        }
        record.decision.error = Some(error);
        Some(record)
    }

    /// Whether an address is the envelope sender of a delivery.
    pub(crate) fn returns(&self, address: &str) -> Returns {
        // Every address that mail comes to is looked at: most are told apart by their first characters.
        let begins = address.get(..envelope::PREFIX.len());
        if !begins.is_some_and(|start| start.eq_ignore_ascii_case(envelope::PREFIX)) {
            return Returns::No;
        }
        let delivery = MailAddress::parse(address).ok().and_then(|address| envelope::delivery_of(&self.key, &address));
        delivery.map_or(Returns::Forged, |delivery| Returns::To(DeliveryId(delivery)))
    }

    fn about<'a, 'm>(
        &'a self,
        start: Start<'a>,
        running: &'a Running,
        message: &'a Message<'m>,
        raw: &'a [u8],
    ) -> About<'a, 'm> {
        About {
            interaction: start.interaction,
            thread: start.thread.map_or(start.interaction.0, |thread| thread.id),
            at: start.started_at,
            message,
            raw,
            envelope: start.envelope,
            route: start.route,
            routes: &running.routes,
            key: &self.key,
            origin: &self.origin,
        }
    }
}
