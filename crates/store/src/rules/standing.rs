//! How an interaction goes from state to state and from hand to hand. Each method is something that happens to it; the answer is how it
//! stands afterwards, or none if it can't happen to it. A new state makes the compiler ask what each of them means for it.

use jiff::Timestamp;
use uuid::Uuid;
use waypost_ids::{DecisionKind, QueueId};

use crate::leases::{Hold, Lease};
use crate::records::mail::State;
use crate::rules::forwards::Forwards;

/// Where an interaction stands, and what goes with that.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Standing {
    pub(crate) state: State,
    /// The queue of the last decision, also while it is pushed from there; of a forward, only while it is in that queue because it failed.
    pub(crate) queue: Option<QueueId>,
    /// When it came into its queue. Set while it is there, claimed or not: who gives it back does not make it younger.
    pub(crate) queued_at: Option<Timestamp>,
    /// A completed one keeps the lease that it was acknowledged under.
    pub(crate) hold: Hold,
    /// Attempts at the run that it waits for.
    pub(crate) attempts: u32,
    /// Who asked for the run that it waits for; none for the first.
    pub(crate) rerun_by: Option<String>,
    /// Set as long as it is completed.
    pub(crate) completed_at: Option<Timestamp>,
}

/// What running counts and events go by: the state, the queue, and since when it is there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Position {
    pub(crate) state: State,
    pub(crate) queue: Option<QueueId>,
    pub(crate) queued_at: Option<Timestamp>,
}

impl Position {
    /// The queue in which it waits: nobody has claimed it.
    pub(crate) fn waits_in(self) -> Option<QueueId> {
        self.queue.filter(|_| self.state == State::Decided)
    }
}

/// What becomes of somebody's wish to end something that may have ended before.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Ends {
    /// It ends now.
    Now(Standing),
    /// It had ended already, which is well.
    Before,
    /// It is not theirs to end.
    Refused,
}

/// What a run comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Decided {
    pub(crate) kind: DecisionKind,
    /// How far its forwards are, or its pushes.
    pub(crate) forwards: Forwards,
    /// The queue that it comes into, if it does.
    pub(crate) queue: Option<QueueId>,
}

/// Where an interaction stands after a decision.
const fn decided(by: Decided) -> State {
    match (by.kind, by.forwards) {
        (DecisionKind::Forward | DecisionKind::Queue | DecisionKind::Unrouted, Forwards::Pending) => State::GoingOut,
        (DecisionKind::Queue | DecisionKind::Unrouted, Forwards::Nothing | Forwards::Failed)
        | (DecisionKind::Forward, Forwards::Failed) => State::Decided,
        (DecisionKind::Queue | DecisionKind::Unrouted, Forwards::Done)
        | (DecisionKind::Forward, Forwards::Nothing | Forwards::Done)
        | (DecisionKind::Disconnect, _) => State::Completed,
    }
}

impl Standing {
    /// One that was accepted, with its decision if it was run before.
    pub(crate) fn accepted(decision: Option<Decided>, at: Timestamp) -> Self {
        let state = decision.map_or(State::Received, decided);
        Self {
            state,
            queue: decision.and_then(|decision| decision.queue),
            queued_at: queued(state, at),
            hold: Hold::Nobody,
            attempts: 0,
            rerun_by: None,
            completed_at: completed(state, at),
        }
    }

    /// Where it is counted.
    pub(crate) const fn position(&self) -> Position {
        Position { state: self.state, queue: self.queue, queued_at: self.queued_at }
    }

    /// A worker takes it for a run.
    pub(crate) fn claim_run(self, lease: Lease) -> Option<Self> {
        match self.state {
            State::Received => {
                let attempts = self.attempts.saturating_add(1);
                Some(Self { state: State::Running, hold: Hold::By(lease), attempts, ..self })
            }
            State::Running | State::Waiting | State::Decided | State::GoingOut | State::Claimed | State::Completed => {
                None
            }
        }
    }

    /// Its worker renews the lease. One that ran out is good until somebody has taken the interaction back.
    pub(crate) fn renew_run(self, lease: Lease) -> Option<Self> {
        self.is_run_under(lease.id).then_some(Self { hold: Hold::By(lease), ..self })
    }

