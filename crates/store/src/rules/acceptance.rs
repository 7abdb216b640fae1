//! What becomes of mail that is offered.

use std::borrow::Cow;
use std::collections::BTreeMap;

use jiff::Timestamp;
use uuid::Uuid;
use waypost_ids::{InteractionId, QueueId};

use super::duplicates::Seen;
use super::forwards::Forwards;
use super::outbox;
use super::requests::Repeated;
use super::standing::Standing;
use super::threads::{copied_from, without_gone};
use crate::encoding::decision_columns;
use crate::records::catalogue::Epoch;
use crate::records::mail::{
    AcceptOutcome, Accepted, DecisionRecord, InteractionRecord, NewInteraction, NewMessage, RunRecord,
};
use crate::records::threads::ThreadRecord;

/// What becomes of one interaction that is offered.
pub(crate) enum Offer<'o> {
    /// It is made.
    Made(Box<Made<'o>>),
    /// It is counted on one that was made before.
    Duplicate(InteractionId),
}

/// What is kept of an interaction beside what was offered.
pub(crate) struct Made<'o> {
    pub(crate) standing: Standing,
    /// The run, if it is kept.
    pub(crate) run: Option<&'o RunRecord>,
    /// How far the run's forwards are.
    pub(crate) forwards: Forwards,
    /// How many runs have ended.
    pub(crate) runs: u32,
    pub(crate) priority: i64,
    /// An earlier one with the same Message-ID and other content.
    pub(crate) like: Option<InteractionId>,
    /// The thread that it joined, without what the earlier interaction has no longer.
    pub(crate) thread: Option<Cow<'o, ThreadRecord>>,
}

/// Decides on an interaction that is offered, compared with what came before. A run that was made with another catalogue than the newest is
/// not kept, nor is one that leads to a queue that is gone, nor one that read attributes of an earlier interaction that have been erased or
/// changed since: `attributes` says which that one has now.
pub(crate) fn offer<E>(
    offered: &NewInteraction,
    received_at: Timestamp,
    seen: Seen,
    newest: Epoch,
    is_there: impl FnOnce(QueueId) -> Result<bool, E>,
    attributes: impl FnOnce(InteractionId) -> Result<BTreeMap<String, String>, E>,
) -> Result<Offer<'_>, E> {
    let like = match seen {
        Seen::Same(of) => return Ok(Offer::Duplicate(of)),
        Seen::Like(of) => Some(of),
        Seen::No => None,
    };
    let joined = offered.thread.as_ref();
    let (thread, is_current) = match joined.zip(copied_from(joined)) {
        None => (joined.map(Cow::Borrowed), true),
        Some((joined, earlier)) => match without_gone(joined, &attributes(earlier)?) {
            None => (Some(Cow::Borrowed(joined)), true),
            Some(left) => (Some(Cow::Owned(left)), false),
        },
    };
    let run = match &offered.run {
        Some(run) if is_current && offered.epoch == newest && leads_somewhere(&run.decision, is_there)? => Some(run),
        Some(_) | None => None,
    };
    let decided = run.map(outbox::first);
    Ok(Offer::Made(Box::new(Made {
        standing: Standing::accepted(decided, received_at),
        run,
        forwards: decided.map_or(Forwards::Nothing, |decided| decided.forwards),
        runs: u32::from(run.is_some()),
        priority: run.map_or(offered.priority, |run| run.decision.priority),
        like,
        thread,
    })))
}

/// Whether the queue that a decision names, if it names one, is there.
fn leads_somewhere<E>(decision: &DecisionRecord, is_there: impl FnOnce(QueueId) -> Result<bool, E>) -> Result<bool, E> {
    decision.queue.map_or(Ok(true), is_there)
}

impl Made<'_> {
    /// The interaction as it is kept.
    pub(crate) fn record(&self, message: &NewMessage, offered: &NewInteraction) -> InteractionRecord {
        let decision = self.run.map(|run| {
            let (queue, more) = decision_columns(run, self.forwards);
            DecisionRecord { queue: queue.or(more.otherwise), error: more.error, ..run.decision.clone() }
        });
        InteractionRecord {
            id: offered.id,
            state: self.standing.state,
            received_at: message.received_at,
            queued_at: self.standing.queued_at,
            envelope_from: message.envelope_from.clone(),
            envelope_to: offered.envelope_to.clone(),
            remote: message.remote.clone(),
            message_id: message.message_id.clone(),
            subject: message.subject.clone(),
            route: offered.route,
            initial_priority: offered.priority,
            opening: offered.opening.clone(),
            flow: self.run.and_then(|run| run.flow),
            decision,
            runs: self.runs,
            attributes: self.run.map(|run| run.attributes.clone()).unwrap_or_default(),
            duplicates: 0,
            possible_duplicate_of: self.like,
            erased: false,
            thread: self.thread.as_deref().cloned(),
        }
    }

    /// What is answered.
    pub(crate) fn accepted(&self, id: InteractionId) -> Accepted {
        Accepted::Created { id, decided: self.run.is_some(), possible_duplicate_of: self.like }
    }
}

