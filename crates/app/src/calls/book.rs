//! Calls that wait for their turn, and what is known of the services that they go to.

use std::collections::{HashMap, VecDeque};

use tokio::sync::oneshot;
use tokio::time::Instant;
use uuid::Uuid;
use waypost_engine::{CallDataAction, CallOutcome};
use waypost_flow::value::json_footprint;
use waypost_ids::DataActionId;

use super::cache::Cache;
use crate::breaker::{Ended, Targets};
use crate::mail::parked::Ticket;

/// At most this many calls of one data action are under way: one that hangs holds up no other.
pub(super) const SLOTS_OF_AN_ACTION: usize = 16;

/// At most this many calls are under way.
pub(super) const SLOTS: usize = 256;

/// At most this many calls wait. A run whose call finds no room asks again at its time, and is lost by nobody.
const MOST_WAITING: usize = 50_000;

/// Inputs of calls that wait take at most about so many bytes: one may be as large as a mail.
const MOST_BYTES: usize = 256 * 1024 * 1024;

/// A call that is to be made.
#[derive(Debug)]
pub(super) struct Call {
    /// Who waits for the outcome.
    pub(super) asker: Asker,
    /// What is asked.
    pub(super) asked: CallDataAction,
    /// The key that every attempt has.
    pub(super) key: Uuid,
    /// When it was asked.
    pub(super) since: Instant,
    /// Not begun by then, it is left: its run is going to ask again, perhaps on a node with less to do.
    pub(super) latest: Instant,
}

impl Call {
    /// How many bytes its input takes, about.
    fn bytes(&self) -> usize {
        self.asked.input.iter().map(|(name, value)| name.len().saturating_add(json_footprint(value))).sum()
    }
}

/// A call can't wait here.
#[derive(Debug)]
pub(super) struct NoRoom;

/// Who waits for the outcome of a call.
#[derive(Debug)]
pub(super) enum Asker {
    /// A parked run.
    Run(Ticket),
    /// Somebody who tries the data action.
    Person(oneshot::Sender<CallOutcome>),
}

/// What is to be done with a call whose turn it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Turn {
    /// It is made. `asks_again`: it finds out whether the service is back.
    Carry { asks_again: bool },
    /// It fails immediately, unless it may wait: the service is away, or asked to be left alone.
    Refuse,
    /// It has waited for too long: its run asks again.
    Leave,
}

/// Calls that wait and calls under way.
#[derive(Default)]
pub(super) struct Book {
    waiting: HashMap<DataActionId, VecDeque<Call>>,
    /// Data actions with calls that wait, in turn.
    turns: VecDeque<DataActionId>,
    count: usize,
    bytes: usize,
    /// No calls are made any more.
    closed: bool,
    under_way: HashMap<DataActionId, UnderWay>,
    all_under_way: usize,
    targets: Targets<DataActionId>,
    pub(super) cache: Cache,
}

#[derive(Clone, Copy, Default)]
struct UnderWay {
    count: usize,
    /// One of them finds out whether the service is back.
    asks_again: bool,
}

impl Book {
    /// A call waits for its turn.
    ///
    /// # Errors
    /// There is no room, or nobody who makes it.
    pub(super) fn put(&mut self, call: Call) -> Result<(), NoRoom> {
        let bytes = self.bytes.saturating_add(call.bytes());
        if self.closed || self.count >= MOST_WAITING || bytes > MOST_BYTES {
            return Err(NoRoom);
        }
        self.bytes = bytes;
        let action = call.asked.data_action;
        let waiting = self.waiting.entry(action).or_default();
        if waiting.is_empty() {
            self.turns.push_back(action);
        }
        waiting.push_back(call);
        self.count = self.count.saturating_add(1);
        Ok(())
    }

    /// The next call that may begin: data actions take turns.
    pub(super) fn next(&mut self, now: Instant) -> Option<(Call, Turn)> {
        for _ in 0..self.turns.len() {
            if self.all_under_way >= SLOTS {
                return None;
            }
            let action = self.turns.pop_front()?;
            let turn = self.turn(action, now);
            let waiting = self.waiting.get_mut(&action);
            let late = |call: &Call| call.latest <= now;
            let turn = if waiting.as_ref().and_then(|waiting| waiting.front()).is_some_and(late) {
                Some(Turn::Leave)
            } else {
                turn
            };
            let call = waiting.filter(|_| turn.is_some()).and_then(VecDeque::pop_front);
            self.count = self.count.saturating_sub(usize::from(call.is_some()));
            self.bytes = self.bytes.saturating_sub(call.as_ref().map_or(0, Call::bytes));
            match self.waiting.get(&action) {
                Some(waiting) if waiting.is_empty() => drop(self.waiting.remove(&action)),
                Some(_) => self.turns.push_back(action),
                None => {}
            }
            if let (Some(call), Some(turn)) = (call, turn) {
                let under_way = self.under_way.entry(action).or_default();
                under_way.count = under_way.count.saturating_add(1);
                under_way.asks_again |= matches!(turn, Turn::Carry { asks_again: true });
                self.all_under_way = self.all_under_way.saturating_add(1);
                return Some((call, turn));
            }
        }
        None
    }

