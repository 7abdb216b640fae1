//! How much memory what clients send may take together, and how much of it one client.

use std::net::IpAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::networks::{Networks, Origin};
use crate::tally::{Room, Tally};

/// A hold grows by at least this many bytes, so that long messages don't touch the shared count with each read.
const STEP: usize = 64 * 1024;

/// A message or body up to this many bytes is a small one. Large ones leave a quarter of the room to them: however many large
/// ones are begun and not ended, mail as most people write it comes in.
const SMALL: usize = 1024 * 1024;

/// Bytes in memory of messages or requests that have not come to their end, shared by all clients of a server.
#[derive(Clone, Debug)]
pub struct Budget(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    small: Room,
    large: Room,
    excepted: Networks,
    taken: Mutex<Tally>,
}

impl Budget {
    /// A budget of so many bytes, a quarter of it at most for one address and half for one network; excepted networks
    /// may have as much as there is.
    #[must_use]
    pub fn new(bytes: usize, excepted: Networks) -> Self {
        let small = Room::shared(bytes);
        let large = Room { all: bytes - bytes / 4, ..small };
        Self(Arc::new(Shared { small, large, excepted, taken: Mutex::default() }))
    }

    /// A share for something that a client sends; empty at first.
    #[must_use]
    pub fn hold(&self, client: IpAddr) -> Hold {
        Hold { budget: self.clone(), origin: self.0.excepted.origin_of(client), bytes: 0 }
    }

    /// How many bytes are held.
    #[must_use]
    pub fn held(&self) -> usize {
        self.taken().all()
    }

    fn taken(&self) -> MutexGuard<'_, Tally> {
        self.0.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A share of a budget, given back when dropped.
#[derive(Debug)]
pub struct Hold {
    budget: Budget,
    origin: Origin,
    bytes: usize,
}

impl Hold {
    /// Makes the share at least so large; `false` if the budget has no room for it.
    pub fn cover(&mut self, bytes: usize) -> bool {
        let missing = bytes.saturating_sub(self.bytes);
        if missing == 0 {
            return true;
        }
        let shared = &self.budget.0;
        let room = if bytes > SMALL { &shared.large } else { &shared.small };
        let mut taken = self.budget.taken();
        // A short budget is used to the last byte.
        let granted =
            [missing.max(STEP), missing].into_iter().find(|step| taken.fits(room, &self.origin, *step).is_ok());
        let Some(granted) = granted else { return false };
        taken.add(&self.origin, granted);
        self.bytes += granted;
        true
    }
}

impl Drop for Hold {
    fn drop(&mut self) {
        if self.bytes > 0 {
            self.budget.taken().subtract(&self.origin, self.bytes);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const MIB: usize = 1024 * 1024;

    fn client(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn trusting(network: &str) -> Networks {
        [network.parse().unwrap()].into_iter().collect()
    }

    #[test]
    fn what_is_held_is_not_free_until_dropped() {
        let budget = Budget::new(STEP + 10, trusting("192.0.2.0/24"));
        let mut first = budget.hold(client("192.0.2.1"));
        assert!(first.cover(1) && first.cover(STEP));
        let mut second = budget.hold(client("192.0.2.1"));
        assert!(second.cover(10));
        assert!(!second.cover(11));
        drop(first);
        assert!(second.cover(STEP));
        drop(second);
        assert_eq!(budget.held(), 0);
    }

    #[test]
    fn one_client_has_a_share_and_large_messages_leave_room_for_small_ones() {
        let budget = Budget::new(40 * MIB, trusting("203.0.113.0/24"));
        let mut greedy = budget.hold(client("192.0.2.1"));
        assert!(greedy.cover(10 * MIB) && !greedy.cover(10 * MIB + 1));
        assert!(!budget.hold(client("192.0.2.1")).cover(1));
        let mut neighbour = budget.hold(client("192.0.2.2"));
        assert!(neighbour.cover(10 * MIB));
        assert!(!budget.hold(client("192.0.2.3")).cover(1), "the network has its half");
        let mut relay = budget.hold(client("203.0.113.1"));
        assert!(relay.cover(10 * MIB) && !relay.cover(11 * MIB), "a quarter is kept for small messages");
        let mut small: Vec<_> = (0..10).map(|_| budget.hold(client("203.0.113.1"))).collect();
        assert!(small.iter_mut().all(|hold| hold.cover(MIB)));
        assert!(!budget.hold(client("198.51.100.1")).cover(1));
    }
}
