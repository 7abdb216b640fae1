//! How a delivery goes from state to state. Each method is something that happens to it, and answers whether it could.

use jiff::Timestamp;
use uuid::Uuid;
use waypost_ids::{DeliveryState, InteractionId};

use crate::leases::{Hold, Lease};
use crate::records::outbox::{
    Addressed, AttemptEnd, Attempted, DeliveryRecord, FARTHEST, Held, Outgoing, Unchanged, without_words,
};

/// A delivery, and who carries it. While somebody does, it is due when their lease ends: nobody heard then what came of the attempt.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Delivery {
    pub(crate) record: DeliveryRecord,
    /// One that was taken back while it was carried is held still: it may have arrived.
    pub(crate) hold: Hold,
    /// Somebody asked for everything to be sent again, or cancelled it, or it surely did not arrive: it does not count as sent.
    pub(crate) again: bool,
    /// Its content was erased.
    pub(crate) bare: bool,
}

/// What the content of an interaction that was erased has no more: a rule that holds back.
pub(crate) fn erased() -> Held {
    Held { rule: "erased".to_owned(), reason: "what it was to be sent with was erased".to_owned() }
}

/// The latest that something can be due for which no clock was wrong.
pub(crate) fn farthest(now: Timestamp) -> Timestamp {
    now.saturating_add(FARTHEST).unwrap_or(Timestamp::MAX)
}

/// A recipient's delivery as it begins.
pub(crate) fn begun(
    mail: &Outgoing,
    to: &Addressed,
    interaction: InteractionId,
    run: Option<u32>,
    at: Timestamp,
) -> DeliveryRecord {
    let held = to.held.is_some();
    DeliveryRecord {
        id: to.id,
        interaction,
        run,
        kind: mail.kind,
        target: to.target.clone(),
        state: if held { DeliveryState::Cancelled } else { DeliveryState::Pending },
        attempts: 0,
        next_attempt_at: (!held).then_some(at),
        since: at,
        last_answer: None,
        held: to.held.clone(),
        sender: mail.sender.clone(),
        message_id: mail.message_id.clone(),
        place: mail.place.clone(),
        created_at: at,
        ended_at: held.then_some(at),
    }
}

impl Delivery {
    /// Somebody carries it, if it is due.
    pub(crate) fn claim(&mut self, lease: Lease, now: Timestamp) -> bool {
        let due = self.record.next_attempt_at.is_some_and(|at| at <= now);
        if self.record.state != DeliveryState::Pending || !due {
            return false;
        }
        self.hold = Hold::By(lease);
        self.record.attempts = self.record.attempts.saturating_add(1);
        self.record.next_attempt_at = Some(lease.until);
        true
    }

    /// A clock that was ahead put it off. Whoever carries it is not disturbed: a lease that is renewed goes on, one whose holder is gone ends.
    pub(crate) fn bring_nearer(&mut self, lease_ends: Timestamp, now: Timestamp) {
        let far = self.record.next_attempt_at.is_some_and(|at| at > farthest(now));
        if self.record.state != DeliveryState::Pending || !far {
            return;
        }
        self.record.next_attempt_at = Some(match self.hold {
            Hold::By(lease) => {
                self.hold = Hold::By(Lease { until: lease_ends, ..lease });
                lease_ends
            }
            Hold::Nobody | Hold::Over(_) => now,
        });
    }

    /// Whoever carries it needs more time.
    pub(crate) fn renew(&mut self, lease: Lease) -> bool {
        if !self.hold.is_by(lease.id) {
            return false;
        }
        self.hold = Hold::By(lease);
        self.record.next_attempt_at = Some(lease.until);
        true
    }

