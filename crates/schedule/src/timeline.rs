//! What stands when, over a stretch of days: computed once, then looked up.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::{Date, date};

use crate::plan::{Plan, days_later};
use crate::schedule::{HORIZON_DAYS, State};

const DAY: i64 = 86_400;
/// A timeline answers for instants in a block of so many days (UTC), and reaches as far as the horizon beyond it.
const BLOCK_DAYS: i64 = 64;

/// Segments in order; the first begins before all time.
#[derive(Debug)]
pub(crate) struct Timeline {
    pub(crate) block: i64,
    segments: Vec<Segment>,
}

/// A stretch in which neither state nor name changes.
#[derive(Debug)]
pub(crate) struct Segment {
    /// Seconds since 1970 UTC.
    begin: i64,
    pub(crate) state: State,
    pub(crate) name: Option<Arc<str>>,
    /// When the state next differs, in seconds since 1970 UTC.
    pub(crate) change: Option<i64>,
}

/// The block of a second since 1970 UTC.
pub(crate) fn block(second: i64) -> i64 {
    second.div_euclid(DAY * BLOCK_DAYS)
}

impl Timeline {
    pub(crate) fn new(plan: &Plan, block: i64) -> Self {
        // Local dates are at most a day away from those of UTC.
        let from = epoch_day(block * BLOCK_DAYS - 2);
        let to = epoch_day((block + 1) * BLOCK_DAYS + HORIZON_DAYS + 2);
        let mut edges: Vec<(i64, usize, Edge)> = Vec::new();
        for (index, rule) in plan.rules.iter().enumerate() {
            rule.hours.intervals(&plan.zone, from, to, |begin, end| {
                edges.push((begin, index, Edge::Begin));
                edges.push((end, index, Edge::End));
            });
        }
        edges.sort_unstable_by_key(|(second, ..)| *second);
        let mut timeline = Self { block, segments: vec![Segment::closed()] };
        let mut holding = Holding::new(plan.rules.len());
        let mut edges = edges.into_iter().peekable();
        while let Some((second, index, edge)) = edges.next() {
            holding.pass(index, edge);
            if edges.peek().is_none_or(|(next, ..)| *next > second) {
                timeline.push(
                    second,
                    holding
                        .first()
                        .and_then(|index| plan.rules.get(index))
                        .map_or_else(|| (State::Closed, None), |rule| (rule.state, rule.name.clone())),
                );
            }
        }
        timeline.link();
        timeline
    }

    /// What stands at a second of the block.
    pub(crate) fn at(&self, second: i64) -> Option<&Segment> {
        let after = self.segments.partition_point(|segment| segment.begin <= second);
        self.segments.get(after.checked_sub(1)?)
    }

    fn push(&mut self, begin: i64, (state, name): (State, Option<Arc<str>>)) {
        if self.segments.last().is_none_or(|last| last.state != state || last.name != name) {
            self.segments.push(Segment { begin, state, name, change: None });
        }
    }

    /// Says of each segment when the state next differs.
    fn link(&mut self) {
        let mut next: Option<(State, i64, Option<i64>)> = None;
        for segment in self.segments.iter_mut().rev() {
            segment.change = match next {
                Some((state, _, change)) if state == segment.state => change,
                Some((_, begin, _)) => Some(begin),
                None => None,
            };
            next = Some((segment.state, segment.begin, segment.change));
        }
    }
}

impl Segment {
    fn closed() -> Self {
        Self { begin: i64::MIN, state: State::Closed, name: None, change: None }
    }
}

#[derive(Clone, Copy, Debug)]
enum Edge {
    Begin,
    End,
}

/// Which rules hold. Intervals of one rule may overlap.
struct Holding {
    counts: Vec<i32>,
    rules: BTreeSet<usize>,
}

impl Holding {
    fn new(rules: usize) -> Self {
        Self { counts: vec![0; rules], rules: BTreeSet::new() }
    }

    fn pass(&mut self, index: usize, edge: Edge) {
        let Some(count) = self.counts.get_mut(index) else { return };
        *count += match edge {
            Edge::Begin => 1,
            Edge::End => -1,
        };
        // At one instant an end may pass before the beginning it touches, or after: the sum is the same.
        if *count > 0 {
            self.rules.insert(index)
        } else {
            self.rules.remove(&index)
        };
    }

    fn first(&self) -> Option<usize> {
        self.rules.first().copied()
    }
}

/// The date so many days after 1970-01-01.
fn epoch_day(days: i64) -> Date {
    days_later(date(1970, 1, 1), days)
}
