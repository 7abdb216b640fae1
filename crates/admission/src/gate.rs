//! How many connections there may be, and which of them goes when there are too many.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use tokio::sync::Notify;

use crate::networks::{Networks, Origin};
use crate::tally::{Full, Room, Tally};

/// A connection that waits for its client may be closed for another after this long.
const PATIENCE: Duration = Duration::from_secs(5);

/// So many connections that were asked to leave may still be there when another is accepted.
const LEAVING: usize = 32;

/// How long to wait for [`Gate::settled`] before the next connection is accepted.
pub const SETTLES_WITHIN: Duration = Duration::from_secs(1);

/// Counts connections. Where there is no room for another, one goes that does nothing: first one whose client has never
/// said anything, then the one that has waited longest for its client. So whoever opens many and leaves them idle
/// shuts nobody out, not even others behind the same address.
#[derive(Debug)]
pub struct Gate {
    room: Room,
    excepted: Networks,
    begun: Instant,
    state: Mutex<State>,
    /// Rung when one that was asked to leave is gone.
    gone: Notify,
}

#[derive(Debug, Default)]
struct State {
    tally: Tally,
    last: u64,
    open: HashMap<u64, Open>,
    /// How many gave their place to another and are still there.
    leaving: usize,
}

#[derive(Debug)]
struct Open {
    origin: Origin,
    slot: Arc<Slot>,
}

#[derive(Debug)]
struct Slot {
    /// [`SILENT`], [`BUSY`], or since when it waits for its client, in milliseconds from [`AFTER`] on.
    standing: AtomicU64,
    evicted: Notify,
}

const SILENT: u64 = 0;
const BUSY: u64 = 1;
const AFTER: u64 = 2;

/// A connection that was let in; gives its place back when dropped.
#[derive(Debug)]
pub struct Pass {
    gate: Arc<Gate>,
    number: u64,
    slot: Arc<Slot>,
}

impl Gate {
    /// A gate. Of excepted networks there may be as many as there is room for in all.
    #[must_use]
    pub fn new(room: Room, excepted: Networks) -> Arc<Self> {
        Arc::new(Self { room, excepted, begun: Instant::now(), state: Mutex::default(), gone: Notify::new() })
    }

    /// Lets a connection in at `now`, in the place of another if it must be. That one is asked to leave through
    /// [`Pass::evicted`].
    ///
    /// # Errors
    /// There is no room, and every connection that could go is in the middle of something.
    pub fn enter(self: &Arc<Self>, from: IpAddr, now: Instant) -> Result<Pass, Full> {
        let origin = self.excepted.origin_of(from);
        let mut state = self.state();
        while let Err(full) = state.tally.fits(&self.room, &origin, 1) {
            let Some(number) = self.dispensable(&state, full, &origin, now) else { return Err(full) };
            if let Some(open) = state.leave(number) {
                state.leaving += 1;
                open.slot.evicted.notify_one();
            }
        }
        state.tally.add(&origin, 1);
        state.last += 1;
        let number = state.last;
        let slot = Arc::new(Slot { standing: AtomicU64::new(SILENT), evicted: Notify::new() });
        state.open.insert(number, Open { origin, slot: Arc::clone(&slot) });
        Ok(Pass { gate: Arc::clone(self), number, slot })
    }

    /// Waits until nearly all that were asked to leave are gone: they have file descriptors until then, and on a busy machine those that come
    /// would outrun those that go. One may be in the middle of something by now, so whoever accepts connections waits for [`SETTLES_WITHIN`].
    pub async fn settled(&self) {
        loop {
            let gone = self.gone.notified();
            if self.state().leaving <= LEAVING {
                return;
            }
            gone.await;
        }
    }

    /// How many connections are open.
    #[must_use]
    pub fn open(&self) -> usize {
        self.state().tally.all()
    }

    /// The connection to close for another: of those who have most, the one that is missed least.
    fn dispensable(&self, state: &State, full: Full, newcomer: &Origin, now: Instant) -> Option<u64> {
        let longest = self.millis(now).checked_sub(millis(PATIENCE));
        let rank = |number: u64, open: &Open| {
            let waited = match open.slot.standing.load(Ordering::Relaxed) {
                SILENT => u64::MAX - number,
                BUSY => return None,
                since => longest?.checked_sub(since - AFTER)?,
            };
            Some((state.tally.of_network(&open.origin), state.tally.of_address(&open.origin), waited))
        };
        let concerned = |open: &Open| match full {
            Full::Address => open.origin.address == newcomer.address && !open.origin.excepted,
            Full::Network => open.origin.network == newcomer.network && !open.origin.excepted,
            Full::All => true,
        };
        let ranked = state.open.iter().filter(|(_, open)| concerned(open));
        let ranked = ranked.filter_map(|(number, open)| Some((rank(*number, open)?, *number)));
        ranked.max().map(|(_, number)| number)
    }

    fn millis(&self, now: Instant) -> u64 {
        millis(now.duration_since(self.begun))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX - AFTER)
}

impl State {
    fn leave(&mut self, number: u64) -> Option<Open> {
        let open = self.open.remove(&number)?;
        self.tally.subtract(&open.origin, 1);
        Some(open)
    }
}

impl Pass {
    /// The connection is in the middle of something, and is not closed for another.
    pub fn busy(&self) {
        self.slot.standing.store(BUSY, Ordering::Relaxed);
    }

    /// The connection waits for its client from `now` on, unless it did already.
    pub fn waits(&self, now: Instant) {
        let since = self.gate.millis(now).saturating_add(AFTER);
        // A client that has said nothing yet has not become any better by being waited for.
        let _ = self.slot.standing.compare_exchange(BUSY, since, Ordering::Relaxed, Ordering::Relaxed);
    }

