//! Who listens to what happens, and what they are told.

use jiff::Timestamp;
use waypost_ids::Event;

use super::mail::InteractionRecord;
use super::outbox::{DeliveryRecord, Outgoing};

/// Something that happened, as it is once the transaction is committed.
#[derive(Clone, Copy, Debug)]
pub struct Happened<'h> {
    /// What.
    pub event: Event,
    /// To what.
    pub about: About<'h>,
}

/// What an event is about.
#[derive(Clone, Copy, Debug)]
pub enum About<'h> {
    /// An interaction.
    Interaction(&'h InteractionRecord),
    /// A delivery.
    Delivery(&'h DeliveryRecord),
}

/// What listeners are told.
#[derive(Clone, Debug)]
pub struct Told {
    /// When.
    pub at: Timestamp,
    /// A request to each of them.
    pub requests: Vec<Outgoing>,
}

/// Knows who listens. It is asked in the middle of transactions: it answers from memory.
pub trait Listeners: Send + Sync {
    /// Whether anybody listens to this.
    fn listen(&self, event: Event) -> bool;

    /// What they are told of it.
    fn told(&self, happened: Happened<'_>) -> Told;
}
