//! Values as every store keeps them: numbers that stand for states and decisions, and JSON text.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};
use waypost_ids::{DecisionKind, DeliveryKind, DeliveryState, QueueId};

use crate::error::StoreError;
use crate::records::mail::{DecisionRecord, RunRecord};
use crate::records::outbox::{Addressed, Way};
use crate::rules::forwards::{Forwards, error, held_back};
use crate::rules::pushes::{carried_by, with_failure};

/// JSON text of a value.
pub(crate) fn json(value: &impl Serialize) -> Result<String, StoreError> {
    serde_json::to_string(value).map_err(|error| StoreError::Failed(error.to_string()))
}

/// An enum whose members are kept as numbers; numbers never change their meaning. A new member is one line: the compiler then names every
/// place that has to know it.
macro_rules! kept_as_numbers {
    ($(#[$about:meta])* pub enum $name:ident { $($(#[$what:meta])* $member:ident = $code:literal,)+ }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub enum $name { $($(#[$what])* $member,)+ }

        impl $name {
            /// All of them.
            pub const ALL: &[Self] = &[$(Self::$member,)+];

            /// The number that stands for it.
            pub(crate) const fn code(self) -> i64 {
                match self { $(Self::$member => $code,)+ }
            }

            /// What a number stands for.
            pub(crate) const fn of_code(code: i64) -> Option<Self> {
                match code {
                    $($code => Some(Self::$member),)+
                    _ => None,
                }
            }
        }
    };
}

pub(crate) use kept_as_numbers;

/// The number that stands for a kind of decision; numbers never change their meaning.
pub(crate) fn decision_code(kind: DecisionKind) -> i64 {
    match kind {
        DecisionKind::Queue => 0,
        DecisionKind::Forward => 1,
        DecisionKind::Disconnect => 2,
        DecisionKind::Unrouted => 3,
    }
}

/// The kind of decision that a number stands for.
pub(crate) fn decision_kind(code: i64) -> Option<DecisionKind> {
    DecisionKind::ALL.into_iter().find(|kind| decision_code(*kind) == code)
}

/// Attributes as they are kept: none is NULL.
pub(crate) fn attributes_column(attributes: &BTreeMap<String, String>) -> Result<Option<String>, StoreError> {
    if attributes.is_empty() { Ok(None) } else { json(attributes).map(Some) }
}

/// When a run ended.
pub(crate) fn ended_at(run: &RunRecord) -> Timestamp {
    let took = SignedDuration::from_micros(i64::try_from(run.duration_us).unwrap_or(i64::MAX));
    run.started_at.checked_add(took).unwrap_or(run.started_at)
}

/// What decisions seldom have, in one column that is NULL for most.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(crate) struct DecisionMore {
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) language: Option<String>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(crate) addresses: Vec<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) reason: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) outcome: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) error: Option<serde_json::Value>,
    /// Of a forward: the queue where it stands if the forward fails. While it stands there the column has it.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) otherwise: Option<QueueId>,
    /// It is completed because everybody has what was forwarded or pushed, not by somebody.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub(crate) forwarded: bool,
}

impl DecisionMore {
    /// What a decision has of it. Whether somebody was forwarded to is not known by the decision alone.
    pub(crate) fn of(decision: &DecisionRecord) -> Self {
        Self {
            language: decision.language.clone(),
            addresses: decision.addresses.clone(),
            reason: decision.reason.clone(),
            outcome: decision.outcome.clone(),
            error: decision.error.clone(),
            otherwise: decision.queue.filter(|_| decision.kind == DecisionKind::Forward),
            forwarded: false,
        }
    }

    /// What is left of it when somebody puts the interaction into another queue.
    pub(crate) fn transferred(self, language: Option<String>) -> Self {
        Self { language: language.or(self.language), outcome: self.outcome, ..Self::default() }
    }

    /// The column's text; none if there is nothing to keep.
    pub(crate) fn column(&self) -> Result<Option<String>, StoreError> {
        if *self == Self::default() { Ok(None) } else { json(self).map(Some) }
    }
}

/// A decision as it is kept: the queue that the interaction comes into, and what decisions seldom have.
pub(crate) fn decision_columns(run: &RunRecord, forwards: Forwards) -> (Option<QueueId>, DecisionMore) {
    let (queue, more) = (forwards.queue_of(&run.decision), DecisionMore::of(&run.decision));
    let more = match (carried_by(run.decision.kind), forwards) {
        (Some(_), Forwards::Done) => DecisionMore { forwarded: true, ..more },
        (Some(kind), Forwards::Failed) => {
            let sent = run.sends.iter().filter(|mail| mail.kind == kind).flat_map(|mail| &mail.to);
            let told = |to: &Addressed| Some(held_back(kind, &to.target, &to.held.as_ref()?.reason));
            let failed = sent.filter_map(told).collect::<Vec<_>>();
            let error =
                if kind == DeliveryKind::QueuePush { with_failure(more.error, &failed) } else { error(kind, &failed) };
            DecisionMore { error: Some(error), ..more }
        }
        (Some(_), Forwards::Nothing | Forwards::Pending) | (None, _) => more,
    };
    (queue, more)
}

/// The number that stands for a kind of delivery that goes out one way; numbers never change their meaning.
pub(crate) const fn delivery_kind_code(kind: DeliveryKind, way: Way) -> i64 {
    match (kind, way) {
        (DeliveryKind::Reply, _) => 0,
        (DeliveryKind::Mail, _) => 1,
        (DeliveryKind::Forward, _) => 2,
        (DeliveryKind::Webhook, _) => 3,
        (DeliveryKind::QueuePush, Way::Mail) => 4,
        (DeliveryKind::QueuePush, Way::Webhooks) => 5,
        (DeliveryKind::QueuePush, Way::Folders) => 6,
    }
}

/// The kind of delivery that a number stands for.
pub(crate) fn delivery_kind(code: i64) -> Option<DeliveryKind> {
    let has = |kind: &DeliveryKind| Way::ALL.iter().any(|way| delivery_kind_code(*kind, *way) == code);
    DeliveryKind::ALL.iter().copied().find(has)
}

/// The number that stands for a state of deliveries; numbers never change their meaning.
pub(crate) const fn delivery_state_code(state: DeliveryState) -> i64 {
    match state {
        DeliveryState::Pending => 0,
        DeliveryState::Delivered => 1,
        DeliveryState::Bounced => 2,
        DeliveryState::Dead => 3,
        DeliveryState::Cancelled => 4,
    }
}

/// The state of deliveries that a number stands for.
pub(crate) fn delivery_state(code: i64) -> Option<DeliveryState> {
    DeliveryState::ALL.iter().copied().find(|state| delivery_state_code(*state) == code)
}
