//! Slows the guessing of secrets, by client.
//!
//! Each failure beyond a few makes the next attempt wait longer: for one client from one address, and for one client from
//! anywhere. Others at that address, as behind a proxy that does not say for whom it asks, are not made to wait for it; only
//! somebody who tries very many clients slows those that never came from there. Strangers who fail for a client, or many
//! who fail at its address, do not shut it out where it came from before.

use std::collections::{HashMap, HashSet};
use std::net::IpAddr;
use std::sync::{Mutex, MutexGuard, PoisonError};

use jiff::{SignedDuration, Timestamp};
use waypost_admission::Origin;

/// Failures are forgotten when there was none for this long.
const FORGOTTEN: SignedDuration = SignedDuration::from_mins(15);

/// How many failures cost nothing, and how long an attempt waits at most, in seconds: it is 1 after the first that costs,
/// and twice as long after each further one.
struct Patience {
    free: u32,
    longest: u32,
}

const FOR_A_CLIENT_FROM_AN_ADDRESS: Patience = Patience { free: 10, longest: 60 };
const FOR_A_CLIENT: Patience = Patience { free: 30, longest: 60 };
/// Each client is guarded by its own count. This one bounds what trying all of them costs the server.
const FROM_AN_ADDRESS: Patience = Patience { free: 100, longest: 5 };

/// Attempts that have no answer yet, for one client from one address: guesses sent all at once are slowed as well.
const OPEN: usize = 64;

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
    failures: HashMap<Key, Failures>,
    open: HashMap<Pair, usize>,
    known: HashSet<Pair>,
}

/// A client, and the address that it asks from.
type Pair = (String, IpAddr);

#[derive(Clone, PartialEq, Eq, Hash)]
enum Key {
    Pair(Pair),
    Client(String),
    Address(IpAddr),
}

struct Failures {
    count: u32,
    last: Timestamp,
}

/// An attempt. Unless it is told to have succeeded, it counts as a failure when it is dropped.
pub struct Attempt<'g> {
    guesses: &'g Guesses,
    pair: Pair,
    at: Timestamp,
    succeeded: bool,
}

impl Guesses {
    /// Begins an attempt at `now`.
    ///
    /// # Errors
    /// There were too many: try again after so many seconds.
    pub fn begin(&self, remote: IpAddr, client: &str, now: Timestamp) -> Result<Attempt<'_>, u64> {
        let pair: Pair = (client.chars().take(REMEMBERED_LENGTH).collect(), Origin::of(remote).address);
        let mut state = self.state();
        let mut wait = state.wait(&Key::Pair(pair.clone()), &FOR_A_CLIENT_FROM_AN_ADDRESS, now);
        if !state.known.contains(&pair) {
            wait = wait.max(state.wait(&Key::Client(pair.0.clone()), &FOR_A_CLIENT, now));
            wait = wait.max(state.wait(&Key::Address(pair.1), &FROM_AN_ADDRESS, now));
        }
        if let Some(seconds) = wait {
            return Err(seconds);
        }
        let open = state.open.entry(pair.clone()).or_default();
        if *open >= OPEN {
            return Err(1);
        }
        *open += 1;
        Ok(Attempt { guesses: self, pair, at: now, succeeded: false })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    /// Seconds until another attempt is allowed; `None` if it is allowed now.
    fn wait(&mut self, key: &Key, patience: &Patience, now: Timestamp) -> Option<u64> {
        let failures = self.failures.get(key)?;
        let since = now.duration_since(failures.last);
        if since >= FORGOTTEN {
            self.failures.remove(key);
            return None;
        }
        let costly = failures.count.checked_sub(patience.free)?;
        let delay = 1_u32.checked_shl(costly).unwrap_or(u32::MAX).min(patience.longest);
        let left = SignedDuration::from_secs(i64::from(delay)) - since;
        let seconds = u64::try_from(left.as_secs()).unwrap_or(0) + u64::from(left.subsec_nanos() > 0);
        (seconds > 0).then_some(seconds)
    }

