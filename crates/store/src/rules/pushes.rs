//! Work that a queue delivers instead of keeping it for claims. While a push is under way nobody can claim the work, and what is claimed is not
//! pushed. A push counts for the run whose decision it carries out, as long as nothing took its place: another queue, or another push.

use serde_json::{Value as Json, json};
use waypost_ids::{DecisionKind, DeliveryKind, DeliveryState, codes};

use super::deliveries::Delivery;
use super::forwards::{Forwards, error, held_back};
use super::standing::Standing;
use crate::encoding::DecisionMore;
use crate::records::mail::State;
use crate::records::outbox::{Addressed, Outgoing, Unchanged};

/// What carries out a decision: deliveries of this kind, if there are any.
pub(crate) const fn carried_by(decision: DecisionKind) -> Option<DeliveryKind> {
    match decision {
        DecisionKind::Forward => Some(DeliveryKind::Forward),
        DecisionKind::Queue | DecisionKind::Unrouted => Some(DeliveryKind::QueuePush),
        DecisionKind::Disconnect => None,
    }
}

/// How a recipient's delivery begins.
pub(crate) const fn begins(to: &Addressed) -> DeliveryState {
    if to.held.is_some() { DeliveryState::Cancelled } else { DeliveryState::Pending }
}

/// How work stands that has just come to a queue, or waits there, once it is pushed; none if it can't be.
pub(crate) fn begin(standing: Standing, more: DecisionMore, push: &Outgoing) -> Option<(Standing, DecisionMore)> {
    let more = DecisionMore { error: without_failure(more.error), ..more };
    match Forwards::of(push.to.iter().map(begins)) {
        Forwards::Pending => Some((standing.push()?, more)),
        Forwards::Failed => {
            let told = push
                .to
                .iter()
                .filter_map(|to| Some(held_back(DeliveryKind::QueuePush, &to.target, &to.held.as_ref()?.reason)));
            let failed = told.collect::<Vec<_>>();
            Some((standing, DecisionMore { error: Some(with_failure(more.error, &failed)), ..more }))
        }
        Forwards::Nothing | Forwards::Done => None,
    }
}

/// Something else takes the place of what was pushed before: what becomes of that means nothing any more.
pub(crate) fn let_go(earlier: &mut [Delivery]) {
    for one in earlier.iter_mut().filter(|one| one.record.kind == DeliveryKind::QueuePush) {
        one.record.run = None;
    }
}

/// The same for a push that goes to those who have not got the work yet: with what was delivered by the run's earlier push it is one.
pub(crate) fn let_go_for(push: &Outgoing, earlier: &mut [Delivery]) {
    let again = |target: &str| push.to.iter().any(|to| to.target.eq_ignore_ascii_case(target));
    for one in earlier.iter_mut().filter(|one| one.record.kind == DeliveryKind::QueuePush) {
        if one.record.state != DeliveryState::Delivered || again(&one.record.target) {
            one.record.run = None;
        }
    }
}

/// What is decided of work that waits, once somebody has it pushed, and what is kept beside. A forward that failed is over then, as if somebody
/// had put it into its queue: what counts from now on is the push.
pub(crate) fn asked_for(decision: Option<DecisionKind>, more: DecisionMore) -> (DecisionKind, DecisionMore) {
    match decision {
        Some(kind @ (DecisionKind::Queue | DecisionKind::Unrouted)) => (kind, more),
        Some(DecisionKind::Forward | DecisionKind::Disconnect) | None => (DecisionKind::Queue, more.transferred(None)),
    }
}

/// Whether a delivery may be tried again while its interaction is in this state, after so many runs. Whoever claimed the work has it, what is
/// pushed again by another push is not pushed twice, and what an earlier run decided is not done any more.
pub(crate) fn may_retry(one: &Delivery, work: Option<(State, u32)>) -> Result<(), Unchanged> {
    let open = matches!(one.record.state, DeliveryState::Pending | DeliveryState::Dead | DeliveryState::Bounced);
    let waits = matches!(work, Some((State::Decided | State::GoingOut, runs)) if one.record.run == Some(runs));
    if one.record.kind == DeliveryKind::QueuePush && open && !waits { Err(Unchanged::Taken) } else { Ok(()) }
}

/// An error of a decision, with why work was not pushed. What the run failed by stays.
pub(crate) fn with_failure(before: Option<Json>, failed: &[String]) -> Json {
    let failure = error(DeliveryKind::QueuePush, failed);
    match without_failure(before) {
        Some(Json::Object(mut own)) => {
            own.insert(MEMBER.to_owned(), failure);
            own.into()
        }
        Some(_) | None => failure,
    }
}

/// An error of a decision without why work was not pushed.
pub(crate) fn without_failure(before: Option<Json>) -> Option<Json> {
    let Json::Object(mut error) = before? else { return None };
    if error.get("code") == Some(&json!(codes::PUSH_FAILED)) {
        return None;
    }
    error.shift_remove(MEMBER);
    Some(error.into())
}

/// Where the error of a run that failed says why its mail was not pushed either.
pub(crate) const MEMBER: &str = "push";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn why_a_run_failed_is_told_beside_why_its_mail_was_not_pushed() {
        let own = json!({ "code": "run.overflow", "message": "too much" });
        let failed = ["one".to_owned(), "two".to_owned()];
        let both = with_failure(Some(own.clone()), &failed);
        assert_eq!(both["push"], json!({ "code": codes::PUSH_FAILED, "message": "one; and 1 more" }));
        assert_eq!((both["code"].as_str(), without_failure(Some(both.clone()))), (Some("run.overflow"), Some(own)));
        let alone = with_failure(None, &failed);
        assert_eq!(alone, both["push"]);
        assert_eq!(with_failure(Some(alone.clone()), &failed), alone);
        assert_eq!((without_failure(Some(alone)), without_failure(None)), (None, None));
    }
}
