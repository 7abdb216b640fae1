//! What the ends of deliveries mean for an interaction whose last run forwarded it.

use jiff::Timestamp;
use serde_json::json;
use waypost_ids::{DecisionKind, DeliveryKind, DeliveryState, QueueId, codes};

use super::deliveries::Delivery;
use super::standing::Standing;
use crate::encoding::DecisionMore;
use crate::records::mail::{DecisionRecord, State};
use crate::records::outbox::DeliveryRecord;

/// How far an interaction's forwards are: those that its last run decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forwards {
    /// There are none.
    Nothing,
    /// Some are on the way, none has failed.
    Pending,
    /// Everybody has it.
    Done,
    /// Some will not arrive.
    Failed,
}

impl Forwards {
    /// How far they are, by the state of each. One that was taken back, or held back, has failed once nothing else is on the way.
    pub(crate) fn of(states: impl IntoIterator<Item = DeliveryState>) -> Self {
        let (mut any, mut pending, mut cancelled) = (false, false, false);
        for state in states {
            any = true;
            match state {
                DeliveryState::Dead | DeliveryState::Bounced => return Self::Failed,
                DeliveryState::Pending => pending = true,
                DeliveryState::Cancelled => cancelled = true,
                DeliveryState::Delivered => {}
            }
        }
        match (any, pending, cancelled) {
            (false, ..) => Self::Nothing,
            (true, true, _) => Self::Pending,
            (true, false, true) => Self::Failed,
            (true, false, false) => Self::Done,
        }
    }

    /// The queue that an interaction comes into by a decision whose forwards are this far. A forward is in none, unless every recipient is held
    /// back.
    pub(crate) fn queue_of(self, decision: &DecisionRecord) -> Option<QueueId> {
        match (decision.kind, self) {
            (DecisionKind::Queue | DecisionKind::Unrouted | DecisionKind::Disconnect, _)
            | (DecisionKind::Forward, Self::Failed) => decision.queue,
            (DecisionKind::Forward, Self::Nothing | Self::Pending | Self::Done) => None,
        }
    }
}

/// An interaction for which something is sent.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Party {
    pub(crate) standing: Standing,
    pub(crate) decision: Option<DecisionKind>,
    pub(crate) runs: u32,
    pub(crate) more: DecisionMore,
}

impl Party {
    /// Where it stands by what became of its deliveries; none if that changes nothing. One that is `Decided` then is in the queue that its
    /// decision names; if that is gone by now, whoever writes it puts it into the built-in one.
    pub(crate) fn settle(&self, deliveries: &[Delivery], now: Timestamp) -> Option<(Standing, DecisionMore)> {
        if self.decision != Some(DecisionKind::Forward) {
            return None;
        }
        let forwards = || {
            let all = deliveries.iter().map(|one| &one.record);
            all.filter(|one| one.kind == DeliveryKind::Forward && one.run == Some(self.runs))
        };
        let bare = DecisionMore { error: None, forwarded: false, ..self.more.clone() };
        match (self.standing.state, Forwards::of(forwards().map(|one| one.state))) {
            (State::GoingOut | State::Decided, Forwards::Done) => {
                Some((self.standing.clone().forwarded(now)?, DecisionMore { forwarded: true, ..bare }))
            }
            (State::Decided, Forwards::Pending) => Some((self.standing.clone().forward_again()?, bare)),
            (State::Completed, Forwards::Pending) if self.more.forwarded => {
                Some((self.standing.clone().forward_again()?, bare))
            }
            (State::GoingOut, Forwards::Failed) => self.fail(forwards(), bare, now),
            (State::Completed, Forwards::Failed) if self.more.forwarded => self.fail(forwards(), bare, now),
            (
                State::Received
                | State::Running
                | State::Waiting
                | State::Decided
                | State::GoingOut
                | State::Claimed
                | State::Completed,
                _,
            ) => None,
        }
    }

    fn fail<'d>(
        &self,
        forwards: impl Iterator<Item = &'d DeliveryRecord>,
        bare: DecisionMore,
        now: Timestamp,
    ) -> Option<(Standing, DecisionMore)> {
        let failed = forwards.filter_map(told).collect::<Vec<_>>();
        let standing = self.standing.clone().forward_failed(bare.otherwise, now)?;
        Some((standing, DecisionMore { error: Some(error(&failed)), ..bare }))
    }
}

/// Why an interaction was not forwarded that stands in a queue instead, for a decision.
pub(crate) fn error(failed: &[String]) -> serde_json::Value {
    let mut message = failed.first().cloned().unwrap_or_default();
    if failed.len() > 1 {
        message.push_str(&format!("; and {} more", failed.len().saturating_sub(1)));
    }
    json!({ "code": codes::FORWARD_FAILED, "message": message })
}

/// Why a delivery has failed, in words.
pub(crate) fn told(one: &DeliveryRecord) -> Option<String> {
    let said = one.last_answer.as_deref().unwrap_or("nothing was said");
    match one.state {
        DeliveryState::Dead => Some(format!("the forward to `{}` was given up: {said}", one.target)),
        DeliveryState::Bounced => Some(format!("the forward to `{}` came back: {said}", one.target)),
        DeliveryState::Cancelled => Some(match &one.held {
            Some(held) => held_back(&one.target, &held.reason),
            None => format!("the forward to `{}` was cancelled", one.target),
        }),
        DeliveryState::Pending | DeliveryState::Delivered => None,
    }
}

/// Why a forward does not go out that a rule holds back, in words.
pub(crate) fn held_back(target: &str, reason: &str) -> String {
    format!("the forward to `{target}` was held back: {reason}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn forwards_are_as_far_as_the_worst_of_them() {
        use DeliveryState::{Bounced, Cancelled, Dead, Delivered, Pending};
        for (states, far) in [
            (&[][..], Forwards::Nothing),
            (&[Pending], Forwards::Pending),
            (&[Delivered, Pending], Forwards::Pending),
            (&[Delivered, Delivered], Forwards::Done),
            (&[Delivered, Cancelled], Forwards::Failed),
            (&[Cancelled, Pending], Forwards::Pending),
            (&[Pending, Dead], Forwards::Failed),
            (&[Delivered, Bounced], Forwards::Failed),
        ] {
            assert_eq!(Forwards::of(states.iter().copied()), far, "{states:?}");
        }
    }
}