    /// Its worker gives it back without a decision. An attempt that was none is not counted.
    pub(crate) fn release_run(self, lease: Uuid, attempted: bool) -> Option<Self> {
        let attempts = self.attempts.saturating_sub(u32::from(!attempted));
        self.is_run_under(lease).then_some(Self { state: State::Received, hold: Hold::Nobody, attempts, ..self })
    }

    /// Its worker parks the run until an answer comes, at the latest until the lease ends. What is held from now on is the right to
    /// answer: no work goes on under it. The attempts so far came to something.
    pub(crate) fn park_run(self, lease: Lease) -> Option<Self> {
        self.is_run_under(lease.id).then_some(Self {
            state: State::Waiting,
            hold: Hold::By(lease),
            attempts: 0,
            ..self
        })
    }

    /// Whoever is about to answer the run that was parked under this lease needs more time. Its worker can't ask for that any more: a
    /// renewal that crosses the parking must not shorten the wait.
    pub(crate) fn renew_parked(self, lease: Lease) -> Option<Self> {
        self.is_parked_under(lease.id).then_some(Self { hold: Hold::By(lease), ..self })
    }

    /// The answer came that a run waits for that was parked under this lease: any worker takes it. An answer that comes late is good
    /// until somebody has taken the interaction back.
    pub(crate) fn resume_run(self, lease: Uuid) -> Option<Self> {
        self.is_parked_under(lease).then_some(Self { state: State::Received, hold: Hold::Nobody, ..self })
    }

    /// Its run ended with a decision.
    pub(crate) fn end_run(self, lease: Uuid, decision: Decided, at: Timestamp) -> Option<Self> {
        self.is_run_under(lease).then(|| Self::accepted(Some(decision), at))
    }

    /// Its run ended with a decision that can't be kept: it waits for another, as if there had been none.
    pub(crate) fn void_run(self, lease: Uuid) -> Option<Self> {
        self.is_run_under(lease).then_some(Self { state: State::Received, hold: Hold::Nobody, attempts: 0, ..self })
    }

    /// Somebody asks for another run. What was erased has nothing to be run over.
    pub(crate) fn rerun(self, by: &str, erased: bool) -> Option<Self> {
        if erased {
            return None;
        }
        match self.state {
            State::Decided | State::GoingOut | State::Completed => Some(Self {
                state: State::Received,
                hold: Hold::Nobody,
                rerun_by: Some(by.to_owned()),
                completed_at: None,
                queued_at: None,
                ..self
            }),
            State::Received | State::Running | State::Waiting | State::Claimed => None,
        }
    }

    /// Somebody claims it from its queue.
    pub(crate) fn claim_work(self, lease: Lease) -> Option<Self> {
        match self.state {
            State::Decided => Some(Self { state: State::Claimed, hold: Hold::By(lease), ..self }),
            State::Received | State::Running | State::Waiting | State::GoingOut | State::Claimed | State::Completed => {
                None
            }
        }
    }

    /// Whoever claimed it asks for more time.
    pub(crate) fn extend_work(self, lease: Lease, now: Timestamp) -> Option<Self> {
        self.is_claimed_under(lease.id, now).then_some(Self { hold: Hold::By(lease), ..self })
    }

    /// Whoever claimed it gives it back to its queue.
    pub(crate) fn release_work(self, lease: Uuid, now: Timestamp) -> Option<Self> {
        self.is_claimed_under(lease, now).then_some(Self { state: State::Decided, hold: Hold::Nobody, ..self })
    }

    /// Whoever claimed it puts it into another queue, where it waits anew.
    pub(crate) fn transfer_work(self, lease: Uuid, queue: QueueId, now: Timestamp) -> Option<Self> {
        let released = self.release_work(lease, now)?;
        Some(Self { queue: Some(queue), queued_at: Some(now), ..released })
    }

    /// Whoever claimed it is done.
    pub(crate) fn acknowledge(self, lease: Uuid, now: Timestamp) -> Ends {
        match self.state {
            State::Completed if self.hold == Hold::Over(lease) => Ends::Before,
            State::Claimed if self.is_claimed_under(lease, now) => Ends::Now(Self {
                state: State::Completed,
                hold: Hold::Over(lease),
                completed_at: completed(State::Completed, now),
                queued_at: None,
                ..self
            }),
            State::Received
            | State::Running
            | State::Waiting
            | State::Decided
            | State::GoingOut
            | State::Claimed
            | State::Completed => Ends::Refused,
        }
    }

