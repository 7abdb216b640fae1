//! Circuit breakers: targets that can't be reached are left alone for a while, and then tried by one request at a time.

use std::collections::HashMap;
use std::hash::Hash;
use std::time::Duration;

use tokio::time::Instant;

/// Pauses from this on double.
pub(crate) const FIRST_PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(60);

/// A target is away after this many requests in a row that did not reach it.
const FAILURES: u32 = 3;

/// How a request ended, as far as it matters for the others.
pub(crate) enum Ended {
    /// The target was there.
    Reached,
    /// It was not.
    Unreached,
    /// It was, and wants to be left alone for so long.
    Busy(Duration),
    /// It says nothing about the target: another server was asked, or none.
    Apart,
}

/// A time during which a target is left alone.
#[derive(Clone, Copy)]
pub(crate) struct Pause {
    pub(crate) length: Duration,
    pub(crate) until: Instant,
    /// The target asked for it: it is there, and will be again.
    pub(crate) asked_for: bool,
}

impl Pause {
    fn first(now: Instant) -> Self {
        Self { length: FIRST_PAUSE, until: now + FIRST_PAUSE, asked_for: false }
    }

    fn longer(self, now: Instant) -> Self {
        let length = self.length.saturating_mul(2).min(LONGEST_PAUSE);
        Self { length, until: now + length, asked_for: false }
    }

    /// After one more request that did not reach it. Those that were under way when it went are no reason to wait longer.
    pub(crate) fn after(before: Option<Self>, asked_again: bool, now: Instant) -> Self {
        match before {
            None => Self::first(now),
            Some(pause) if asked_again => pause.longer(now),
            Some(pause) => Self { until: now + pause.length, asked_for: false, ..pause },
        }
    }
}

/// Targets that were not reached.
pub(crate) struct Targets<T>(HashMap<T, Failing>);

#[derive(Clone, Copy, Default)]
struct Failing {
    in_a_row: u32,
    /// Set once there were enough.
    pause: Option<Pause>,
}

impl<T> Default for Targets<T> {
    fn default() -> Self {
        Self(HashMap::new())
    }
}

impl<T: Eq + Hash + Clone> Targets<T> {
    /// Targets that are away, and until when each is left alone.
    pub(crate) fn away(&self) -> impl Iterator<Item = (&T, Pause)> {
        self.0.iter().filter_map(|(target, failing)| Some((target, failing.pause?)))
    }

    /// Until when a target is left alone, if it is away. A request after that finds out whether it is back.
    pub(crate) fn pause<Q: Eq + Hash + ?Sized>(&self, target: &Q) -> Option<Pause>
    where
        T: std::borrow::Borrow<Q>,
    {
        self.0.get(target).and_then(|failing| failing.pause)
    }

    /// All pauses are over: one request finds out about each target.
    pub(crate) fn ask_again(&mut self, now: Instant) {
        self.0.values_mut().filter_map(|failing| failing.pause.as_mut()).for_each(|pause| pause.until = now);
    }

    /// A request ended. `asked_again`: it was to find out whether the target is back.
    pub(crate) fn note(&mut self, target: &T, ended: &Ended, asked_again: bool, now: Instant) {
        match ended {
            Ended::Apart => {}
            Ended::Reached => drop(self.0.remove(target)),
            Ended::Busy(time) => {
                let failing = self.0.entry(target.clone()).or_default();
                failing.in_a_row = FAILURES;
                failing.pause = Some(Pause { length: FIRST_PAUSE, until: now + *time, asked_for: true });
            }
            Ended::Unreached => {
                let failing = self.0.entry(target.clone()).or_default();
                failing.in_a_row = failing.in_a_row.saturating_add(1);
                if failing.in_a_row >= FAILURES {
                    failing.pause = Some(Pause::after(failing.pause, asked_again, now));
                }
            }
        }
    }
}
