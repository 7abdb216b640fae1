//! What the ends of deliveries mean for an interaction whose last run forwarded it, or that its queue pushes.

use jiff::Timestamp;
use serde_json::json;
use waypost_ids::{DecisionKind, DeliveryKind, DeliveryState, QueueId, codes};

use super::deliveries::Delivery;
use super::pushes;
use super::standing::Standing;
use crate::encoding::DecisionMore;
use crate::records::mail::{DecisionRecord, State};
use crate::records::outbox::DeliveryRecord;

/// How far an interaction's forwards are, those that its last run decided; or its pushes, those from the queue that it is in.
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

    /// How far pushes are. As long as one is on the way nobody can claim the work, whatever became of the others.
    pub(crate) fn of_pushes(states: impl IntoIterator<Item = DeliveryState> + Clone) -> Self {
        let pending = states.clone().into_iter().any(|state| state == DeliveryState::Pending);
        if pending { Self::Pending } else { Self::of(states) }
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
        let kind = self.decision.and_then(pushes::carried_by)?;
        let all = deliveries.iter().map(|one| &one.record);
        let own: Vec<&DeliveryRecord> = all.filter(|one| one.kind == kind && one.run == Some(self.runs)).collect();
        let pushed = kind == DeliveryKind::QueuePush;
        let (standing, arrived) = (|| self.standing.clone(), self.more.forwarded);
        let states = own.iter().map(|one| one.state);
        let far = if pushed { Forwards::of_pushes(states) } else { Forwards::of(states) };
        match (self.standing.state, far) {
            (State::GoingOut | State::Decided, Forwards::Done) => {
                let standing = if pushed { standing().pushed(now)? } else { standing().forwarded(now)? };
                Some((standing, DecisionMore { forwarded: true, ..self.bare(pushed) }))
            }
            (State::Decided, Forwards::Pending) => self.again(pushed),
            (State::Completed, Forwards::Pending) if arrived => self.again(pushed),
            (State::GoingOut, Forwards::Failed) => self.fail(&own, pushed, now),
            (State::Completed, Forwards::Failed) if arrived => self.fail(&own, pushed, now),
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

    /// What is kept of the decision beside, without what became of its deliveries.
    fn bare(&self, pushed: bool) -> DecisionMore {
        let more = self.more.clone();
        let error = if pushed { pushes::without_failure(more.error) } else { None };
        DecisionMore { error, forwarded: false, ..more }
    }

    fn again(&self, pushed: bool) -> Option<(Standing, DecisionMore)> {
        let standing = self.standing.clone();
        Some((if pushed { standing.push()? } else { standing.forward_again()? }, self.bare(pushed)))
    }

    fn fail(&self, own: &[&DeliveryRecord], pushed: bool, now: Timestamp) -> Option<(Standing, DecisionMore)> {
        let failed = own.iter().copied().filter_map(told).collect::<Vec<_>>();
        let (standing, bare) = (self.standing.clone(), self.bare(pushed));
        if pushed {
            let error = Some(pushes::with_failure(bare.error, &failed));
            return Some((standing.push_failed(now)?, DecisionMore { error, ..bare }));
        }
        let standing = standing.forward_failed(bare.otherwise, now)?;
        Some((standing, DecisionMore { error: Some(error(DeliveryKind::Forward, &failed)), ..bare }))
    }
}

/// Why an interaction was not forwarded, or not pushed, that stands in a queue instead, for a decision.
pub(crate) fn error(kind: DeliveryKind, failed: &[String]) -> serde_json::Value {
    let mut message = failed.first().cloned().unwrap_or_default();
    if failed.len() > 1 {
        message.push_str(&format!("; and {} more", failed.len().saturating_sub(1)));
    }
    let code = if kind == DeliveryKind::QueuePush { codes::PUSH_FAILED } else { codes::FORWARD_FAILED };
    json!({ "code": code, "message": message })
}

/// Why a delivery has failed, in words.
pub(crate) fn told(one: &DeliveryRecord) -> Option<String> {
    let said = one.last_answer.as_deref().unwrap_or("nothing was said");
    let what = word(one.kind);
    match one.state {
        DeliveryState::Dead => Some(format!("the {what} to `{}` was given up: {said}", one.target)),
        DeliveryState::Bounced => Some(format!("the {what} to `{}` came back: {said}", one.target)),
        DeliveryState::Cancelled => Some(match &one.held {
            Some(held) => held_back(one.kind, &one.target, &held.reason),
            None => format!("the {what} to `{}` was cancelled", one.target),
        }),
        DeliveryState::Pending | DeliveryState::Delivered => None,
    }
}

/// Why a forward or a push does not go out that a rule holds back, in words.
pub(crate) fn held_back(kind: DeliveryKind, target: &str, reason: &str) -> String {
    let what = word(kind);
    if target.is_empty() {
        return format!("the {what} was held back: {reason}");
    }
    format!("the {what} to `{target}` was held back: {reason}")
}

fn word(kind: DeliveryKind) -> &'static str {
    if kind == DeliveryKind::QueuePush { "push" } else { "forward" }
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

    #[test]
    fn pushes_are_on_the_way_until_the_last_of_them_has_ended() {
        use DeliveryState::{Bounced, Cancelled, Dead, Delivered, Pending};
        for (states, far) in [
            (&[][..], Forwards::Nothing),
            (&[Dead, Pending], Forwards::Pending),
            (&[Pending, Bounced], Forwards::Pending),
            (&[Dead, Delivered], Forwards::Failed),
            (&[Cancelled, Delivered], Forwards::Failed),
            (&[Delivered], Forwards::Done),
        ] {
            assert_eq!(Forwards::of_pushes(states.iter().copied()), far, "{states:?}");
        }
    }
}
