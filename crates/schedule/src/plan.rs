//! A definition as it is computed with: which intervals each rule has between two dates.

use std::collections::BTreeSet;
use std::sync::Arc;

use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;
use jiff::{SignedDuration, Span};

use crate::recurrence::Recurrence;
use crate::schedule::State;
use crate::zone;

/// All rules in order of precedence.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    pub(crate) zone: TimeZone,
    pub(crate) rules: Vec<PlannedRule>,
}

/// A rule and what it makes of its intervals.
#[derive(Clone, Debug)]
pub(crate) struct PlannedRule {
    pub(crate) state: State,
    pub(crate) name: Option<Arc<str>>,
    pub(crate) hours: Hours,
}

/// When a rule holds.
#[derive(Clone, Debug)]
pub(crate) enum Hours {
    /// Every week.
    Weekly {
        /// Monday first.
        days: [bool; 7],
        /// Minutes from midnight.
        from: i64,
        /// Minutes from the same midnight, greater than `from`.
        to: i64,
    },
    /// From dates on.
    Dated(Dated),
}

/// Occurrences, all equally long.
#[derive(Clone, Debug)]
pub(crate) struct Dated {
    pub(crate) start: DateTime,
    pub(crate) length: Length,
    pub(crate) recurrence: Option<Recurrence>,
    pub(crate) more: BTreeSet<DateTime>,
    pub(crate) but: BTreeSet<DateTime>,
    pub(crate) but_days: BTreeSet<Date>,
}

/// How long: first so long on the wall, then so long on a stop watch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Length {
    /// Seconds on the wall, where each day has 24 hours.
    pub(crate) nominal: i64,
    /// Seconds.
    pub(crate) exact: i64,
}

impl Length {
    /// Days that are at least as long.
    fn days(self) -> i64 {
        (self.nominal + self.exact) / 86_400 + 2
    }
}

impl Hours {
    /// Tells all intervals that may touch local dates from `from` up to `to`, in seconds since 1970 UTC, none of them empty.
    pub(crate) fn intervals(&self, zone: &TimeZone, from: Date, to: Date, mut tell: impl FnMut(i64, i64)) {
        let mut tell = |begin: i64, end: i64| {
            if begin < end {
                tell(begin, end);
            }
        };
        match self {
            Self::Weekly { days, from: begin, to: end } => {
                let mut date = days_later(from, -2);
                while date <= to {
                    if days.get(usize::from(date.weekday().to_monday_zero_offset().unsigned_abs())) == Some(&true) {
                        tell(
                            zone::instant(zone, minutes_later(date, *begin)),
                            zone::instant(zone, minutes_later(date, *end)),
                        );
                    }
                    let Ok(tomorrow) = date.tomorrow() else { break };
                    date = tomorrow;
                }
            }
            Self::Dated(dated) => {
                let from = days_later(from, -dated.length.days());
                for start in dated.starts(from, to) {
                    let end = wall_later(start, dated.length.nominal);
                    tell(zone::instant(zone, start), zone::instant(zone, end).saturating_add(dated.length.exact));
                }
            }
        }
    }
}

impl Dated {
    fn starts(&self, from: Date, to: Date) -> BTreeSet<DateTime> {
        let mut starts = match &self.recurrence {
            None => BTreeSet::from([self.start]),
            Some(rule) => rule.dates(from, to).into_iter().map(|date| date.to_datetime(self.start.time())).collect(),
        };
        starts.extend(&self.more);
        starts.retain(|start| {
            let date = start.date();
            from <= date && date <= to && !self.but.contains(start) && !self.but_days.contains(&date)
        });
        starts
    }
}

/// The date so many days later; the calendar's first or last beyond it.
pub(crate) fn days_later(date: Date, days: i64) -> Date {
    let limit = if days < 0 { Date::MIN } else { Date::MAX };
    Span::new().try_days(days).and_then(|span| date.checked_add(span)).unwrap_or(limit)
}

fn minutes_later(date: Date, minutes: i64) -> DateTime {
    wall_later(date.to_datetime(Time::midnight()), minutes.saturating_mul(60))
}

/// So much later on the wall, if clocks never changed.
fn wall_later(start: DateTime, seconds: i64) -> DateTime {
    start.checked_add(SignedDuration::from_secs(seconds)).unwrap_or(DateTime::MAX)
}
