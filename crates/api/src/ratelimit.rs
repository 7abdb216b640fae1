//! Requests by client in a sliding minute.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

/// The window that requests are counted in.
pub const WINDOW: Duration = Duration::from_secs(60);

/// Counts each client's requests, over all its tokens. Refused requests are not counted, so that the wait that a refusal
/// names is true whatever the client does meanwhile short of other requests that are let in.
pub struct RateLimiter {
    limit: u32,
    admitted: Mutex<HashMap<String, VecDeque<Instant>>>,
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

impl RateLimiter {
    /// A limiter that lets so many requests in each window; 0 lets all in.
    pub fn new(limit: u32) -> Self {
        Self { limit, admitted: Mutex::default() }
    }

    /// Counts a request of `client` at `now`; `None` if there is no limit.
    pub fn count(&self, client: &str, now: Instant) -> Option<Standing> {
        if self.limit == 0 {
            return None;
        }
        let mut clients = self.admitted.lock().unwrap_or_else(PoisonError::into_inner);
        let requests = match clients.get_mut(client) {
            Some(requests) => requests,
            None => clients.entry(client.to_owned()).or_default(),
        };
        while requests.front().is_some_and(|oldest| now.saturating_duration_since(*oldest) >= WINDOW) {
            requests.pop_front();
        }
        let before = u32::try_from(requests.len()).unwrap_or(u32::MAX);
        let admitted = before < self.limit;
        if admitted {
            requests.push_back(now);
        }
        let oldest = requests.front().copied().unwrap_or(now);
        let left = WINDOW.saturating_sub(now.saturating_duration_since(oldest));
        Some(Standing {
            count: before.saturating_add(u32::from(admitted)),
            allowed: self.limit,
            reset_seconds: (left.as_secs() + u64::from(left.subsec_nanos() > 0)).max(1),
            admitted,
        })
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
    fn zero_is_no_limit() {
        assert_eq!(RateLimiter::new(0).count("c", Instant::now()), None);
    }
}
