//! Receivers that can't be reached are left alone for a while, and tried by one delivery at a time: the smarthost, or each webhook for itself.

use std::collections::HashMap;

use tokio::time::Instant;

use crate::breaker::{Ended, Pause, Targets};

/// What is known of receivers.
pub(super) enum Health {
    /// All goes through one server, or each domain's own, of which nothing is known.
    Smarthost(Smarthost),
    /// Each target is a server of its own.
    Each(Targets<String>),
}

/// The smarthost, which is away or not.
#[derive(Default)]
pub(super) struct Smarthost(Option<Pause>);

impl Health {
    /// How many attempts may be under way, of so many at most.
    pub(super) fn slots(&self, most: usize, now: Instant) -> usize {
        match self {
            Self::Smarthost(Smarthost(Some(pause))) => usize::from(now >= pause.until),
            Self::Smarthost(Smarthost(None)) | Self::Each(_) => most,
        }
    }

    /// Raises counts of attempts under way so that no more begin than may: to a target that is away none before its pause is over, and then
    /// one alone.
    pub(super) fn hold_back(&self, counts: &mut HashMap<String, u32>, most: u32, now: Instant) {
        let Self::Each(targets) = self else { return };
        for (target, pause) in targets.away() {
            let count = counts.entry(target.clone()).or_default();
            let may = if now >= pause.until { 1_u32.saturating_sub(*count) } else { 0 };
            *count = most.saturating_sub(may).max(*count);
        }
    }

    /// Whether an attempt at a target finds out if it is back.
    pub(super) fn is_away(&self, target: &str) -> bool {
        match self {
            Self::Smarthost(Smarthost(pause)) => pause.is_some(),
            Self::Each(targets) => targets.pause(target).is_some(),
        }
    }

    /// An attempt ended.
    pub(super) fn note(&mut self, target: &str, ended: &Ended, asked_again: bool, now: Instant) {
        match (self, ended) {
            (Self::Smarthost(Smarthost(pause)), Ended::Unreached) => {
                *pause = Some(Pause::after(*pause, asked_again, now))
            }
            (Self::Smarthost(_), Ended::Apart) => {}
            (Self::Smarthost(Smarthost(pause)), Ended::Reached | Ended::Busy(_)) => *pause = None,
            (Self::Each(targets), ended) => targets.note(&target.to_owned(), ended, asked_again, now),
        }
    }

    /// Somebody wants everything tried now that is due: pauses are over, and each receiver is asked by one attempt.
    pub(super) fn ask_again(&mut self, now: Instant) {
        match self {
            Self::Smarthost(_) => self.something_is_due(now),
            Self::Each(targets) => targets.ask_again(now),
        }
    }

    /// Something is due: reason enough to ask whether the smarthost is back. Targets keep their pauses, whatever is due to others.
    pub(super) fn something_is_due(&mut self, now: Instant) {
        if let Self::Smarthost(Smarthost(Some(pause))) = self {
            pause.until = now;
        }
    }
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;
    use crate::breaker::FIRST_PAUSE;

    /// What may begin to `hook` while so many attempts are under way there.
    fn may(health: &Health, under_way: u32, now: Instant) -> u32 {
        let mut counts = HashMap::from([("hook".to_owned(), under_way)]);
        health.hold_back(&mut counts, 4, now);
        4_u32.saturating_sub(counts["hook"])
    }

    #[test]
    fn a_target_that_fails_is_left_alone_and_tried_by_one_and_no_other_suffers() {
        let mut health = Health::Each(Targets::default());
        let start = Instant::now();
        let after = |seconds| start + Duration::from_secs(seconds);
        for _ in 0..2 {
            health.note("hook", &Ended::Unreached, false, start);
            assert!(may(&health, 0, start) == 4 && !health.is_away("hook"));
        }
        health.note("hook", &Ended::Unreached, false, start);
        assert!(health.is_away("hook") && !health.is_away("other"));
        assert_eq!((may(&health, 0, start), may(&health, 0, after(1)), may(&health, 1, after(1))), (0, 1, 0));
        // One that was under way before does not lengthen the pause; the one that asks again does.
        health.note("hook", &Ended::Unreached, false, after(1));
        assert_eq!((may(&health, 0, after(1)), may(&health, 0, after(2))), (0, 1));
        health.note("hook", &Ended::Unreached, true, after(2));
        assert_eq!((may(&health, 0, after(3)), may(&health, 0, after(4))), (0, 1));
        for _ in 0..9 {
            health.note("hook", &Ended::Unreached, true, after(4));
        }
        assert_eq!((may(&health, 0, after(63)), may(&health, 0, after(64))), (0, 1));
        let mut counts = HashMap::new();
        health.hold_back(&mut counts, 4, after(5));
        assert_eq!(counts.len(), 1, "no other is held back");
        health.something_is_due(after(5));
        assert_eq!(may(&health, 0, after(5)), 0, "what is due elsewhere ends no pause");
        health.ask_again(after(5));
        assert_eq!((may(&health, 0, after(5)), may(&health, 1, after(5))), (1, 0), "whoever retries all asks now");
        health.note("hook", &Ended::Busy(Duration::from_secs(600)), true, after(5));
        assert_eq!((may(&health, 0, after(604)), may(&health, 0, after(605))), (0, 1), "as long as it wants");
        health.note("hook", &Ended::Reached, true, after(5));
        assert_eq!((may(&health, 0, after(5)), health.is_away("hook")), (4, false));
    }

    #[test]
    fn while_the_smarthost_is_away_one_attempt_at_a_time_asks() {
        let mut health = Health::Smarthost(Smarthost::default());
        let start = Instant::now();
        assert_eq!(health.slots(16, start), 16);
        health.note("ann@example.org", &Ended::Unreached, false, start);
        assert_eq!((health.slots(16, start), health.slots(16, start + FIRST_PAUSE)), (0, 1));
        health.something_is_due(start);
        assert_eq!(health.slots(16, start), 1);
        health.note("bob@example.net", &Ended::Reached, true, start);
        assert_eq!(health.slots(16, start), 16);
    }
}