    /// Waits until the connection is to be closed for another.
    pub async fn evicted(&self) {
        self.slot.evicted.notified().await;
    }
}

impl Drop for Pass {
    fn drop(&mut self) {
        let mut state = self.gate.state();
        if state.leave(self.number).is_none() {
            state.leaving = state.leaving.saturating_sub(1);
            self.gate.gone.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::Future;
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    fn is_evicted(pass: &Pass) -> bool {
        let mut context = Context::from_waker(Waker::noop());
        pin!(pass.evicted()).poll(&mut context) == Poll::Ready(())
    }

    #[test]
    fn who_says_nothing_goes_first_and_then_who_waited_longest() {
        let gate = Gate::new(Room { all: 10, address: 3, network: 10 }, Networks::default());
        let (one, begun) = (address("192.0.2.1"), Instant::now());
        let [first, silent, last] = [0, 1, 2].map(|_| gate.enter(one, begun).unwrap());
        for (pass, second) in [(&first, 0), (&last, 1)] {
            pass.busy();
            pass.waits(begun + Duration::from_secs(second));
        }
        let fourth = gate.enter(one, begun).unwrap();
        assert!(is_evicted(&silent) && !is_evicted(&first) && !is_evicted(&last));
        fourth.busy();
        // Nobody has waited for long yet.
        assert_eq!(gate.enter(one, begun + Duration::from_secs(1)).err(), Some(Full::Address));
        let fifth = gate.enter(one, begun + Duration::from_secs(7)).unwrap();
        assert!(is_evicted(&first) && !is_evicted(&last));
        fifth.busy();
        last.busy();
        assert_eq!(gate.enter(one, begun + Duration::from_secs(100)).err(), Some(Full::Address));
        drop((first, silent));
        assert_eq!(gate.open(), 3, "those who were evicted gave their places back then");
        drop(fourth);
        assert_eq!(gate.open(), 2);
        assert!(gate.enter(one, begun).is_ok());
    }

    #[test]
    fn when_all_is_full_it_is_one_of_those_who_have_most() {
        let gate = Gate::new(Room { all: 6, address: 4, network: 6 }, Networks::default());
        let now = Instant::now();
        let few = gate.enter(address("198.51.100.1"), now).unwrap();
        let neighbour = gate.enter(address("192.0.2.9"), now).unwrap();
        let many: Vec<_> = (0..4).map(|_| gate.enter(address("192.0.2.1"), now).unwrap()).collect();
        let _newcomer = gate.enter(address("203.0.113.1"), now).unwrap();
        assert!(!is_evicted(&few) && !is_evicted(&neighbour));
        assert_eq!(many.iter().filter(|pass| is_evicted(pass)).count(), 1);
    }

    #[tokio::test]
    async fn nobody_is_accepted_before_those_who_leave_are_nearly_gone() {
        let gate = Gate::new(Room { all: 40, address: 40, network: 40 }, Networks::default());
        let now = Instant::now();
        let enter = || gate.enter(address("192.0.2.1"), now).unwrap();
        let mut first: Vec<_> = (0..40).map(|_| enter()).collect();
        first.iter().for_each(|pass| {
            pass.busy();
            pass.waits(now);
        });
        let later = now + PATIENCE * 2;
        let _others: Vec<_> = (0..=LEAVING).map(|_| gate.enter(address("192.0.2.2"), later).unwrap()).collect();
        let mut settled = Box::pin(gate.settled());
        let mut context = Context::from_waker(Waker::noop());
        assert!(settled.as_mut().poll(&mut context).is_pending());
        let evicted = first.iter().position(is_evicted).unwrap();
        drop(first.remove(evicted));
        assert!(settled.as_mut().poll(&mut context).is_ready());
    }

    #[test]
    fn shares_of_address_and_network() {
        let excepted: Networks = ["203.0.113.0/24".parse().unwrap()].into_iter().collect();
        let gate = Gate::new(Room { all: 8, address: 2, network: 3 }, excepted);
        let now = Instant::now();
        let enter = |text: &str| gate.enter(address(text), now).inspect(Pass::busy);
        let passes = [enter("192.0.2.1"), enter("192.0.2.1"), enter("192.0.2.2")].map(Result::unwrap);
        assert_eq!(enter("192.0.2.1").err(), Some(Full::Address));
        assert_eq!(enter("192.0.2.2").err(), Some(Full::Network));
        let trusted: Vec<_> = (0..5).map(|_| enter("203.0.113.1").unwrap()).collect();
        assert_eq!(enter("203.0.113.1").err(), Some(Full::All));
        drop((passes, trusted));
        assert_eq!(gate.open(), 0);
    }

    #[test]
    fn an_excepted_address_shuts_out_no_neighbour() {
        let excepted: Networks = ["192.0.2.1".parse().unwrap()].into_iter().collect();
        let gate = Gate::new(Room { all: 8, address: 2, network: 3 }, excepted);
        let now = Instant::now();
        let relay: Vec<_> = (0..6).map(|_| gate.enter(address("192.0.2.1"), now).unwrap()).collect();
        relay.iter().for_each(Pass::busy);
        let neighbours = ["192.0.2.2", "192.0.2.3"].map(|text| gate.enter(address(text), now).inspect(Pass::busy));
        assert!(neighbours.iter().all(Result::is_ok));
        assert_eq!(gate.enter(address("192.0.2.4"), now).err(), Some(Full::All));
    }
}
