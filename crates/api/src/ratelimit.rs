//! Requests by client in a sliding minute, those that other nodes let in included.
//!
//! A node asks the others, through the store, after at most a hundredth of the limit and at least twice a second. For each client one ask
//! is under way at a time, and whoever comes meanwhile waits for what it brings: so the limit holds over all nodes within a tenth,
//! however many requests come at the same instant. Where the store does not answer, each node counts by what it knows.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::watch;

/// The window that requests are counted in.
pub const WINDOW: Duration = Duration::from_secs(60);

/// What others let in is news again after this long; after this long, too, a store that did not answer is asked again.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// Nobody waits for an ask that has been under way for longer: as long as the store is waited for. It comes after all requests that want
/// the store before it, and who waits no more counts by what is known.
const PATIENCE: Duration = Duration::from_secs(10);

/// Counts each client's requests, over all its tokens. Refused requests are not counted, so that the wait that a refusal
/// names is true whatever the client does meanwhile short of other requests that are let in.
pub struct RateLimiter {
    limit: u32,
    has_peers: bool,
    clients: Mutex<HashMap<String, Requests>>,
}

/// One client's requests.
#[derive(Default)]
struct Requests {
    /// Those that this node let in.
    own: VecDeque<Instant>,
    /// Those that others let in, by second, oldest first.
    others: Vec<(Instant, u32)>,
    /// Of this node's, those that the others were not told of.
    untold: VecDeque<Instant>,
    asking: Option<Asking>,
    asked: Option<Asked>,
}

/// An ask that is under way.
struct Asking {
    since: Instant,
    /// Closes when it ends.
    ended: watch::Receiver<()>,
}

/// The last ask that ended.
#[derive(Clone, Copy)]
struct Asked {
    at: Instant,
    answered: bool,
}

/// Where a client stands after a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// Requests let in within the window, this one included.
    pub count: u32,
    /// How many may be.
    pub allowed: u32,
    /// When the oldest of them leaves the window, in seconds; at least 1.
    pub reset_seconds: u64,
    /// Whether this request is let in. If not, it will be after `reset_seconds`.
    pub admitted: bool,
}

/// Requests by the second, counted since 1970.
pub type BySecond = Vec<(i64, u32)>;

/// What is to become of a request.
pub enum Turn {
    /// It was counted; `None` if there is no limit.
    Counted(Option<Standing>),
    /// The other nodes are to be asked, by somebody; the request's turn comes again at once.
    Ask(Ask),
    /// Its turn comes again when an ask ends, which closes this, or after so long.
    Wait(watch::Receiver<()>, Duration),
}

/// A question to the other nodes. If it is dropped without an answer, they are told later what they would have been told with it.
pub struct Ask {
    /// Whose requests it is about.
    pub client: String,
    /// What they are to be told that this node let in.
    pub owed: BySecond,
    /// What they let in since this second is asked for.
    pub since: i64,
    limiter: Arc<RateLimiter>,
    told: VecDeque<Instant>,
    now: Instant,
    second: i64,
    answered: bool,
    /// Tells those who wait, by closing.
    _ends: watch::Sender<()>,
}

impl RateLimiter {
    /// A limiter that lets so many requests in each window, over all nodes if there may be others; 0 lets all in.
    pub fn new(limit: u32, has_peers: bool) -> Self {
        Self { limit, has_peers, clients: Mutex::default() }
    }

    /// A request of `client` at `now`, which is `second`, counted since 1970. It is counted, unless what others let in must be known
    /// first.
    pub fn turn(self: &Arc<Self>, client: &str, now: Instant, second: i64) -> Turn {
        if self.limit == 0 {
            return Turn::Counted(None);
        }
        let mut clients = self.clients();
        let requests = match clients.get_mut(client) {
            Some(requests) => requests,
            None => clients.entry(client.to_owned()).or_default(),
        };
        requests.forget(now);
        match &requests.asking {
            None if self.has_peers && requests.should_ask(self.chunk(), now) => {
                let (ends, ended) = watch::channel(());
                requests.asking = Some(Asking { since: now, ended });
                let told = mem::take(&mut requests.untold);
                return Turn::Ask(Ask {
                    client: client.to_owned(),
                    owed: by_second(&told, now, second),
                    since: second.saturating_sub(whole_seconds(WINDOW)),
                    limiter: Arc::clone(self),
                    told,
                    now,
                    second,
                    answered: false,
                    _ends: ends,
                });
            }
            // Whoever has no place by what is known gets none by what may be learned.
            Some(asking) if requests.count() < self.limit => {
                let left = PATIENCE.saturating_sub(now.saturating_duration_since(asking.since));
                if !left.is_zero() {
                    return Turn::Wait(asking.ended.clone(), left);
                }
            }
            _ => {}
        }
        Turn::Counted(Some(self.count(requests, now)))
    }

