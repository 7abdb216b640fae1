//! Leases: the right to do some work until a time, renewed by whoever does it.

use std::sync::atomic::{AtomicBool, Ordering};
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
    /// A new lease, proven by `id`.
    #[must_use]
    pub fn new(id: Uuid, now: Timestamp, lasts: Duration) -> Self {
        Self { id, until: now }.renewed(now, lasts)
    }

    /// The same lease, for so long from now. Its end is in whole microseconds: stores keep no finer times.
    #[must_use]
    pub fn renewed(self, now: Timestamp, lasts: Duration) -> Self {
        let micros = i64::try_from(lasts.as_micros()).unwrap_or(i64::MAX);
        let until = Timestamp::from_microsecond(now.as_microsecond().saturating_add(micros));
        Self { until: until.unwrap_or(Timestamp::MAX), ..self }
    }

    /// Whether its time has not run out.
    #[must_use]
    pub fn lasts(self, now: Timestamp) -> bool {
        self.until > now
    }
}

/// Who holds something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Hold {
    Nobody,
    By(Lease),
    /// Nobody does any more; the last lease is known still, so that ending it again is known as well.
    Over(Uuid),
}

impl Hold {
    /// A hold from the columns that keep it.
    pub(crate) fn of(lease: Option<Uuid>, until: Option<Timestamp>) -> Self {
        match (lease, until) {
            (Some(id), Some(until)) => Self::By(Lease { id, until }),
            (Some(id), None) => Self::Over(id),
            (None, _) => Self::Nobody,
        }
    }

    /// The lease, as it is kept.
    pub(crate) fn lease(self) -> Option<Uuid> {
        match self {
            Self::Nobody => None,
            Self::By(lease) => Some(lease.id),
            Self::Over(id) => Some(id),
        }
    }

    /// When it ends, as it is kept.
    pub(crate) fn until(self) -> Option<Timestamp> {
        match self {
            Self::By(lease) => Some(lease.until),
            Self::Nobody | Self::Over(_) => None,
        }
    }

    /// Somebody takes it, if nobody has it.
    pub(crate) fn take(self, lease: Lease) -> Option<Self> {
        match self {
            Self::Nobody | Self::Over(_) => Some(Self::By(lease)),
            Self::By(_) => None,
        }
    }

    /// Whoever has it keeps it until another time, even if it ran out: as long as nobody took it back.
    pub(crate) fn renew(self, lease: Lease) -> Option<Self> {
        self.is_by(lease.id).then_some(Self::By(lease))
    }

    /// Nobody has what is held for longer than its lease lasts.
    pub(crate) fn expire(self, now: Timestamp) -> Option<Self> {
        match self {
            Self::By(lease) if !lease.lasts(now) => Some(Self::Nobody),
            Self::By(_) | Self::Nobody | Self::Over(_) => None,
        }
    }

    /// Whether it is held under this lease, even if that ran out.
    pub(crate) fn is_by(self, id: Uuid) -> bool {
        matches!(self, Self::By(lease) if lease.id == id)
    }