/// The interactions that an acceptance made or was counted on.
pub(crate) fn about(outcome: &[Accepted]) -> impl Iterator<Item = Uuid> {
    outcome.iter().map(|one| match one {
        Accepted::Created { id, .. } => id.0,
        Accepted::Duplicate { of } => of.0,
    })
}

impl From<Repeated> for AcceptOutcome {
    fn from(repeated: Repeated) -> Self {
        match repeated {
            Repeated::Same(ids) => Self::Replayed(ids.into_iter().map(InteractionId).collect()),
            Repeated::KeyReused => Self::KeyReused,
        }
    }
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use waypost_ids::DecisionKind;

    use super::*;
    use crate::conformance::samples::{at, id, joined, offer as sample, queue, run};
    use crate::records::mail::State;

    /// An offered interaction of priority 3, decided for priority 8 at this epoch, if it is decided.
    fn offered(decision: Option<DecisionKind>, epoch: Epoch) -> NewInteraction {
        let run = decision.map(|kind| {
            let mut run = run(kind);
            run.decision.priority = 8;
            run
        });
        NewInteraction { priority: 3, run, epoch, ..sample(1, 1) }
    }

    fn copies_nothing(_: InteractionId) -> Result<BTreeMap<String, String>, Infallible> {
        panic!("it is in no thread")
    }

    #[test]
    fn a_run_is_kept_if_the_earlier_interaction_still_has_what_it_read() {
        let attributes = |all: &[(&str, &str)]| {
            all.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect::<BTreeMap<_, _>>()
        };
        for (now, left) in [
            (attributes(&[("tier", "gold"), ("who", "ann")]), 2),
            (attributes(&[("tier", "gold"), ("who", "ann"), ("more", "later")]), 2),
            (attributes(&[("tier", "gold"), ("who", "bob")]), 1),
            (attributes(&[("tier", "gold")]), 1),
            (attributes(&[]), 0),
        ] {
            let mut offered = offered(Some(DecisionKind::Queue), 7);
            offered.thread = Some(joined(9, attributes(&[("tier", "gold"), ("who", "ann")])));
            let earlier = |asked| {
                assert_eq!(asked, id(9));
                Ok::<_, Infallible>(now.clone())
            };
            let Ok(Offer::Made(made)) = offer(&offered, at(5), Seen::No, 7, |_| Ok(true), earlier) else { panic!() };
            let kept = made.thread.as_ref().unwrap().previous.as_ref().unwrap().attributes.len();
            assert_eq!((kept, made.run.is_some()), (left, left == 2), "{now:?}");
            let state = if left == 2 { State::Decided } else { State::Received };
            assert_eq!(made.standing.state, state, "{now:?}");
        }
    }

    #[test]
    fn a_run_is_kept_if_its_catalogue_is_the_newest_and_its_queue_is_there() {
        use DecisionKind::{Forward, Queue};
        for (decision, epoch, queue_is_there, state, kept) in [
            (None, 7, true, State::Received, false),
            (Some(Queue), 7, true, State::Decided, true),
            (Some(Queue), 7, false, State::Received, false),
            (Some(Queue), 6, true, State::Received, false),
            (Some(Queue), 8, true, State::Received, false),
            (Some(Forward), 7, false, State::Completed, true),
            (Some(Forward), 6, true, State::Received, false),
        ] {
            let offered = offered(decision, epoch);
            let is_there = |named| {
                assert_eq!(named, queue(1));
                Ok::<_, Infallible>(queue_is_there)
            };
            let Ok(Offer::Made(made)) = offer(&offered, at(5), Seen::No, 7, is_there, copies_nothing) else {
                panic!("{decision:?}")
            };
            let case = format!("{decision:?}, epoch {epoch}, queue there: {queue_is_there}");
            assert_eq!((made.standing.state, made.run.is_some(), made.runs), (state, kept, u32::from(kept)), "{case}");
            assert_eq!(made.priority, if kept { 8 } else { 3 }, "{case}");
        }
    }

    #[test]
    fn the_same_mail_makes_nothing_and_mail_like_it_names_the_earlier() {
        let offered = offered(Some(DecisionKind::Forward), 7);
        let decide = |seen| offer(&offered, at(5), seen, 7, |_| Ok(true), copies_nothing).unwrap();
        assert!(matches!(decide(Seen::Same(id(9))), Offer::Duplicate(of) if of == id(9)));
        for (seen, like) in [(Seen::Like(id(9)), Some(id(9))), (Seen::No, None)] {
            let Offer::Made(made) = decide(seen) else { panic!("{like:?}") };
            let created = Accepted::Created { id: id(1), decided: true, possible_duplicate_of: like };
            assert_eq!(made.accepted(id(1)), created);
        }
    }

    #[test]
    fn a_repeated_request_is_answered_with_what_it_made_or_was_counted_on() {
        let made = Accepted::Created { id: id(1), decided: true, possible_duplicate_of: None };
        let ids: Vec<Uuid> = about(&[made, Accepted::Duplicate { of: id(2) }]).collect();
        assert_eq!(AcceptOutcome::from(Repeated::Same(ids)), AcceptOutcome::Replayed(vec![id(1), id(2)]));
    }
}