    /// An attempt ended. What was taken back meanwhile stays so, unless it arrived.
    pub(crate) fn end(&mut self, lease: Uuid, attempted: Attempted, now: Timestamp) -> bool {
        if !self.hold.is_by(lease) {
            return false;
        }
        self.hold = Hold::Nobody;
        // What was erased meanwhile must not come back by what a receiver repeats.
        let attempted =
            if self.bare { Attempted { answer: without_words(&attempted.answer), ..attempted } } else { attempted };
        match (self.record.state, attempted.end) {
            (_, AttemptEnd::Delivered) => {
                self.ends(DeliveryState::Delivered, now);
                self.record.held = None;
                self.record.last_answer = Some(attempted.answer);
            }
            (DeliveryState::Pending, AttemptEnd::Deferred(at)) => {
                self.record.next_attempt_at = Some(at);
                self.record.last_answer = Some(attempted.answer);
            }
            (DeliveryState::Pending, AttemptEnd::Dead) => {
                self.ends(DeliveryState::Dead, now);
                self.record.last_answer = Some(attempted.answer);
            }
            (state, AttemptEnd::Untried) => {
                self.record.attempts = self.record.attempts.saturating_sub(1);
                self.record.next_attempt_at = (state == DeliveryState::Pending).then_some(now);
            }
            (state, AttemptEnd::PutOff(at)) => {
                self.record.attempts = self.record.attempts.saturating_sub(1);
                self.record.next_attempt_at = (state == DeliveryState::Pending).then_some(at);
            }
            (DeliveryState::Cancelled, AttemptEnd::Dead) => {
                // It did not arrive: a run that wants its recipient makes another, with what it says then.
                self.again = true;
                self.record.next_attempt_at = None;
                self.record.last_answer = Some(attempted.answer);
            }
            (
                DeliveryState::Delivered | DeliveryState::Bounced | DeliveryState::Dead | DeliveryState::Cancelled,
                AttemptEnd::Deferred(_) | AttemptEnd::Dead,
            ) => self.record.next_attempt_at = None,
        }
        true
    }

    /// Somebody wants it tried now.
    pub(crate) fn retry(&mut self, now: Timestamp) -> Result<(), Unchanged> {
        match self.record.state {
            DeliveryState::Pending if self.is_under_way(now) => Err(Unchanged::UnderWay),
            DeliveryState::Pending | DeliveryState::Dead | DeliveryState::Bounced if self.bare => {
                Err(Unchanged::Erased)
            }
            DeliveryState::Pending | DeliveryState::Dead | DeliveryState::Bounced => {
                self.hold = Hold::Nobody;
                self.record.state = DeliveryState::Pending;
                self.record.next_attempt_at = Some(now);
                self.record.since = now;
                self.record.ended_at = None;
                Ok(())
            }
            DeliveryState::Delivered | DeliveryState::Cancelled => Err(Unchanged::State(self.record.state)),
        }
    }

    /// Somebody takes it back.
    pub(crate) fn cancel(&mut self, now: Timestamp) -> Result<(), Unchanged> {
        match self.record.state {
            DeliveryState::Pending if self.is_under_way(now) => Err(Unchanged::UnderWay),
            DeliveryState::Pending | DeliveryState::Dead => {
                self.hold = Hold::Nobody;
                // A person says that this one is not to be sent: a rerun that wants its recipient makes another.
                self.again = true;
                self.ends(DeliveryState::Cancelled, now);
                Ok(())
            }
            DeliveryState::Delivered | DeliveryState::Bounced | DeliveryState::Cancelled => {
                Err(Unchanged::State(self.record.state))
            }
        }
    }

    /// Somebody gives it another content: only a dead one is nobody else's business.
    pub(crate) fn edit(&self) -> Result<(), Unchanged> {
        match self.record.state {
            DeliveryState::Dead if self.bare => Err(Unchanged::Erased),
            DeliveryState::Dead => Ok(()),
            DeliveryState::Pending | DeliveryState::Delivered | DeliveryState::Bounced | DeliveryState::Cancelled => {
                Err(Unchanged::State(self.record.state))
            }
        }
    }

    /// What it was to be sent for does not want it any more; `held` says why, if a rule does. Whoever carries it may end the attempt.
    pub(crate) fn withdraw(&mut self, held: Option<Held>, now: Timestamp) -> bool {
        if self.record.state != DeliveryState::Pending {
            return false;
        }
        let until = self.hold.until();
        self.ends(DeliveryState::Cancelled, now);
        self.record.next_attempt_at = until;
        self.record.held = held;
        true
    }

    /// What its interaction consists of is erased: it is not sent any more, and what a receiver said may repeat what it was sent.
    pub(crate) fn erase(&mut self, now: Timestamp) {
        self.withdraw(Some(erased()), now);
        self.record.last_answer = None;
    }

    /// It came back. It may have been sent without that being known.
    pub(crate) fn bounce(&mut self, says: &str, now: Timestamp) -> bool {
        // As when an attempt ends: a report repeats whom it was sent to.
        let says = if self.bare { without_words(says) } else { says.to_owned() };
        let sent = match self.record.state {
            DeliveryState::Delivered => true,
            DeliveryState::Pending => self.record.attempts > 0,
            DeliveryState::Cancelled if self.record.attempts > 0 => {
                // Nobody wants it any more: what counts is that it did not arrive.
                self.again = true;
                self.record.last_answer = Some(says);
                return true;
            }
            DeliveryState::Bounced | DeliveryState::Dead | DeliveryState::Cancelled => false,
        };
        if sent {
            self.hold = Hold::Nobody;
            self.ends(DeliveryState::Bounced, now);
            self.record.last_answer = Some(says);
        }
        sent
    }