    fn fail(&mut self, key: Key, at: Timestamp) {
        if self.failures.len() >= REMEMBERED {
            self.failures.retain(|_, failures| at.duration_since(failures.last) < FORGOTTEN);
            if self.failures.len() >= REMEMBERED {
                self.failures.clear();
            }
        }
        let failures = self.failures.entry(key).or_insert(Failures { count: 0, last: at });
        failures.count = failures.count.saturating_add(1);
        failures.last = failures.last.max(at);
    }

    fn succeed(&mut self, pair: Pair) {
        if self.known.len() >= REMEMBERED {
            self.known.clear();
        }
        self.known.insert(pair);
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
        if let Some(open) = state.open.get_mut(&self.pair) {
            *open = open.saturating_sub(1);
            if *open == 0 {
                state.open.remove(&self.pair);
            }
        }
        let (client, address) = self.pair.clone();
        if self.succeeded {
            state.succeed((client, address));
        } else {
            state.fail(Key::Pair((client.clone(), address)), self.at);
            state.fail(Key::Client(client), self.at);
            state.fail(Key::Address(address), self.at);
        }
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
    fn delays_grow_for_the_client_that_is_guessed_and_for_nobody_else() {
        let guesses = Guesses::default();
        for _ in 0..10 {
            assert_eq!(fail(&guesses, address(1), "victim", at(0)), Ok(()));
        }
        let mut now = 0;
        for delay in [1, 2, 4, 8, 16, 32, 60, 60] {
            assert_eq!(fail(&guesses, address(1), "victim", at(now)), Err(delay));
            now += i64::try_from(delay).unwrap();
            // The wait that was named is true, to the second.
            assert_eq!(fail(&guesses, address(1), "victim", at(now - 1)), Err(1));
            assert_eq!(fail(&guesses, address(1), "victim", at(now)), Ok(()));
            assert!(guesses.begin(address(1), "another", at(now)).map(Attempt::succeeded).is_ok(), "behind one proxy");
        }
        assert_eq!(fail(&guesses, address(2), "victim", at(now)), Ok(()), "elsewhere the count is its own");
        assert_eq!(fail(&guesses, address(1), "victim", at(now + 15 * 60)), Ok(()), "forgotten");
        assert_eq!(fail(&guesses, address(1), "victim", at(now + 15 * 60)), Ok(()));
    }

    #[test]
    fn a_client_is_slowed_from_wherever_but_not_shut_out() {
        let guesses = Guesses::default();
        guesses.begin(address(200), "victim", at(0)).unwrap().succeeded();
        for n in 0..30 {
            assert_eq!(fail(&guesses, address(n), "victim", at(0)), Ok(()));
        }
        assert_eq!(fail(&guesses, address(100), "victim", at(0)), Err(1));
        assert!(guesses.begin(address(200), "victim", at(0)).is_ok());
        assert_eq!(fail(&guesses, address(100), "other", at(0)), Ok(()));
    }

    #[test]
    fn who_tries_all_clients_slows_those_that_never_came_from_there() {
        let guesses = Guesses::default();
        guesses.begin(address(1), "regular", at(0)).unwrap().succeeded();
        for n in 0..100 {
            assert_eq!(fail(&guesses, address(1), &format!("client{n}"), at(0)), Ok(()));
        }
        assert_eq!(fail(&guesses, address(1), "newcomer", at(0)), Err(1));
        for n in 0..4 {
            assert_eq!(fail(&guesses, address(1), "newcomer", at(n * 5 + 5)), Ok(()), "for seconds, not for minutes");
        }
        assert!(guesses.begin(address(1), "regular", at(20)).is_ok());
    }

    #[test]
    fn successes_are_not_counted() {
        let guesses = Guesses::default();
        for _ in 0..200 {
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
}
