//! Leases: the right to do some work until a time, renewed by whoever does it.

use std::time::Duration;

use jiff::Timestamp;
use tokio::time::{Instant, sleep, timeout_at};
use uuid::Uuid;

/// The right to do some work: a run, work claimed from a queue, a replay, an import.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Proves it.
    pub id: Uuid,
    /// When it ends by itself, unless it is renewed.
    pub until: Timestamp,
}

impl Lease {
    /// A new lease, for so many seconds.
    #[must_use]
    pub fn new(now: Timestamp, seconds: u32) -> Self {
        Self { id: Uuid::new_v4(), until: now }.renewed(now, seconds)
    }

    /// The same lease, for so many seconds from now. Its end is in whole microseconds: stores keep no finer times.
    #[must_use]
    pub fn renewed(self, now: Timestamp, seconds: u32) -> Self {
        let until = now.as_microsecond().saturating_add(i64::from(seconds).saturating_mul(1_000_000));
        Self { until: Timestamp::from_microsecond(until).unwrap_or(Timestamp::MAX), ..self }
    }

    /// Whether its time has not run out.
    #[must_use]
    pub fn lasts(self, now: Timestamp) -> bool {
        self.until > now
    }
}

/// How long a lease lasts, and how often it is renewed.
#[derive(Clone, Copy, Debug)]
pub struct Term {
    /// The time after which others may take the work, unless the lease is renewed.
    pub lasts: Duration,
    /// The time between two renewals: a fraction of the other, so that one or two may fail.
    pub renewed: Duration,
}

impl Term {
    /// A term that is renewed three times over.
    #[must_use]
    pub const fn of(lasts: Duration) -> Self {
        Self { lasts, renewed: Duration::from_millis(lasts.as_millis() as u64 / 3) }
    }
}

/// The lease is another's by now, or was ended, or its time ran out because the store could not be reached.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lost;

/// Does work while its lease is renewed. `renew` answers whether it was still held; a renewal that fails is tried again as long as the
/// term lasts. The work is dropped when the lease is lost.
///
/// # Errors
/// The lease was lost before the work was done.
pub async fn hold<T, E, R>(term: Term, mut renew: impl FnMut() -> R, work: impl Future<Output = T>) -> Result<T, Lost>
where
    R: Future<Output = Result<bool, E>>,
{
    let keep = async {
        let mut renewed = Instant::now();
        loop {
            sleep(term.renewed).await;
            let ends = renewed + term.lasts;
            let asked = Instant::now();
            match timeout_at(ends, renew()).await {
                Ok(Ok(true)) => renewed = asked,
                Ok(Ok(false)) | Err(_) => return,
                Ok(Err(_)) if Instant::now() >= ends => return,
                Ok(Err(_)) => {}
            }
        }
    };
    tokio::select! {
        biased;
        done = work => Ok(done),
        () = keep => Err(Lost),
    }
}

#[cfg(test)]
mod tests {
    use std::cell::Cell;
    use std::future::ready;

    use super::*;

    const TERM: Term = Term::of(Duration::from_secs(30));

    async fn held<R>(work: Duration, renew: impl FnMut() -> R) -> Result<&'static str, Lost>
    where
        R: Future<Output = Result<bool, ()>>,
    {
        hold(TERM, renew, async {
            sleep(work).await;
            "done"
        })
        .await
    }

    #[tokio::test(start_paused = true)]
    async fn work_outlasts_the_term_while_its_lease_is_renewed() {
        let renewals = Cell::new(0);
        let renew = || {
            renewals.set(renewals.get() + 1);
            ready(Ok(true))
        };
        assert_eq!(held(Duration::from_secs(95), renew).await, Ok("done"));
        assert_eq!(renewals.get(), 9);
    }

    #[tokio::test(start_paused = true)]
    async fn work_stops_when_the_lease_is_lost() {
        let begun = Instant::now();
        assert_eq!(held(Duration::from_secs(95), || ready(Ok(false))).await, Err(Lost));
        assert_eq!(begun.elapsed(), Duration::from_secs(10));
    }

    #[tokio::test(start_paused = true)]
    async fn work_stops_at_the_end_of_a_term_that_could_not_be_renewed() {
        for hangs in [false, true] {
            let begun = Instant::now();
            let first = Cell::new(true);
            let renew = || async {
                if first.replace(false) {
                    return Ok(true);
                }
                if hangs {
                    std::future::pending::<()>().await;
                }
                Err(())
            };
            assert_eq!(held(Duration::from_secs(95), renew).await, Err(Lost));
            assert_eq!(begun.elapsed(), Duration::from_secs(40), "30 s after the renewal at 10 s");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_renewal_that_fails_is_tried_again() {
        let number = Cell::new(0);
        let renew = || {
            number.set(number.get() + 1);
            ready(if number.get() % 2 == 0 { Ok(true) } else { Err(()) })
        };
        assert_eq!(held(Duration::from_secs(95), renew).await, Ok("done"));
    }
}