    /// Somebody completes it, whoever holds it.
    pub(crate) fn complete(self, at: Timestamp) -> Ends {
        match self.state {
            State::Decided | State::GoingOut | State::Claimed => Ends::Now(Self {
                state: State::Completed,
                hold: Hold::Nobody,
                completed_at: completed(State::Completed, at),
                queued_at: None,
                ..self
            }),
            State::Completed => Ends::Before,
            State::Received | State::Running | State::Waiting => Ends::Refused,
        }
    }

    /// Everybody has what was forwarded.
    pub(crate) fn forwarded(self, at: Timestamp) -> Option<Self> {
        match self.state {
            State::Decided | State::GoingOut => Some(Self {
                state: State::Completed,
                queue: None,
                queued_at: None,
                hold: Hold::Nobody,
                completed_at: completed(State::Completed, at),
                ..self
            }),
            State::Received | State::Running | State::Waiting | State::Claimed | State::Completed => None,
        }
    }

    /// What was forwarded will not arrive, or came back: it waits in a queue from now on.
    pub(crate) fn forward_failed(self, queue: Option<QueueId>, at: Timestamp) -> Option<Self> {
        let failed = self.moved(State::Decided, |from| match from {
            State::GoingOut | State::Completed => true,
            State::Received | State::Running | State::Waiting | State::Decided | State::Claimed => false,
        })?;
        Some(Self { queue, queued_at: Some(at), ..failed })
    }

    /// It is pushed to where its queue delivers: nobody can claim it meanwhile.
    pub(crate) fn push(self) -> Option<Self> {
        let queue = self.queue;
        Some(Self { queue, ..self.forward_again()? })
    }

    /// What was pushed has arrived.
    pub(crate) fn pushed(self, at: Timestamp) -> Option<Self> {
        let queue = self.queue;
        Some(Self { queue, ..self.forwarded(at)? })
    }

    /// What was pushed will not arrive, or came back: it waits in its queue from now on.
    pub(crate) fn push_failed(self, at: Timestamp) -> Option<Self> {
        let queue = self.queue;
        self.forward_failed(queue, at)
    }

    /// What failed to arrive is on the way again.
    pub(crate) fn forward_again(self) -> Option<Self> {
        self.moved(State::GoingOut, |from| match from {
            State::Decided | State::Completed => true,
            State::Received | State::Running | State::Waiting | State::GoingOut | State::Claimed => false,
        })
    }

    fn moved(self, to: State, may: impl FnOnce(State) -> bool) -> Option<Self> {
        may(self.state).then_some(Self {
            state: to,
            queue: None,
            queued_at: None,
            hold: Hold::Nobody,
            completed_at: None,
            ..self
        })
    }

    /// The time of whoever holds it has run out, if it has.
    pub(crate) fn expire(self, now: Timestamp) -> Option<Self> {
        let to = expired(self.state)?;
        let hold = self.hold.expire(now)?;
        Some(Self { state: to, hold, ..self })
    }

    fn is_run_under(&self, lease: Uuid) -> bool {
        self.state == State::Running && self.hold.is_by(lease)
    }

    /// Whether its run waits for the answer to one question, under this lease.
    fn is_parked_under(&self, lease: Uuid) -> bool {
        self.state == State::Waiting && self.hold.is_by(lease)
    }

    /// Whether it is claimed under this lease, which has time left.
    pub(crate) fn is_claimed_under(&self, lease: Uuid, now: Timestamp) -> bool {
        self.state == State::Claimed && self.hold.lasts_by(lease, now)
    }
}

/// Where an interaction in this state goes when the time of whoever holds it has run out; none if nobody holds it.
const fn expired(state: State) -> Option<State> {
    match state {
        // A run that is not answered in time goes on all the same, and asks again.
        State::Running | State::Waiting => Some(State::Received),
        State::Claimed => Some(State::Decided),
        State::Received | State::Decided | State::GoingOut | State::Completed => None,
    }
}

/// Whether somebody holds what is in this state, under a lease that may run out.
pub(crate) const fn is_held(state: State) -> bool {
    expired(state).is_some()
}

/// Age in a queue counts from when an interaction comes there.
fn queued(state: State, at: Timestamp) -> Option<Timestamp> {
    (state == State::Decided).then_some(at)
}

