//! Slows the guessing of secrets, by address and by client.
//!
//! After too many failures within a minute, from one address or for one client, further attempts are refused unseen until
//! the oldest failure is a minute old. Many strangers failing for one client don't shut out the addresses from which that
//! client came before.

use std::collections::{HashMap, HashSet, VecDeque};
use std::net::{IpAddr, Ipv6Addr};
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};

const WINDOW: SignedDuration = SignedDuration::from_secs(60);
const FAILURES_PER_ADDRESS: usize = 10;
const FAILURES_PER_CLIENT: usize = 30;

/// Attempts that have no answer yet, from one address: guesses sent all at once are slowed as well.
const OPEN_PER_ADDRESS: usize = 64;

/// So many addresses and clients are remembered; beyond that the table is emptied of those that are forgotten anyway, and
/// then of all, rather than growing without end.
const REMEMBERED: usize = 10_000;

/// So many characters of a client's id are remembered: nobody else decides how much memory this takes.
const REMEMBERED_LENGTH: usize = 128;

/// Attempts to prove an identity.
#[derive(Default)]
pub struct Guesses(Mutex<State>);

#[derive(Default)]
struct State {
    failures: HashMap<Key, VecDeque<Timestamp>>,
    open: HashMap<IpAddr, usize>,
    known: HashSet<(String, IpAddr)>,
}

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Address(IpAddr),
    Client(String),
}

/// An attempt. Unless it is told to have succeeded, it counts as a failure when it is dropped.
pub struct Attempt<'g> {
    guesses: &'g Guesses,
    address: IpAddr,
    client: String,
    at: Timestamp,
    succeeded: bool,
}

impl Guesses {
    /// Begins an attempt at `now`.
    ///
    /// # Errors
    /// There were too many: try again after so many seconds.
    pub fn begin(&self, remote: IpAddr, client: &str, now: Timestamp) -> Result<Attempt<'_>, u64> {
        let address = network(remote);
        let client: String = client.chars().take(REMEMBERED_LENGTH).collect();
        let mut state = self.state();
        let by_address = state.wait(&Key::Address(address), FAILURES_PER_ADDRESS, now);
        let by_client = if state.known.contains(&(client.clone(), address)) {
            None
        } else {
            state.wait(&Key::Client(client.clone()), FAILURES_PER_CLIENT, now)
        };
        if let Some(seconds) = by_address.max(by_client) {
            return Err(seconds);
        }
        let open = state.open.entry(address).or_default();
        if *open >= OPEN_PER_ADDRESS {
            return Err(1);
        }
        *open += 1;
        Ok(Attempt { guesses: self, address, client, at: now, succeeded: false })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Seconds until another attempt is allowed; `None` if it is allowed now.
    fn wait(&mut self, key: &Key, limit: usize, now: Timestamp) -> Option<u64> {
        let failures = self.failures.get_mut(key)?;
        while failures.front().is_some_and(|oldest| now.duration_since(*oldest) >= WINDOW) {
            failures.pop_front();
        }
        if failures.is_empty() {
            self.failures.remove(key);
            return None;
        }
        if failures.len() < limit {
            return None;
        }
        let oldest = failures.get(failures.len() - limit)?;
        let left = WINDOW - now.duration_since(*oldest);
        let seconds = u64::try_from(left.as_secs()).unwrap_or(0) + u64::from(left.subsec_nanos() > 0);
        Some(seconds.max(1))
    }

    fn fail(&mut self, key: Key, at: Timestamp) {
        if self.failures.len() >= REMEMBERED {
            let fresh = |failures: &VecDeque<Timestamp>| {
                failures.back().is_some_and(|newest| at.duration_since(*newest) < WINDOW)
            };
            self.failures.retain(|_, failures| fresh(failures));
            if self.failures.len() >= REMEMBERED {
                self.failures.clear();
            }
        }
        self.failures.entry(key).or_default().push_back(at);
    }

    fn succeed(&mut self, client: String, address: IpAddr) {
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert((client, address));
    }
}

impl Attempt<'_> {
    /// The secret was right.
    pub fn succeeded(mut self) {
        self.succeeded = true;
    }
}

impl Drop for Attempt<'_> {
    fn drop(&mut self) {
        let mut state = self.guesses.state();
        if let Some(open) = state.open.get_mut(&self.address) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                state.open.remove(&self.address);
            }
        }
        let client = std::mem::take(&mut self.client);
        if self.succeeded {
            state.succeed(client, self.address);
        } else {
            state.fail(Key::Address(self.address), self.at);
            state.fail(Key::Client(client), self.at);
        }
    }
}

/// What one party has to itself: an IPv4 address, or 64 bits of an IPv6 one.
fn network(address: IpAddr) -> IpAddr {
    match address.to_canonical() {
        IpAddr::V6(v6) => {
            let prefix = u128::from(v6) & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from(prefix))
        }
        v4 @ IpAddr::V4(_) => v4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_second(1_800_000_000 + seconds).unwrap()
    }

    fn address(last: u8) -> IpAddr {
        IpAddr::from([192, 0, 2, last])
    }

    fn fail(guesses: &Guesses, remote: IpAddr, client: &str, now: Timestamp) -> Result<(), u64> {
        guesses.begin(remote, client, now).map(drop)
    }

    #[test]
    fn an_address_is_slowed_whatever_client_it_tries() {
        let guesses = Guesses::default();
        for n in 0..10 {
            assert_eq!(fail(&guesses, address(1), &format!("client{n}"), at(n)), Ok(()));
        }
        assert_eq!(fail(&guesses, address(1), "another", at(10)), Err(50));
        assert_eq!(fail(&guesses, address(2), "another", at(10)), Ok(()));
        // The wait that was told is true, to the second.
        assert_eq!(fail(&guesses, address(1), "another", at(59)), Err(1));
        assert_eq!(fail(&guesses, address(1), "another", at(60)), Ok(()));
    }

    #[test]
    fn a_client_is_slowed_from_wherever_but_not_shut_out() {
        let guesses = Guesses::default();
        guesses.begin(address(200), "victim", at(0)).unwrap().succeeded();
        for n in 0..30 {
            assert_eq!(fail(&guesses, address(n), "victim", at(0)), Ok(()));
        }
        assert_eq!(fail(&guesses, address(100), "victim", at(1)), Err(59));
        assert!(guesses.begin(address(200), "victim", at(1)).is_ok());
        assert_eq!(fail(&guesses, address(100), "other", at(1)), Ok(()));
    }

    #[test]
    fn successes_are_not_counted() {
        let guesses = Guesses::default();
        for _ in 0..100 {
            guesses.begin(address(1), "c", at(0)).unwrap().succeeded();
        }
    }

    #[test]
    fn guesses_all_at_once_are_slowed() {
        let guesses = Guesses::default();
        let open: Vec<_> = (0..64).map(|_| guesses.begin(address(1), "c", at(0)).unwrap()).collect();
        assert_eq!(fail(&guesses, address(1), "c", at(0)), Err(1));
        drop(open);
        assert_eq!(fail(&guesses, address(1), "c", at(0)), Err(60));
        assert!(guesses.state().open.is_empty());
    }

    #[test]
    fn one_network_is_one_party() {
        let one = network("2001:db8::1".parse().unwrap());
        assert_eq!(one, network("2001:db8::ffff:1".parse().unwrap()));
        assert_ne!(one, network("2001:db8:0:1::1".parse().unwrap()));
        assert_eq!(network("::ffff:192.0.2.1".parse().unwrap()), address(1));
    }
}
