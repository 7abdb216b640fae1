//! Requests by client in a sliding minute, those that other nodes let in included.
//!
//! A node asks the others, through the store, after at most a hundredth of the limit and at least twice a second: so the limit holds
//! over all of them within a tenth as long as a client has few requests under way at a time. Hundreds at one instant are let in on what
//! was known before the answer came.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

/// The window that requests are counted in.
pub const WINDOW: Duration = Duration::from_secs(60);

/// What others let in is news again after this long.
const ASK_AGAIN: Duration = Duration::from_millis(500);

/// Counts each client's requests, over all its tokens. Refused requests are not counted, so that the wait that a refusal
/// names is true whatever the client does meanwhile short of other requests that are let in.
pub struct RateLimiter {
    limit: u32,
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
    untold: Vec<Instant>,
    asked_at: Option<Instant>,
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

impl RateLimiter {
    /// A limiter that lets so many requests in each window; 0 lets all in.
    pub fn new(limit: u32) -> Self {
        Self { limit, clients: Mutex::default() }
    }

    /// Counts a request of `client` at `now`; `None` if there is no limit.
    pub fn count(&self, client: &str, now: Instant) -> Option<Standing> {
        if self.limit == 0 {
            return None;
        }
        let mut clients = self.clients();
        let requests = match clients.get_mut(client) {
            Some(requests) => requests,
            None => clients.entry(client.to_owned()).or_default(),
        };
        requests.forget(now);
        let before = requests.count();
        let admitted = before < self.limit;
        if admitted {
            requests.own.push_back(now);
            requests.untold.push(now);
        }
        let left = WINDOW.saturating_sub(now.saturating_duration_since(requests.oldest().unwrap_or(now)));
        Some(Standing {
            count: before.saturating_add(u32::from(admitted)),
            allowed: self.limit,
            reset_seconds: (left.as_secs() + u64::from(left.subsec_nanos() > 0)).max(1),
            admitted,
        })
    }

    /// What the others are to be told of `client` before its next request is counted; `None` if that is not due. `second` is `now`,
    /// counted since 1970.
    pub fn owed(&self, client: &str, now: Instant, second: i64) -> Option<BySecond> {
        if self.limit == 0 {
            return None;
        }
        let mut clients = self.clients();
        let requests = clients.entry(client.to_owned()).or_default();
        let chunk = usize::try_from(self.limit / 100).unwrap_or(usize::MAX).max(1);
        let fresh = requests.asked_at.is_some_and(|asked| now.saturating_duration_since(asked) < ASK_AGAIN);
        if fresh && requests.untold.len() < chunk {
            return None;
        }
        requests.asked_at = Some(now);
        let mut owed = BTreeMap::new();
        for one in requests.untold.drain(..) {
            *owed.entry(second.saturating_sub(whole_seconds(now.saturating_duration_since(one)))).or_default() += 1;
        }
        Some(owed.into_iter().collect())
    }

    /// What the others let in of `client`.
    pub fn learn(&self, client: &str, now: Instant, second: i64, others: BySecond) {
        let mut clients = self.clients();
        let Some(requests) = clients.get_mut(client) else { return };
        requests.others.clear();
        for (then, count) in others {
            let age = Duration::from_secs(u64::try_from(second.saturating_sub(then)).unwrap_or(0));
            requests.others.extend(now.checked_sub(age).map(|then| (then, count)));
        }
        requests.others.sort_unstable();
    }

    fn clients(&self) -> MutexGuard<'_, HashMap<String, Requests>> {
        self.clients.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn whole_seconds(age: Duration) -> i64 {
    i64::try_from(age.as_secs()).unwrap_or(i64::MAX)
}

impl Requests {
    /// Leaves out what has left the window.
    fn forget(&mut self, now: Instant) {
        let gone = |then: Instant| now.saturating_duration_since(then) >= WINDOW;
        while self.own.front().is_some_and(|oldest| gone(*oldest)) {
            self.own.pop_front();
        }
        self.others.retain(|(then, _)| !gone(*then));
        // Nobody asks for them where there is one node.
        if self.own.is_empty() {
            self.untold.clear();
        }
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

    fn admitted(limiter: &RateLimiter, client: &str, now: Instant) -> bool {
        limiter.count(client, now).unwrap().admitted
    }

    #[test]
    fn the_wait_that_is_told_is_true() {
        let limiter = RateLimiter::new(300);
        let start = Instant::now();
        for n in 0..300 {
            let standing = limiter.count("c", start + Duration::from_millis(n * 10)).unwrap();
            assert_eq!((standing.count, standing.admitted), (u32::try_from(n).unwrap() + 1, true));
        }
        let now = start + Duration::from_millis(3500);
        let refused = limiter.count("c", now).unwrap();
        assert_eq!(refused, Standing { count: 300, allowed: 300, reset_seconds: 57, admitted: false });
        assert!(!admitted(&limiter, "c", start + Duration::from_millis(59_999)), "not a moment sooner than needed");
        assert!(admitted(&limiter, "c", now + Duration::from_secs(refused.reset_seconds)));
    }

    #[test]
    fn the_window_slides() {
        let limiter = RateLimiter::new(2);
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
        let limiter = RateLimiter::new(1);
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
        let limiter = RateLimiter::new(10);
        let start = Instant::now();
        let at = |seconds| start + Duration::from_secs(seconds);
        assert_eq!(limiter.owed("c", at(100), 1_000), Some(vec![]), "asked before the first");
        limiter.learn("c", at(100), 1_000, vec![(945, 3), (999, 5)]);
        let standing = limiter.count("c", at(100)).unwrap();
        assert_eq!((standing.count, standing.reset_seconds, standing.admitted), (9, 5, true));
        assert_eq!(limiter.owed("c", at(100), 1_000), Some(vec![(1_000, 1)]), "told once");
        assert_eq!(limiter.owed("c", at(100), 1_000), None);
        assert!(admitted(&limiter, "c", at(100)));
        assert!(!admitted(&limiter, "c", at(104)));
        assert!(admitted(&limiter, "c", at(105)));
        assert_eq!(limiter.owed("c", at(106), 1_006), Some(vec![(1_000, 1), (1_005, 1)]));
    }

    #[test]
    fn zero_is_no_limit() {
        assert_eq!(RateLimiter::new(0).owed("c", Instant::now(), 0), None);
        assert_eq!(RateLimiter::new(0).count("c", Instant::now()), None);
    }
}