/// Time counts from an interaction's completion.
fn completed(state: State, at: Timestamp) -> Option<Timestamp> {
    (state == State::Completed).then_some(at)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::*;

    /// What happens by whoever holds the interaction, in time, and where it stands afterwards; `-` is "can't happen", `=` "is so already".
    const TABLE: &str = "
        what          Received  Running   Waiting   Decided   GoingOut  Claimed   Completed
        claim run     Running   -         -         -         -         -         -
        renew run     -         Running   -         -         -         -         -
        renew parked  -         -         Waiting   -         -         -         -
        release run   -         Received  -         -         -         -         -
        park run      -         Waiting   -         -         -         -         -
        resume run    -         -         Received  -         -         -         -
        end queue     -         Decided   -         -         -         -         -
        end unrouted  -         Decided   -         -         -         -         -
        end forward   -         Completed -         -         -         -         -
        end going out -         GoingOut  -         -         -         -         -
        end held back -         Decided   -         -         -         -         -
        end dropped   -         Completed -         -         -         -         -
        void run      -         Received  -         -         -         -         -
        rerun         -         -         -         Received  Received  -         Received
        rerun erased  -         -         -         -         -         -         -
        claim work    -         -         -         Claimed   -         -         -
        extend work   -         -         -         -         -         Claimed   -
        release work  -         -         -         -         -         Decided   -
        transfer work -         -         -         -         -         Decided   -
        acknowledge   -         -         -         -         -         Completed =
        complete      -         -         -         Completed Completed Completed =
        everybody has it -      -         -         Completed Completed -         -
        forward fails -         -         -         -         Decided   -         Decided
        forward again -         -         -         GoingOut  -         -         GoingOut
        end pushing   -         GoingOut  -         -         -         -         -
        end not pushed -        Decided   -         -         -         -         -
        push          -         -         -         GoingOut  -         -         GoingOut
        push arrives  -         -         -         Completed Completed -         -
        push fails    -         -         -         -         Decided   -         Decided
        expire        -         Received  Received  -         -         Decided   -
    ";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn lease(number: u128, until: i64) -> Lease {
        Lease { id: Uuid::from_u128(number), until: at(until) }
    }

    /// One in each state as it comes to be in it: held under lease 1 until 100, tried twice, asked for by `ops`.
    fn one(state: State) -> Standing {
        let held = Hold::By(lease(1, 100));
        let hold = match state {
            State::Running | State::Waiting | State::Claimed => held,
            State::Completed => Hold::Over(lease(1, 100).id),
            State::Received | State::Decided | State::GoingOut => Hold::Nobody,
        };
        Standing {
            state,
            queue: Some(QueueId(Uuid::from_u128(5))),
            queued_at: matches!(state, State::Decided | State::Claimed).then(|| at(6)),
            hold,
            attempts: 2,
            rerun_by: Some("ops".to_owned()),
            completed_at: completed(state, at(7)),
        }
    }

    fn happens(what: &str, to: Standing, by: Lease, now: Timestamp) -> Option<Standing> {
        let before = to.clone();
        let ends = |ends| match ends {
            Ends::Now(after) => Some(after),
            Ends::Before => Some(before),
            Ends::Refused => None,
        };
        let (to_queue, elsewhere) = (Some(QueueId(Uuid::from_u128(6))), QueueId(Uuid::from_u128(7)));
        let forwarded =
            |to: Standing, kind, forwards| to.end_run(by.id, Decided { kind, forwards, queue: to_queue }, now);
        let end = |to: Standing, kind| forwarded(to, kind, Forwards::Nothing);
        match what {
            "claim run" => to.claim_run(by),
            "renew run" => to.renew_run(by),
            "release run" => to.release_run(by.id, true),
            "renew parked" => to.renew_parked(by),
            "park run" => to.park_run(by),
            "resume run" => to.resume_run(by.id),
            "end queue" => end(to, DecisionKind::Queue),
            "end unrouted" => end(to, DecisionKind::Unrouted),
            "end forward" => end(to, DecisionKind::Forward),
            "end going out" => forwarded(to, DecisionKind::Forward, Forwards::Pending),
            "end held back" => forwarded(to, DecisionKind::Forward, Forwards::Failed),
            "end pushing" => forwarded(to, DecisionKind::Queue, Forwards::Pending),
            "end not pushed" => forwarded(to, DecisionKind::Unrouted, Forwards::Failed),
            "push" => to.push(),
            "push arrives" => to.pushed(now),
            "push fails" => to.push_failed(now),
            "end dropped" => end(to, DecisionKind::Disconnect),
            "void run" => to.void_run(by.id),
            "rerun" => to.rerun("ann", false),
            "rerun erased" => to.rerun("ann", true),
            "claim work" => to.claim_work(by),
            "extend work" => to.extend_work(by, now),
            "release work" => to.release_work(by.id, now),
            "transfer work" => to.transfer_work(by.id, elsewhere, now),
            "acknowledge" => ends(to.acknowledge(by.id, now)),
            "complete" => ends(to.complete(now)),
            "everybody has it" => to.forwarded(now),
            "forward fails" => to.forward_failed(to_queue, now),
            "forward again" => to.forward_again(),
            "expire" => to.expire(at(100)),
            other => panic!("{other}"),
        }
    }

    /// The table: what happens, to what, and what comes of it.
    fn cases() -> Vec<(String, State, Option<State>)> {
        let named: BTreeMap<String, State> = State::ALL.iter().map(|state| (format!("{state:?}"), *state)).collect();
        let mut lines = TABLE.trim().lines().map(str::trim);
        let from: Vec<State> = lines.next().unwrap().split_whitespace().skip(1).map(|name| named[name]).collect();
        assert_eq!(from.len(), State::ALL.len(), "a state has no column");
        let mut cases = Vec::new();
        for line in lines {
            let words: Vec<&str> = line.split_whitespace().collect();
            let (what, to) = words.split_at(words.len() - from.len());
            for (from, to) in from.iter().zip(to) {
                let to = match *to {
                    "-" => None,
                    "=" => Some(*from),
                    name => Some(named[name]),
                };
                cases.push((what.join(" "), *from, to));
            }
        }
        cases
    }

    #[test]
    fn each_thing_happens_in_its_states_alone() {
        for (what, from, to) in cases() {
            let after = happens(&what, one(from), lease(1, 100), at(50));
            assert_eq!(after.as_ref().map(|after| after.state), to, "{what}, {from:?}");
        }
    }

    #[test]
    fn who_holds_it_and_when_it_was_completed_fit_the_state() {
        for (what, from, _) in cases() {
            let Some(after) = happens(&what, one(from), lease(1, 100), at(50)) else { continue };
            let held = matches!(after.hold, Hold::By(_));
            assert_eq!(held, is_held(after.state), "{what}, {from:?}: {:?}", after.hold);
            assert_eq!(after.completed_at.is_some(), after.state == State::Completed, "{what}, {from:?}");
            let in_queue = matches!(after.state, State::Decided | State::Claimed);
            assert_eq!(after.queued_at.is_some(), in_queue, "{what}, {from:?}");
        }
    }

    /// A claim that comes to nothing makes no work younger; another queue, another run and a forward that fails do.
    #[test]
    fn age_in_a_queue_counts_from_when_work_came_there() {
        let since = |what, from| happens(what, one(from), lease(1, 100), at(50)).unwrap().queued_at;
        for (what, from) in [
            ("claim work", State::Decided),
            ("extend work", State::Claimed),
            ("release work", State::Claimed),
            ("expire", State::Claimed),
        ] {
            assert_eq!(since(what, from), Some(at(6)), "{what}");
        }
        for (what, from) in [
            ("end queue", State::Running),
            ("end held back", State::Running),
            ("transfer work", State::Claimed),
            ("forward fails", State::GoingOut),
            ("push fails", State::GoingOut),
        ] {
            assert_eq!(since(what, from), Some(at(50)), "{what}");
        }
    }

    #[test]
    fn work_waits_in_the_queue_where_nobody_has_claimed_it() {
        let queue = |number| Some(QueueId(Uuid::from_u128(number)));
        let waits = |what, from| happens(what, one(from), lease(1, 100), at(50)).unwrap().position().waits_in();
        for (what, from, expected) in [
            ("claim work", State::Decided, None),
            ("release work", State::Claimed, queue(5)),
            ("transfer work", State::Claimed, queue(7)),
            ("end unrouted", State::Running, queue(6)),
            ("end going out", State::Running, None),
            ("forward fails", State::GoingOut, queue(6)),
            ("forward again", State::Decided, None),
            ("everybody has it", State::Decided, None),
            ("push", State::Decided, None),
            ("push fails", State::GoingOut, queue(5)),
            ("push arrives", State::GoingOut, None),
            ("rerun", State::Decided, None),
            ("complete", State::Claimed, None),
        ] {
            assert_eq!(waits(what, from), expected, "{what}");
        }
    }

    #[test]
    fn only_the_holder_does_what_a_holder_does() {
        let holders = [
            "renew run",
            "renew parked",
            "release run",
            "park run",
            "resume run",
            "end queue",
            "end unrouted",
            "end forward",
            "end going out",
            "end held back",
            "end pushing",
            "end not pushed",
            "end dropped",
            "void run",
            "extend work",
            "release work",
            "transfer work",
            "acknowledge",
        ];
        for (what, from, _) in cases() {
            let after = happens(&what, one(from), lease(2, 200), at(50));
            assert!(after.is_none() || !holders.contains(&what.as_str()), "{what}, {from:?}: {after:?}");
        }
    }

    /// A run goes on as long as nobody else has it. Whoever claimed work is outside: for them a lease ends when its time does.
    #[test]
    fn a_lease_of_work_ends_with_its_time_and_a_lease_of_a_run_when_it_is_taken_back() {
        let late = |what, from| happens(what, one(from), lease(1, 100), at(100)).map(|after| after.state);
        for what in ["extend work", "release work", "transfer work", "acknowledge"] {
            assert_eq!(late(what, State::Claimed), None, "{what}");
        }
        assert_eq!(late("renew run", State::Running), Some(State::Running));
        assert_eq!(late("end queue", State::Running), Some(State::Decided));
        assert_eq!(late("acknowledge", State::Completed), Some(State::Completed), "acknowledged before");
        assert_eq!(one(State::Running).expire(at(99)), None, "it has time left");
    }

    #[test]
    fn attempts_are_counted_until_a_run_comes_to_something() {
        let attempts = |what, from| happens(what, one(from), lease(1, 100), at(50)).unwrap().attempts;
        assert_eq!(attempts("claim run", State::Received), 3);
        assert_eq!(attempts("expire", State::Running), 2);
        assert_eq!(attempts("release run", State::Running), 2);
        assert_eq!(one(State::Running).release_run(lease(1, 100).id, false).unwrap().attempts, 1);
        for what in ["park run", "void run", "end queue", "end forward"] {
            assert_eq!(attempts(what, State::Running), 0, "{what}");
        }
    }

    #[test]
    fn who_asked_is_known_until_the_run_has_ended() {
        let asked = |what, from| happens(what, one(from), lease(1, 100), at(50)).unwrap().rerun_by;
        assert_eq!(asked("rerun", State::Decided).as_deref(), Some("ann"));
        for (what, from) in [
            ("claim run", State::Received),
            ("release run", State::Running),
            ("park run", State::Running),
            ("void run", State::Running),
            ("resume run", State::Waiting),
            ("expire", State::Running),
        ] {
            assert_eq!(asked(what, from).as_deref(), Some("ops"), "{what}");
        }
        assert_eq!(asked("end queue", State::Running), None);
    }

    #[test]
    fn what_is_accepted_stands_where_its_decision_leaves_it() {
        use Forwards::{Done, Failed, Nothing, Pending};
        for (decision, state, completed) in [
            (None, State::Received, None),
            (Some((DecisionKind::Queue, Nothing)), State::Decided, None),
            (Some((DecisionKind::Unrouted, Nothing)), State::Decided, None),
            (Some((DecisionKind::Queue, Pending)), State::GoingOut, None),
            (Some((DecisionKind::Unrouted, Failed)), State::Decided, None),
            (Some((DecisionKind::Queue, Done)), State::Completed, Some(at(5))),
            (Some((DecisionKind::Forward, Nothing)), State::Completed, Some(at(5))),
            (Some((DecisionKind::Forward, Pending)), State::GoingOut, None),
            (Some((DecisionKind::Forward, Failed)), State::Decided, None),
            (Some((DecisionKind::Forward, Done)), State::Completed, Some(at(5))),
            (Some((DecisionKind::Disconnect, Nothing)), State::Completed, Some(at(5))),
        ] {
            let made =
                Standing::accepted(decision.map(|(kind, forwards)| Decided { kind, forwards, queue: None }), at(5));
            assert_eq!((made.state, made.completed_at, made.hold, made.attempts), (state, completed, Hold::Nobody, 0));
        }
    }
}