    /// What is done with a call of an action now; none if it waits.
    fn turn(&self, action: DataActionId, now: Instant) -> Option<Turn> {
        let under_way = self.under_way.get(&action).copied().unwrap_or_default();
        if under_way.count >= SLOTS_OF_AN_ACTION {
            return None;
        }
        Some(match self.targets.pause(&action) {
            None => Turn::Carry { asks_again: false },
            // It was there all the time: nobody has to find that out.
            Some(pause) if pause.asked_for && pause.until <= now => Turn::Carry { asks_again: false },
            Some(pause) if now < pause.until || under_way.asks_again => Turn::Refuse,
            Some(_) => Turn::Carry { asks_again: true },
        })
    }

    /// Whether a call of an action would begin at once.
    pub(super) fn may_begin(&self, action: DataActionId) -> bool {
        let under_way = self.under_way.get(&action).map_or(0, |under_way| under_way.count);
        !self.waiting.contains_key(&action) && self.all_under_way < SLOTS && under_way < SLOTS_OF_AN_ACTION
    }

    /// Whether a call of an action would fail at once.
    pub(super) fn refuses(&self, action: DataActionId, now: Instant) -> bool {
        let asks_again = self.under_way.get(&action).is_some_and(|under_way| under_way.asks_again);
        self.targets.pause(&action).is_some_and(|pause| now < pause.until || asks_again && !pause.asked_for)
    }

    /// Until when the service of an action asked to be left alone.
    pub(super) fn busy_until(&self, action: DataActionId, now: Instant) -> Option<Instant> {
        let pause = self.targets.pause(&action).filter(|pause| pause.asked_for && now < pause.until);
        pause.map(|pause| pause.until)
    }

    /// A call that had its turn has ended. What is known of the service changes only by one that was made.
    pub(super) fn end(&mut self, action: DataActionId, turn: Turn, ended: Option<&Ended>, now: Instant) {
        let asked_again = matches!(turn, Turn::Carry { asks_again: true });
        self.all_under_way = self.all_under_way.saturating_sub(1);
        if let Some(under_way) = self.under_way.get_mut(&action) {
            under_way.count = under_way.count.saturating_sub(1);
            under_way.asks_again &= !asked_again;
            if under_way.count == 0 {
                self.under_way.remove(&action);
            }
        }
        if let Some(ended) = ended {
            self.targets.note(&action, ended, asked_again, now);
        }
    }

    /// What an attempt says of the service whose call is still under way.
    pub(super) fn note(&mut self, action: DataActionId, ended: &Ended, now: Instant) {
        self.targets.note(&action, ended, false, now);
    }

    /// How many calls wait.
    pub(super) fn waiting(&self) -> usize {
        self.count
    }

    /// How many are under way.
    pub(super) fn under_way(&self) -> usize {
        self.all_under_way
    }

    /// Whether no calls are made any more.
    pub(super) fn is_closed(&self) -> bool {
        self.closed
    }

