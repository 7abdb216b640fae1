//! What webhooks can listen to, and how they say so.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::delivery::words;

words! {
    /// Something that happens to an interaction or a delivery.
    pub enum Event {
        /// An interaction was accepted.
        Received = "interaction.received",
        /// A run ended with a decision.
        Decided = "interaction.decided",
        /// Somebody claimed it from its queue.
        Claimed = "interaction.claimed",
        /// It waits in its queue again: the claim was released or expired.
        Released = "interaction.released",
        /// A person put it into another queue under a claim.
        Transferred = "interaction.transferred",
        /// Its forward or push failed or came back: it waits in a queue.
        Undelivered = "interaction.undelivered",
        /// Another run was requested.
        Rerun = "interaction.rerun",
        /// It is completed.
        Completed = "interaction.completed",
        /// A receiver accepted a delivery.
        DeliveryDelivered = "delivery.delivered",
        /// A delivery came back.
        DeliveryBounced = "delivery.bounced",
        /// The server gave up on a delivery.
        DeliveryDead = "delivery.dead",
        /// A delivery was cancelled before it was sent.
        DeliveryCancelled = "delivery.cancelled",
    }
}

impl Event {
    /// What stands for several: everything, or everything that happens to one kind of thing.
    pub const WILDCARDS: &[&str] = &["*", "interaction.*", "delivery.*"];

    /// Whether a word, one of [`Event::WORDS`] or [`Event::WILDCARDS`], means this one.
    #[must_use]
    pub fn is_meant_by(self, word: &str) -> bool {
        match word.strip_suffix('*') {
            Some(start) => self.as_str().starts_with(start),
            None => self.as_str() == word,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wildcards_mean_all_of_one_kind() {
        let meant = |word: &str| Event::ALL.iter().filter(|event| event.is_meant_by(word)).count();
        assert_eq!((meant("*"), meant("interaction.*") + meant("delivery.*")), (Event::ALL.len(), Event::ALL.len()));
        assert_eq!((meant("interaction.decided"), meant("interaction"), meant("")), (1, 0, 0));
    }
}