    /// Whether it is held under this lease, which has time left.
    pub(crate) fn lasts_by(self, id: Uuid, now: Timestamp) -> bool {
        self.is_by(id) && self.expire(now).is_none()
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

    /// A new lease, proven by `id`, from now on.
    #[must_use]
    pub fn begin(self, id: Uuid, now: Timestamp) -> Lease {
        Lease::new(id, now, self.lasts)
    }

    /// The same lease, renewed now.
    #[must_use]
    pub fn renew(self, lease: Lease, now: Timestamp) -> Lease {
        lease.renewed(now, self.lasts)
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
pub async fn hold<T, E, R>(term: Term, renew: impl FnMut() -> R, work: impl Future<Output = T>) -> Result<T, Lost>
where
    R: Future<Output = Result<bool, E>>,
{
    hold_until_kept(term, &AtomicBool::new(false), renew, work).await
}

/// The same for work that ends its lease itself, when what came of it is kept. From `keeping` on, a renewal that finds the lease over is no
/// loss: it may have crossed that very commit, and what is done after the commit must not be dropped.
///
/// # Errors
/// As [`hold`].
pub async fn hold_until_kept<T, E, R>(
    term: Term,
    keeping: &AtomicBool,
    mut renew: impl FnMut() -> R,
    work: impl Future<Output = T>,
) -> Result<T, Lost>
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
                // The commit itself says whether the lease was lost.
                Ok(Ok(false)) if keeping.load(Ordering::Relaxed) => std::future::pending::<()>().await,
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

/// The same for work that keeps the store itself from answering, such as rewriting it: only another's lease is a loss. A second start of the
/// work would take as long as the first.
///
/// # Errors
/// The lease is another's.
pub async fn hold_until_taken<T, E, R>(
    term: Term,
    mut renew: impl FnMut() -> R,
    work: impl Future<Output = T>,
) -> Result<T, Lost>
where
    R: Future<Output = Result<bool, E>>,
{
    let keep = async {
        loop {
            sleep(term.renewed).await;
            if matches!(renew().await, Ok(false)) {
                return;
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

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn a_lease_ends_in_time_however_long_it_is_to_last() {
        let now = Timestamp::from_nanosecond(7_000_000_999).unwrap();
        let lease = Lease::new(Uuid::from_u128(7), now, Duration::from_secs(60));
        assert_eq!(lease.until, at(67), "in whole microseconds");
        assert!(lease.lasts(at(66)) && !lease.lasts(at(67)));
        let longer = lease.renewed(at(50), Duration::from_millis(500));
        assert_eq!((longer.id, longer.until), (lease.id, Timestamp::from_millisecond(50_500).unwrap()));
        assert_eq!(lease.renewed(now, Duration::MAX).until, Timestamp::MAX);
    }

    #[test]
    fn what_is_held_is_taken_renewed_and_given_back() {
        let (one, two) =
            (Lease { id: Uuid::from_u128(1), until: at(20) }, Lease { id: Uuid::from_u128(2), until: at(90) });
        let held = Hold::By(one);
        for free in [Hold::Nobody, Hold::Over(one.id)] {
            assert_eq!(free.take(one), Some(held));
            assert_eq!((free.renew(one), free.expire(at(99))), (None, None));
            assert!(!free.is_by(one.id));
        }
        assert_eq!((held.take(two), held.renew(two)), (None, None));
        let longer = Lease { until: at(40), ..one };
        assert_eq!(held.renew(longer), Some(Hold::By(longer)));
        assert_eq!((held.expire(at(19)), held.expire(at(20))), (None, Some(Hold::Nobody)));
        assert!(held.is_by(one.id) && held.lasts_by(one.id, at(19)) && !held.lasts_by(one.id, at(20)));
        for hold in [Hold::Nobody, held, Hold::Over(one.id)] {
            assert_eq!(Hold::of(hold.lease(), hold.until()), hold);
        }
    }

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
    async fn a_renewal_that_crosses_the_commit_that_ends_the_lease_drops_nothing() {
        let keeping = AtomicBool::new(false);
        let renew = || ready(Ok::<_, ()>(!keeping.load(Ordering::Relaxed)));
        let work = async {
            sleep(Duration::from_secs(15)).await;
            keeping.store(true, Ordering::Relaxed);
            sleep(Duration::from_secs(80)).await;
            "done"
        };
        assert_eq!(hold_until_kept(TERM, &keeping, renew, work).await, Ok("done"));
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
    async fn work_that_keeps_the_store_busy_outlasts_its_term_until_somebody_else_has_it() {
        let begun = Instant::now();
        let work = |seconds| async move { sleep(Duration::from_secs(seconds)).await };
        assert_eq!(hold_until_taken(TERM, || ready(Err::<bool, _>(())), work(950)).await, Ok(()));
        let renew = || ready(if begun.elapsed() < Duration::from_secs(980) { Err(()) } else { Ok(false) });
        assert_eq!(hold_until_taken(TERM, renew, work(950)).await, Err(Lost));
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
