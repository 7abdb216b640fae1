//! Who listens to what happens, and what they are told.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use waypost_ids::{
    DecisionKind, DeliveryId, DeliveryState, Event, FlowId, InteractionId, Kind, MailboxId, QueueId, Ref,
};

use super::mail::{InteractionRecord, State};
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

/// The requests for webhooks that listen.
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

    /// Transactions were committed, here or on another node, that changed this. Hints are for those who watch: some may be lost.
    fn changed(&self, _hints: &[Hint]) {}

    /// Hints were lost: anything may have changed.
    fn missed(&self) {}
}

/// What a committed transaction changed, in as few words as it takes to know what to read again.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Hint {
    /// Something happened to an interaction.
    Interaction {
        /// What.
        event: Event,
        /// To which.
        id: InteractionId,
        /// Its current state.
        #[serde(with = "state")]
        state: State,
        /// The queue that it is in, or is claimed or pushed from.
        queue: Option<QueueId>,
        /// The queue that it was in before, if that is another.
        from: Option<QueueId>,
        /// The flow that ran, and how the run ended; none where no run has just ended.
        run: Option<(Option<FlowId>, DecisionKind)>,
    },
    /// A delivery is in another state.
    Delivery {
        /// Which.
        id: DeliveryId,
        /// For which interaction.
        interaction: InteractionId,
        /// Its state.
        state: DeliveryState,
    },
    /// An object of the catalogue was made, changed or deleted.
    Object {
        /// Its kind.
        #[serde(with = "kind")]
        kind: Kind,
        /// Its identifier; a domain's name.
        key: String,
    },
    /// The health of a mailbox has changed.
    Mailbox {
        /// Which.
        id: MailboxId,
        /// In a word of the API.
        status: String,
    },
}

impl Hint {
    /// That an object was made, changed or deleted.
    #[must_use]
    pub fn object(object: &Ref) -> Self {
        Self::Object { kind: object.kind, key: object.to_string() }
    }
}

/// A state as its number.
mod state {
    use serde::{Deserialize, Deserializer, Serializer, de};

    use crate::records::mail::State;

    pub(super) fn serialize<S: Serializer>(state: &State, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_i64(state.code())
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<State, D::Error> {
        State::of_code(i64::deserialize(deserializer)?).ok_or_else(|| de::Error::custom("no such state"))
    }
}

/// A kind as its word.
mod kind {
    use serde::{Deserialize, Deserializer, Serializer, de};
    use waypost_ids::Kind;

    pub(super) fn serialize<S: Serializer>(kind: &Kind, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_str(kind.as_str())
    }

    pub(super) fn deserialize<'d, D: Deserializer<'d>>(deserializer: D) -> Result<Kind, D::Error> {
        Kind::named(&String::deserialize(deserializer)?).ok_or_else(|| de::Error::custom("no such kind"))
    }
}