    fn count(&self, requests: &mut Requests, now: Instant) -> Standing {
        let before = requests.count();
        let admitted = before < self.limit;
        if admitted {
            requests.own.push_back(now);
            if self.has_peers {
                requests.untold.push_back(now);
            }
        }
        let left = WINDOW.saturating_sub(now.saturating_duration_since(requests.oldest().unwrap_or(now)));
        Standing {
            count: before.saturating_add(u32::from(admitted)),
            allowed: self.limit,
            reset_seconds: (left.as_secs() + u64::from(left.subsec_nanos() > 0)).max(1),
            admitted,
        }
    }

    /// So many are let in, at most, before the others are told.
    fn chunk(&self) -> usize {
        usize::try_from(self.limit / 100).unwrap_or(usize::MAX).max(1)
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<String, Requests>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Ask {
    /// What the others let in.
    pub fn learn(mut self, others: BySecond) {
        self.answered = true;
        let mut clients = self.limiter.clients();
        let Some(requests) = clients.get_mut(&self.client) else { return };
        requests.others.clear();
        for (then, count) in others {
            let age = Duration::from_secs(u64::try_from(self.second.saturating_sub(then)).unwrap_or(0));
            requests.others.extend(self.now.checked_sub(age).map(|then| (then, count)));
        }
        requests.others.sort_unstable();
        requests.asking = None;
        requests.asked = Some(Asked { at: self.now, answered: true });
    }
}

impl Drop for Ask {
    fn drop(&mut self) {
        if self.answered {
            return;
        }
        let mut clients = self.limiter.clients();
        let Some(requests) = clients.get_mut(&self.client) else { return };
        self.told.append(&mut requests.untold);
        requests.untold = mem::take(&mut self.told);
        requests.asking = None;
        requests.asked = Some(Asked { at: Instant::now(), answered: false });
    }
}

fn by_second(told: &VecDeque<Instant>, now: Instant, second: i64) -> BySecond {
    let mut counts = BTreeMap::new();
    for one in told {
        *counts.entry(second.saturating_sub(whole_seconds(now.saturating_duration_since(*one)))).or_default() += 1;
    }
    counts.into_iter().collect()
}

fn whole_seconds(age: Duration) -> i64 {
    i64::try_from(age.as_secs()).unwrap_or(i64::MAX)
}

impl Requests {
    /// Leaves out what has left the window.
    fn forget(&mut self, now: Instant) {
        let gone = |then: Instant| now.saturating_duration_since(then) >= WINDOW;
        for list in [&mut self.own, &mut self.untold] {
            while list.front().is_some_and(|oldest| gone(*oldest)) {
                list.pop_front();
            }
        }
        self.others.retain(|(then, _)| !gone(*then));
    }

    fn should_ask(&self, chunk: usize, now: Instant) -> bool {
        let Some(asked) = self.asked else { return true };
        now.saturating_duration_since(asked.at) >= ASK_AGAIN || (asked.answered && self.untold.len() >= chunk)
    }

    fn count(&self) -> u32 {
        let own = u32::try_from(self.own.len()).unwrap_or(u32::MAX);
        self.others.iter().fold(own, |sum, (_, count)| sum.saturating_add(*count))
    }

    fn oldest(&self) -> Option<Instant> {
        let others = self.others.first().map(|(then, _)| *then);
        self.own.front().copied().into_iter().chain(others).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A limiter of one node.
    fn limiter(limit: u32) -> Arc<RateLimiter> {
        Arc::new(RateLimiter::new(limit, false))
    }

    #[track_caller]
    fn counted(limiter: &Arc<RateLimiter>, client: &str, now: Instant) -> Standing {
        match limiter.turn(client, now, 1_000) {
            Turn::Counted(standing) => standing.unwrap(),
            Turn::Ask(ask) => panic!("an ask with {:?}", ask.owed),
            Turn::Wait(_, time) => panic!("a wait of {time:?}"),
        }
    }

    #[track_caller]
    fn admitted(limiter: &Arc<RateLimiter>, client: &str, now: Instant) -> bool {
        counted(limiter, client, now).admitted
    }

    #[track_caller]
    fn ask(limiter: &Arc<RateLimiter>, now: Instant, second: i64) -> Ask {
        match limiter.turn("c", now, second) {
            Turn::Ask(ask) => ask,
            Turn::Counted(standing) => panic!("{standing:?}"),
            Turn::Wait(_, time) => panic!("a wait of {time:?}"),
        }
    }

    #[test]
    fn the_wait_that_is_told_is_true() {
        let limiter = limiter(300);
        let start = Instant::now();
        for n in 0..300 {
            let standing = counted(&limiter, "c", start + Duration::from_millis(n * 10));
            assert_eq!((standing.count, standing.admitted), (u32::try_from(n).unwrap() + 1, true));
        }
        let now = start + Duration::from_millis(3500);
        let refused = counted(&limiter, "c", now);
        assert_eq!(refused, Standing { count: 300, allowed: 300, reset_seconds: 57, admitted: false });
        assert!(!admitted(&limiter, "c", start + Duration::from_millis(59_999)), "not a moment sooner than needed");
        assert!(admitted(&limiter, "c", now + Duration::from_secs(refused.reset_seconds)));
    }

    #[test]
    fn the_window_slides() {
        let limiter = limiter(2);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert!(admitted(&limiter, "c", at(0)));
        assert!(admitted(&limiter, "c", at(40)));
        assert!(!admitted(&limiter, "c", at(59)));
        assert!(admitted(&limiter, "c", at(60)));
        // A window that starts anew each minute would let this one in.
        assert!(!admitted(&limiter, "c", at(61)));
        assert!(admitted(&limiter, "c", at(100)));
    }

    #[test]
    fn refusals_are_not_counted_and_clients_are_apart() {
        let limiter = limiter(1);
        let start = Instant::now();
        assert!(admitted(&limiter, "a", start));
        for n in 1..60 {
            assert!(!admitted(&limiter, "a", start + Duration::from_secs(n)));
        }
        assert!(admitted(&limiter, "b", start));
        assert!(admitted(&limiter, "a", start + Duration::from_secs(60)));
    }

    #[test]
    fn what_others_let_in_counts_and_leaves_the_window_as_well() {
        let limiter = Arc::new(RateLimiter::new(10, true));
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        let first = ask(&limiter, at(100), 1_000);
        assert_eq!((&first.owed, first.since), (&vec![], 940), "asked before the first");
        first.learn(vec![(945, 3), (999, 5)]);
        let standing = counted(&limiter, "c", at(100));
        assert_eq!((standing.count, standing.reset_seconds, standing.admitted), (9, 5, true));
        let second = ask(&limiter, at(100), 1_000);
        assert_eq!(second.owed, [(1_000, 1)], "told once");
        second.learn(vec![(945, 3), (999, 5)]);
        assert!(admitted(&limiter, "c", at(100)));
        let third = ask(&limiter, at(104), 1_004);
        assert_eq!(third.owed, [(1_000, 1)]);
        third.learn(vec![(945, 3), (999, 5)]);
        assert!(!admitted(&limiter, "c", at(104)));
        ask(&limiter, at(105), 1_005).learn(vec![(999, 5)]);
        assert!(admitted(&limiter, "c", at(105)));
    }

    #[test]
    fn one_ask_at_a_time_and_who_comes_meanwhile_waits() {
        let limiter = Arc::new(RateLimiter::new(300, true));
        let now = Instant::now();
        let asked = ask(&limiter, now, 1_000);
        let Turn::Wait(ended, time) = limiter.turn("c", now, 1_000) else { panic!("no wait") };
        assert_eq!((ended.has_changed().is_ok(), time), (true, PATIENCE));
        asked.learn(vec![(1_000, 297)]);
        assert!(ended.has_changed().is_err(), "the wait has ended");
        for _ in 0..3 {
            assert!(admitted(&limiter, "c", now));
        }
        let asked = ask(&limiter, now, 1_000);
        assert!(!admitted(&limiter, "c", now), "nobody waits for what can't help");
        assert_eq!(asked.owed, [(1_000, 3)]);
    }

    #[test]
    fn an_ask_that_fails_is_made_up_for_and_limits_go_on() {
        let limiter = Arc::new(RateLimiter::new(300, true));
        let now = Instant::now();
        ask(&limiter, now, 1_000).learn(vec![]);
        (0..3).for_each(|_| assert!(admitted(&limiter, "c", now)));
        drop(ask(&limiter, now, 1_000));
        // None of them is half a second late, however long they take.
        for count in 4..=300 {
            assert_eq!(counted(&limiter, "c", now).count, count, "not asked again at once");
        }
        assert!(!admitted(&limiter, "c", now));
        let later = Instant::now() + ASK_AGAIN;
        let again = ask(&limiter, later, 1_000);
        assert_eq!(again.owed.iter().map(|(_, count)| count).sum::<u32>(), 300);
        // One that does not end holds nobody up for long, nor is there another.
        let later = now + WINDOW + PATIENCE;
        assert!(admitted(&limiter, "c", later));
    }

    #[test]
    fn zero_is_no_limit() {
        let limiter = Arc::new(RateLimiter::new(0, true));
        assert!(matches!(limiter.turn("c", Instant::now(), 0), Turn::Counted(None)));
    }
}
