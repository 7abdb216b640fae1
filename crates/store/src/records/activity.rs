//! What was done when: counts by the minute, and times to decision.

use std::collections::BTreeMap;

use jiff::Timestamp;
use waypost_ids::{DecisionKind, QueueId};

/// Counts of a minute are kept for so long, in minutes: two days.
pub const KEPT_MINUTES: i64 = 2 * 24 * 60;

/// What was done in a minute.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Minute {
    /// Interactions that were made.
    pub made: u64,
    /// Mails that were counted on an earlier interaction.
    pub duplicates: u64,
    /// Runs that ended, by how; of those that led to a queue, by queue.
    pub decided: BTreeMap<(DecisionKind, Option<QueueId>), u64>,
    /// Of these: runs that ended with an error.
    pub failed: u64,
    /// From acceptance to decision, of first runs.
    pub delays: Delays,
}

impl Minute {
    /// Adds what was done in another.
    pub fn add(&mut self, other: &Self) {
        self.made = self.made.saturating_add(other.made);
        self.duplicates = self.duplicates.saturating_add(other.duplicates);
        self.failed = self.failed.saturating_add(other.failed);
        for (ended, count) in &other.decided {
            let sum = self.decided.entry(*ended).or_default();
            *sum = sum.saturating_add(*count);
        }
        for (bucket, count) in &other.delays.0 {
            self.delays.add(*bucket, *count);
        }
    }
}

/// The minute that a time is in, counted since 1970.
#[must_use]
pub fn minute_of(at: Timestamp) -> i64 {
    at.as_second().div_euclid(60)
}

/// What a flow that routes lead to was run for, since some hour.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Traffic {
    /// Runs that ended.
    pub runs: u64,
    /// Of these: with an error.
    pub failed: u64,
}

/// How long something took, by buckets of which four are an octave: what is read of them is within 10 %.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Delays(BTreeMap<i64, u64>);

/// Where the buckets of an octave begin, and what stands for each, in 65,536ths of the octave's beginning.
const BOUNDS: [u128; 4] = [71_468, 84_990, 101_070, 120_194];
const MIDDLES: [u128; 4] = [65_536, 77_936, 92_682, 110_218];

impl Delays {
    /// The bucket of so many microseconds.
    pub(crate) fn bucket(micros: u64) -> i64 {
        let micros = micros.max(1);
        let octave = micros.ilog2();
        let mantissa = (u128::from(micros) << 16) >> octave;
        let step = BOUNDS.iter().filter(|bound| **bound <= mantissa).count();
        i64::from(octave).saturating_mul(4).saturating_add(i64::try_from(step).unwrap_or(0))
    }

    /// Adds to a bucket.
    pub(crate) fn add(&mut self, bucket: i64, count: u64) {
        let sum = self.0.entry(bucket).or_default();
        *sum = sum.saturating_add(count);
    }

    /// The time, in microseconds, within which this percentage of decisions was made; none if nothing was decided.
    #[must_use]
    pub fn percentile(&self, percent: u64) -> Option<u64> {
        let all: u128 = self.0.values().map(|count| u128::from(*count)).sum();
        let wanted = (all * u128::from(percent)).div_ceil(100).max(1);
        let mut seen = 0_u128;
        let found = self.0.iter().find(|(_, count)| {
            seen = seen.saturating_add(u128::from(**count));
            seen >= wanted
        });
        found.map(|(bucket, _)| middle(*bucket))
    }
}

/// What stands for a bucket, in microseconds.
fn middle(bucket: i64) -> u64 {
    let octave = u32::try_from(bucket.div_euclid(4)).unwrap_or(0).min(62);
    let step = usize::try_from(bucket.rem_euclid(4)).unwrap_or(0);
    let middle = MIDDLES.get(step).copied().unwrap_or(0);
    u64::try_from((middle << octave) >> 16).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_read_of_buckets_is_within_a_tenth() {
        let mut micros = 10_u64;
        while micros < 1 << 50 {
            let read = middle(Delays::bucket(micros));
            let off = read.abs_diff(micros);
            assert!(off * 10 <= micros, "{micros} reads {read}");
            micros += micros / 7 + 1;
        }
        assert_eq!((Delays::bucket(0), middle(0)), (0, 1));
    }

    #[test]
    fn percentiles_are_of_those_that_are_there() {
        let mut delays = Delays::default();
        assert_eq!(delays.percentile(50), None);
        for milliseconds in 1..=100_u64 {
            delays.add(Delays::bucket(milliseconds * 1000), 1);
        }
        for (percent, milliseconds) in [(50, 50), (95, 95), (100, 100)] {
            let read = delays.percentile(percent).unwrap();
            assert!(read.abs_diff(milliseconds * 1000) * 10 <= milliseconds * 1000, "{percent}: {read}");
        }
    }

    #[test]
    fn minutes_begin_at_their_first_second() {
        for (second, minute) in [(0, 0), (59, 0), (60, 1), (-1, -1)] {
            assert_eq!(minute_of(Timestamp::from_second(second).unwrap()), minute, "{second}");
        }
    }
}
