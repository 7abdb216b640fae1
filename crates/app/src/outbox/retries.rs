//! When a delivery is tried again: after longer and longer pauses, each a little different from the next one's, for so long.

use std::time::Duration;

use jiff::Timestamp;
use waypost_store::records::outbox::{AttemptEnd, DeliveryRecord, FARTHEST};

/// The pause after the first attempt.
const FIRST: Duration = Duration::from_secs(30);

/// No pause is longer, the part that is left to chance aside.
const LONGEST: Duration = Duration::from_secs(60 * 60);

// What is due later than that counts as put off by a clock that was wrong.
const _: () = assert!(LONGEST.as_secs() * 5 / 4 < FARTHEST.as_secs());

/// What becomes of a delivery that could not be carried now: it rests for about as long as it has been tried, since it was made or somebody
/// had it tried again. `chance` is from 0 to 1: the pause is up to a quarter shorter or longer.
pub(super) fn after(delivery: &DeliveryRecord, retry_for: Duration, now: Timestamp, chance: f64) -> AttemptEnd {
    let tried = Duration::try_from(now.duration_since(delivery.since)).unwrap_or_default();
    let pause = tried.clamp(FIRST, LONGEST).mul_f64(0.75 + chance.clamp(0.0, 1.0) / 2.0);
    let end = delivery.since.saturating_add(retry_for).unwrap_or(Timestamp::MAX);
    if now >= end {
        return AttemptEnd::Dead;
    }
    // The last attempt is made at the end of its time, and not missed by a pause.
    AttemptEnd::Deferred(now.saturating_add(pause).unwrap_or(Timestamp::MAX).min(end))
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use waypost_ids::{DeliveryId, DeliveryKind, DeliveryState, InteractionId};

    use super::*;

    fn delivery() -> DeliveryRecord {
        DeliveryRecord {
            id: DeliveryId(Uuid::nil()),
            interaction: InteractionId(Uuid::nil()),
            run: Some(1),
            kind: DeliveryKind::Reply,
            target: "ann@example.org".to_owned(),
            state: DeliveryState::Pending,
            attempts: 3,
            next_attempt_at: None,
            since: Timestamp::UNIX_EPOCH,
            last_answer: None,
            held: None,
            sender: "desk@example.com".to_owned(),
            message_id: "1@example.com".to_owned(),
            place: None,
            created_at: Timestamp::UNIX_EPOCH,
            ended_at: None,
        }
    }

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn pauses_double_up_to_an_hour_and_differ_by_chance() {
        let pause = |tried, chance| match after(&delivery(), Duration::from_secs(432_000), at(tried), chance) {
            AttemptEnd::Deferred(next) => next.duration_since(at(tried)).as_millis(),
            other => panic!("{other:?}"),
        };
        for (tried, chance, millis) in [
            (0, 0.5, 30_000),
            (0, 0.0, 22_500),
            (0, 1.0, 37_500),
            (30, 0.5, 30_000),
            (60, 0.5, 60_000),
            (1_920, 0.5, 1_920_000),
            (3_840, 0.5, 3_600_000),
            (400_000, 0.5, 3_600_000),
            (-60, 0.5, 30_000),
        ] {
            assert_eq!(pause(tried, chance), millis, "tried for {tried} s, {chance}");
        }
    }

    #[test]
    fn the_last_attempt_is_at_the_end_of_its_time() {
        let after = |now| after(&delivery(), Duration::from_secs(100), at(now), 0.5);
        assert_eq!(after(80), AttemptEnd::Deferred(at(100)));
        assert_eq!(after(99), AttemptEnd::Deferred(at(100)));
        assert_eq!(after(100), AttemptEnd::Dead);
        let never = super::after(&delivery(), Duration::MAX, at(400_000), 0.5);
        assert_eq!(never, AttemptEnd::Deferred(at(403_600)), "what is tried for ever");
    }
}