    /// Takes away all that wait. From now on there is room for no more.
    pub(super) fn close(&mut self) -> Vec<Call> {
        self.closed = true;
        self.turns.clear();
        (self.count, self.bytes) = (0, 0);
        self.waiting.drain().flat_map(|(_, waiting)| waiting).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use serde_json::{Map, Value as Json};
    use waypost_ids::InteractionId;

    use super::*;

    const HANGS: DataActionId = DataActionId(Uuid::from_u128(1));
    const WORKS: DataActionId = DataActionId(Uuid::from_u128(2));

    fn call(data_action: DataActionId) -> Call {
        let asker = Asker::Run(Ticket { interaction: InteractionId(Uuid::nil()), lease: Uuid::nil() });
        let asked = CallDataAction { data_action, input: Map::new(), timeout_ms: None };
        let since = Instant::now();
        Call { asker, asked, key: Uuid::nil(), since, latest: since + Duration::from_secs(60) }
    }

    fn book(calls: &[(DataActionId, usize)]) -> Book {
        let mut book = Book::default();
        for (action, count) in calls {
            for _ in 0..*count {
                book.put(call(*action)).unwrap();
            }
        }
        book
    }

    fn begun(book: &mut Book, now: Instant) -> Vec<(DataActionId, Turn)> {
        std::iter::from_fn(|| book.next(now)).map(|(call, turn)| (call.asked.data_action, turn)).collect()
    }

    fn count(begun: &[(DataActionId, Turn)], action: DataActionId) -> usize {
        begun.iter().filter(|(one, _)| *one == action).count()
    }

    #[test]
    fn a_service_that_hangs_holds_up_no_other() {
        let mut book = book(&[(HANGS, 1000), (WORKS, 3)]);
        let now = Instant::now();
        let first = begun(&mut book, now);
        assert_eq!((count(&first, HANGS), count(&first, WORKS)), (SLOTS_OF_AN_ACTION, 3));
        assert_eq!(first[1].0, WORKS, "they take turns");
        for _ in 0..3 {
            book.put(call(WORKS)).unwrap();
        }
        let more = begun(&mut book, now);
        assert_eq!((count(&more, HANGS), count(&more, WORKS)), (0, 3));
        assert_eq!((book.waiting(), book.under_way()), (1000 - SLOTS_OF_AN_ACTION, SLOTS_OF_AN_ACTION + 6));
    }

    #[test]
    fn calls_of_a_service_that_is_away_fail_at_once_until_one_finds_it_back() {
        let carry = Turn::Carry { asks_again: false };
        let mut book = book(&[(HANGS, 40)]);
        let now = Instant::now();
        assert_eq!(begun(&mut book, now).len(), SLOTS_OF_AN_ACTION);
        for _ in 0..SLOTS_OF_AN_ACTION {
            book.end(HANGS, carry, Some(&Ended::Unreached), now);
        }
        assert!(book.refuses(HANGS, now) && !book.refuses(WORKS, now));
        let refused = begun(&mut book, now);
        assert!(refused.len() == SLOTS_OF_AN_ACTION && refused.iter().all(|(_, turn)| *turn == Turn::Refuse));
        refused.iter().for_each(|(action, turn)| book.end(*action, *turn, None, now));
        let later = now + Duration::from_secs(2);
        let turns: Vec<_> = begun(&mut book, later).into_iter().map(|(_, turn)| turn).collect();
        assert_eq!(turns[..2], [Turn::Carry { asks_again: true }, Turn::Refuse], "one asks");
        book.end(HANGS, Turn::Carry { asks_again: true }, Some(&Ended::Reached), later);
        book.put(call(HANGS)).unwrap();
        assert_eq!(book.next(later).map(|(_, turn)| turn), Some(carry));
    }

    #[test]
    fn what_a_service_asks_for_counts_while_the_call_that_heard_it_goes_on() {
        let mut book = book(&[(HANGS, 1)]);
        let now = Instant::now();
        assert_eq!(begun(&mut book, now), [(HANGS, Turn::Carry { asks_again: false })]);
        book.note(HANGS, &Ended::Busy(Duration::from_secs(30)), now);
        book.put(call(HANGS)).unwrap();
        assert_eq!(begun(&mut book, now), [(HANGS, Turn::Refuse)]);
        assert!(book.refuses(HANGS, now) && !book.refuses(HANGS, now + Duration::from_secs(30)));
        assert_eq!(book.busy_until(HANGS, now), Some(now + Duration::from_secs(30)));
        book.end(HANGS, Turn::Refuse, None, now);
        let later = now + Duration::from_secs(30);
        (0..2).for_each(|_| book.put(call(HANGS)).unwrap());
        assert_eq!(begun(&mut book, later), [(HANGS, Turn::Carry { asks_again: false }); 2], "nobody has to find out");
        book.end(HANGS, Turn::Carry { asks_again: false }, Some(&Ended::Reached), later);
        assert!(!book.refuses(HANGS, now), "it is back");
    }

    #[test]
    fn a_call_that_has_waited_for_too_long_is_left_whatever_is_under_way() {
        let mut book = book(&[(HANGS, SLOTS_OF_AN_ACTION + 2)]);
        let now = Instant::now();
        assert_eq!(begun(&mut book, now).len(), SLOTS_OF_AN_ACTION);
        let later = begun(&mut book, now + Duration::from_secs(61));
        assert_eq!(later, [(HANGS, Turn::Leave), (HANGS, Turn::Leave)]);
        assert_eq!(book.waiting(), 0);
    }

    #[test]
    fn what_waits_is_bounded() {
        let mut book = book(&[(HANGS, MOST_WAITING)]);
        assert!(book.put(call(WORKS)).is_err());
        assert!(!book.is_closed());
        assert_eq!(book.close().len(), MOST_WAITING);
        assert!(book.is_closed() && book.put(call(WORKS)).is_err() && book.waiting() == 0, "nobody would make it");
    }

    #[test]
    fn what_waits_holds_no_more_than_it_may() {
        let large = || {
            let mut large = call(WORKS);
            large.asked.input.insert("body".to_owned(), Json::String("x".repeat(1000)));
            large
        };
        let mut book = Book { bytes: MOST_BYTES - 2500, ..Book::default() };
        assert_eq!((0..5).filter(|_| book.put(large()).is_ok()).count(), 2);
        assert_eq!(begun(&mut book, Instant::now()).len(), 2);
        assert_eq!((book.bytes, book.waiting()), (MOST_BYTES - 2500, 0));
    }
}