    /// Whether its recipient has it, or may have it. An attempt that failed may have delivered the mail all the same, and only a copy under
    /// the same id is known as one: so what was withdrawn after an attempt counts.
    pub(crate) fn was_sent(&self) -> bool {
        let attempted = self.record.attempts > 0 || matches!(self.hold, Hold::By(_));
        match self.record.state {
            DeliveryState::Delivered => true,
            DeliveryState::Pending => attempted,
            DeliveryState::Cancelled => attempted && !self.bare,
            DeliveryState::Bounced | DeliveryState::Dead => false,
        }
    }

    /// What may have been sent is wanted after all: one that was withdrawn is on its way again.
    pub(crate) fn want(&mut self, now: Timestamp) {
        if self.record.state == DeliveryState::Cancelled {
            self.record.state = DeliveryState::Pending;
            self.record.next_attempt_at = self.hold.until().or(Some(now));
            self.record.since = now;
            self.record.held = None;
            self.record.ended_at = None;
        }
    }

    pub(crate) fn is_under_way(&self, now: Timestamp) -> bool {
        matches!(self.hold, Hold::By(lease) if lease.lasts(now))
    }

    fn ends(&mut self, state: DeliveryState, now: Timestamp) {
        self.record.state = state;
        self.record.next_attempt_at = None;
        self.record.ended_at = Some(now);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use waypost_ids::{DeliveryId, DeliveryKind};

    use super::*;

    /// What happens, and the state afterwards: `-` is "can't happen", `!` "an attempt is under way".
    const TABLE: &str = "
        what            due        tried      under-way  delivered  bounced    dead       cancelled
        claim           Pending    Pending    -          -          -          -          -
        renew           -          -          Pending    -          -          -          -
        end delivered   -          -          Delivered  -          -          -          -
        end deferred    -          -          Pending    -          -          -          -
        end dead        -          -          Dead       -          -          -          -
        end untried     -          -          Pending    -          -          -          -
        retry           Pending    Pending    !          -          Pending    Pending    -
        cancel          Cancelled  Cancelled  !          -          -          Cancelled  -
        withdraw        Cancelled  Cancelled  Cancelled  -          -          -          -
        bounce          -          Bounced    Bounced    Bounced    -          -          -
    ";

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn lease(number: u128, until: i64) -> Lease {
        Lease { id: Uuid::from_u128(number), until: at(until) }
    }

    fn one(name: &str) -> Delivery {
        let (state, attempts, held) = match name {
            "due" => (DeliveryState::Pending, 0, false),
            "tried" => (DeliveryState::Pending, 1, false),
            "under-way" => (DeliveryState::Pending, 1, true),
            "delivered" => (DeliveryState::Delivered, 1, false),
            "bounced" => (DeliveryState::Bounced, 1, false),
            "dead" => (DeliveryState::Dead, 3, false),
            "cancelled" => (DeliveryState::Cancelled, 0, false),
            other => panic!("{other}"),
        };
        let pending = state == DeliveryState::Pending;
        Delivery {
            record: DeliveryRecord {
                id: DeliveryId(Uuid::from_u128(7)),
                interaction: InteractionId(Uuid::from_u128(1)),
                run: Some(1),
                kind: DeliveryKind::Reply,
                target: "ann@example.net".to_owned(),
                state,
                attempts,
                next_attempt_at: pending.then(|| at(if held { 100 } else { 20 })),
                since: at(0),
                last_answer: None,
                held: None,
                sender: "box@example.com".to_owned(),
                message_id: "1@example.com".to_owned(),
                place: None,
                created_at: at(0),
                ended_at: (!pending).then(|| at(10)),
            },
            hold: if held { Hold::By(lease(1, 100)) } else { Hold::Nobody },
            again: false,
            bare: false,
        }
    }

    fn happens(what: &str, to: &mut Delivery, by: Lease, now: Timestamp) -> Result<(), Unchanged> {
        let state = to.record.state;
        let end = |to: &mut Delivery, end| to.end(by.id, Attempted { end, answer: "said".to_owned() }, now);
        let could = match what {
            "claim" => to.claim(by, now),
            "renew" => to.renew(by),
            "end delivered" => end(to, AttemptEnd::Delivered),
            "end deferred" => end(to, AttemptEnd::Deferred(at(500))),
            "end dead" => end(to, AttemptEnd::Dead),
            "end untried" => end(to, AttemptEnd::Untried),
            "retry" => return to.retry(now),
            "cancel" => return to.cancel(now),
            "withdraw" => to.withdraw(None, now),
            "bounce" => to.bounce("came back", now),
            other => panic!("{other}"),
        };
        if could { Ok(()) } else { Err(Unchanged::State(state)) }
    }

    fn cases() -> Vec<(String, &'static str, &'static str)> {
        let mut lines = TABLE.trim().lines().map(str::trim);
        let from: Vec<&str> = lines.next().unwrap().split_whitespace().skip(1).collect();
        let mut cases = Vec::new();
        for line in lines {
            let words: Vec<&'static str> = line.split_whitespace().collect();
            let (what, to) = words.split_at(words.len() - from.len());
            cases.extend(from.iter().zip(to).map(|(from, to)| (what.join(" "), *from, *to)));
        }
        cases
    }

    #[test]
    fn each_thing_happens_in_its_states_alone() {
        let named: BTreeMap<String, DeliveryState> =
            DeliveryState::ALL.iter().map(|state| (format!("{state:?}"), *state)).collect();
        for (what, from, to) in cases() {
            let mut after = one(from);
            let before = after.clone();
            let happened = happens(&what, &mut after, lease(1, 100), at(50));
            match to {
                "-" => assert_eq!(
                    (happened, &after),
                    (Err(Unchanged::State(before.record.state)), &before),
                    "{what}, {from}"
                ),
                "!" => assert_eq!((happened, &after), (Err(Unchanged::UnderWay), &before), "{what}, {from}"),
                to => {
                    assert_eq!((happened, after.record.state), (Ok(()), named[to]), "{what}, {from}");
                    let pending = after.record.state == DeliveryState::Pending;
                    assert_eq!(after.record.ended_at.is_none(), pending, "{what}, {from}");
                    let held = matches!(after.hold, Hold::By(_));
                    assert_eq!(after.record.next_attempt_at.is_some(), pending || held, "{what}, {from}");
                }
            }
        }
    }

    #[test]
    fn only_the_holder_ends_an_attempt() {
        for (what, from, _) in cases() {
            if what.starts_with("end") || what == "renew" {
                assert!(happens(&what, &mut one(from), lease(2, 100), at(50)).is_err(), "{what}, {from}");
            }
        }
    }

    #[test]
    fn a_lease_that_ran_out_is_due_at_once() {
        let mut carried = one("under-way");
        assert!(!carried.claim(lease(2, 300), at(99)));
        assert!(carried.claim(lease(2, 300), at(100)));
        assert_eq!((carried.record.attempts, carried.record.next_attempt_at), (2, Some(at(300))));
        assert!(!carried.end(lease(1, 0).id, Attempted { end: AttemptEnd::Dead, answer: String::new() }, at(101)));
        assert!(one("under-way").retry(at(100)).is_ok() && one("under-way").cancel(at(100)).is_ok());
    }

    #[test]
    fn what_a_wrong_clock_put_off_is_due_now_and_leases_stay_with_their_holders() {
        let far = 50 + 80 * 60;
        let nearer = |mut one: Delivery| {
            one.bring_nearer(at(80), at(50));
            (one.record.next_attempt_at, one.hold)
        };
        let due = |name: &str, second: i64| {
            let mut one = one(name);
            one.record.next_attempt_at = Some(at(second));
            if name == "under-way" {
                one.hold = Hold::By(lease(1, second));
            }
            one
        };
        assert_eq!(nearer(due("tried", far)), (Some(at(far)), Hold::Nobody), "the longest pause there is");
        assert_eq!(nearer(due("tried", far + 1)), (Some(at(50)), Hold::Nobody));
        assert_eq!(nearer(due("under-way", far + 1)), (Some(at(80)), Hold::By(lease(1, 80))));
        assert_eq!(nearer(one("dead")), (None, Hold::Nobody));
    }

    #[test]
    fn what_was_taken_back_while_it_was_carried_may_have_arrived() {
        for (end, state) in [
            ("end delivered", DeliveryState::Delivered),
            ("end deferred", DeliveryState::Cancelled),
            ("end dead", DeliveryState::Cancelled),
            ("end untried", DeliveryState::Cancelled),
        ] {
            let mut carried = one("under-way");
            assert!(carried.withdraw(Some(erased()), at(50)));
            happens(end, &mut carried, lease(1, 100), at(60)).unwrap();
            assert_eq!(
                (carried.record.state, carried.record.next_attempt_at, carried.hold),
                (state, None, Hold::Nobody)
            );
            assert_eq!(carried.record.held.is_some(), state == DeliveryState::Cancelled, "{end}");
        }
    }

    #[test]
    fn what_was_withdrawn_after_an_attempt_counts_as_sent() {
        let mut carried = one("under-way");
        carried.withdraw(None, at(50));
        assert!(carried.was_sent() && !one("cancelled").was_sent());
        assert!(!Delivery { bare: true, ..carried.clone() }.was_sent(), "there is nothing left to send");
        let wanted = |one: &Delivery| {
            let mut wanted = one.clone();
            wanted.want(at(70));
            (wanted.record.state, wanted.record.next_attempt_at, wanted.record.since, wanted.record.ended_at)
        };
        assert_eq!(wanted(&carried), (DeliveryState::Pending, Some(at(100)), at(70), None), "its carrier may go on");
        let untried = {
            let mut untried = carried.clone();
            happens("end untried", &mut untried, lease(1, 100), at(60)).unwrap();
            untried
        };
        assert!(!untried.was_sent());
        happens("end deferred", &mut carried, lease(1, 100), at(60)).unwrap();
        assert!(carried.was_sent());
        assert_eq!(wanted(&carried), (DeliveryState::Pending, Some(at(70)), at(70), None));
    }

    #[test]
    fn what_a_person_cancelled_or_its_receiver_refused_is_not_revived() {
        let mut tried = one("tried");
        tried.cancel(at(50)).unwrap();
        assert!(tried.again);
        let mut refused = one("under-way");
        refused.withdraw(None, at(50));
        happens("end dead", &mut refused, lease(1, 100), at(60)).unwrap();
        assert!(refused.again && refused.record.last_answer.is_some());
        let mut came_back = one("tried");
        came_back.withdraw(None, at(50));
        assert!(came_back.bounce("no such user", at(60)) && came_back.again);
        assert_eq!(came_back.record.state, DeliveryState::Cancelled);
    }

    #[test]
    fn what_was_erased_does_not_come_back_by_what_a_receiver_says() {
        for (said, kept) in [
            ("mx.example.net: 550 5.1.1 <ann@example.net>: no such user", "mx.example.net: 550"),
            ("bounced: 5.1.1 smtp; 550 <ann@example.net> is gone", "bounced: 5.1.1"),
            ("bounced: 550 5.1.1 <ann@example.net> is gone", "bounced: 550"),
            ("bounced: <ann@example.net> is gone", "bounced"),
            ("bounced: 5.1.1.ann@example.net", "bounced"),
            ("bounced: ann is gone", "bounced"),
            ("bounced", "bounced"),
            ("timed out\nann@example.net", "timed out"),
        ] {
            let mut back = Delivery { bare: true, ..one("delivered") };
            assert!(back.bounce(said, at(60)));
            assert_eq!(back.record.last_answer.as_deref(), Some(kept), "{said}");
            let mut withdrawn = Delivery { bare: true, ..one("tried") };
            withdrawn.erase(at(50));
            assert!(withdrawn.bounce(said, at(60)));
            assert_eq!(withdrawn.record.last_answer.as_deref(), Some(kept), "{said}");
            let mut carried = Delivery { bare: true, ..one("under-way") };
            let attempted = Attempted { end: AttemptEnd::Dead, answer: said.to_owned() };
            assert!(carried.end(lease(1, 100).id, attempted, at(60)));
            assert_eq!(carried.record.last_answer.as_deref(), Some(kept), "{said}");
        }
    }

    #[test]
    fn an_attempt_that_was_none_is_not_counted_and_a_retry_counts_its_time_anew() {
        let mut carried = one("under-way");
        happens("end untried", &mut carried, lease(1, 100), at(50)).unwrap();
        assert_eq!((carried.record.attempts, carried.record.next_attempt_at), (0, Some(at(50))));
        let mut dead = one("dead");
        dead.retry(at(50)).unwrap();
        assert_eq!((dead.record.since, dead.record.attempts), (at(50), 3));
        let mut bare = Delivery { bare: true, ..one("dead") };
        assert_eq!(bare.retry(at(50)), Err(Unchanged::Erased));
    }
}
