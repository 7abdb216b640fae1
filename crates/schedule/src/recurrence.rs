//! RRULE by the `rrule` library. It is given dates in UTC alone: what they mean in a zone is `zone.rs`'s.

use jiff::civil::Date;
use jiff::tz::Offset;
use jiff::{Span, Timestamp};
use rrule::RRuleSet;

/// The last year of which rules speak. Occurrences are not looked for beyond it.
pub(crate) const LAST_YEAR: i16 = 2199;

/// A rule that was checked by the reader: on which dates it occurs, all at the time of day of its start.
#[derive(Clone, Debug)]
pub(crate) struct Recurrence {
    /// Parts but for COUNT and UNTIL, in capitals.
    pub(crate) parts: String,
    /// The first date that may be one.
    pub(crate) first: Date,
    /// The last date that may be one, from COUNT or UNTIL.
    pub(crate) last: Option<Date>,
    /// Every how many months or days the pattern begins anew. `None` where that can't be said.
    pub(crate) period: Option<Period>,
    /// Whether BY parts say the days, so that the start's day and month mean nothing.
    pub(crate) by_days: bool,
}

/// After how long a pattern begins anew.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Period {
    /// DAILY and WEEKLY.
    Days(i64),
    /// MONTHLY and YEARLY.
    Months(i64),
}

impl Recurrence {
    /// Dates from `from` on and up to `to`, in order.
    ///
    /// The library steps through every period since the start. Where nothing is counted from it, a later start in the same phase is
    /// the same rule.
    pub(crate) fn dates(&self, from: Date, to: Date) -> Vec<Date> {
        let to = self.end().min(to);
        let first = self.later_start(from);
        if first > to || from > to {
            return Vec::new();
        }
        let Ok(set) = self.set(first) else { return Vec::new() };
        set.into_iter()
            .filter_map(|occurrence| date(occurrence.timestamp()))
            .skip_while(|date| *date < from)
            .take_while(|date| *date <= to)
            .collect()
    }

    /// The first date, if there is any up to the end of [`LAST_YEAR`].
    ///
    /// # Errors
    /// What the library refuses.
    pub(crate) fn first_date(&self) -> Result<Option<Date>, String> {
        let first = self.set(self.first)?.into_iter().next();
        Ok(first.and_then(|occurrence| date(occurrence.timestamp())).filter(|date| *date <= self.end()))
    }

    /// The same rule, but for no more than so many dates. They are counted once, so that later a start from near by will do.
    pub(crate) fn counted(mut self, count: usize) -> Self {
        let dates = self.set(self.first).ok().map(|set| {
            let dates = set.into_iter().take(count).filter_map(|occurrence| date(occurrence.timestamp()));
            dates.take_while(|date| *date <= self.end()).last()
        });
        self.last = dates.flatten().or(self.last);
        self
    }

    fn end(&self) -> Date {
        let end = jiff::civil::date(LAST_YEAR, 12, 31);
        self.last.map_or(end, |last| last.min(end))
    }

    /// A start in the same phase, before `from`; for periods of months a year before at least, so that all of `from`'s year is in
    /// periods that begin after it.
    fn later_start(&self, from: Date) -> Date {
        let later = match self.period {
            Some(Period::Days(days)) => {
                let passed = from.duration_since(self.first).as_hours() / 24;
                skip(self.first, passed, days, Span::try_days)
            }
            // A month may lack the days after its 28th.
            Some(Period::Months(months)) if self.by_days || self.first.day() <= 28 => {
                let passed = month(from) - month(self.first) - 12;
                let first = if self.by_days && passed >= months { self.first.first_of_month() } else { self.first };
                skip(first, passed, months, Span::try_months)
            }
            _ => None,
        };
        later.unwrap_or(self.first)
    }

    /// Limited: where no occurrence follows, the library gives up after 100,000 periods, or at the year 10,000.
    fn set(&self, first: Date) -> Result<RRuleSet, String> {
        let basic = |date: Date| date.strftime("%Y%m%dT000000Z").to_string();
        let until = self.last.map(|last| format!(";UNTIL={}", basic(last))).unwrap_or_default();
        let text = format!("DTSTART:{}\nRRULE:{}{until}", basic(first), self.parts);
        text.parse::<RRuleSet>().map(RRuleSet::limit).map_err(|error| error.to_string())
    }
}

/// The date in UTC.
fn date(second: i64) -> Option<Date> {
    Some(Offset::UTC.to_datetime(Timestamp::from_second(second).ok()?).date())
}

/// Months since the year 0.
fn month(date: Date) -> i64 {
    i64::from(date.year()) * 12 + i64::from(date.month())
}

/// As many whole periods later as have passed.
fn skip(first: Date, passed: i64, period: i64, span: fn(Span, i64) -> Result<Span, jiff::Error>) -> Option<Date> {
    let periods = passed.checked_div(period).filter(|periods| *periods > 0)?;
    first.checked_add(span(Span::new(), periods.checked_mul(period)?).ok()?).ok()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;

    use super::*;

    /// Every rule with every start, as of every year: stepped from near by, it is what it is from its start.
    #[test]
    fn a_later_start_is_the_same_rule() {
        let mut dates = 0;
        for (parts, period, by_days) in [
            ("FREQ=DAILY;INTERVAL=5", Period::Days(5), false),
            ("FREQ=DAILY;BYMONTH=1,3;BYDAY=MO,WE", Period::Days(1), true),
            ("FREQ=WEEKLY;INTERVAL=3;BYDAY=MO,SU;WKST=SU", Period::Days(21), true),
            ("FREQ=WEEKLY;INTERVAL=2", Period::Days(14), false),
            ("FREQ=WEEKLY;INTERVAL=2;BYDAY=MO,WE,SU;BYSETPOS=-1", Period::Days(14), true),
            ("FREQ=MONTHLY", Period::Months(1), false),
            ("FREQ=MONTHLY;INTERVAL=7", Period::Months(7), false),
            ("FREQ=MONTHLY;INTERVAL=5;BYMONTH=1,2,3,4,5,6", Period::Months(5), false),
            ("FREQ=MONTHLY;INTERVAL=2;BYDAY=-1FR,MO;BYSETPOS=2,-1", Period::Months(2), true),
            ("FREQ=MONTHLY;INTERVAL=13;BYMONTHDAY=-1,31", Period::Months(13), true),
            ("FREQ=YEARLY", Period::Months(12), false),
            ("FREQ=YEARLY;INTERVAL=3;BYMONTH=2,12", Period::Months(36), false),
            ("FREQ=YEARLY;INTERVAL=2;BYWEEKNO=1,53,-1", Period::Months(24), true),
            ("FREQ=YEARLY;INTERVAL=3;BYWEEKNO=1,52;BYDAY=MO,SU;WKST=SU", Period::Months(36), true),
            ("FREQ=YEARLY;INTERVAL=2;BYYEARDAY=1,366,-1", Period::Months(24), true),
            ("FREQ=YEARLY;BYMONTHDAY=29;BYMONTH=2", Period::Months(12), true),
            ("FREQ=YEARLY;INTERVAL=2;BYDAY=20MO,-1FR", Period::Months(24), true),
            ("FREQ=YEARLY;INTERVAL=5;BYDAY=SU;BYMONTH=1,12;BYSETPOS=1,-1", Period::Months(60), true),
        ] {
            for first in [date(1999, 12, 31), date(2000, 1, 1), date(2000, 2, 29), date(2001, 6, 15), date(2003, 1, 31)]
            {
                let slow = Recurrence { parts: parts.to_owned(), first, last: None, period: None, by_days };
                let quick = Recurrence { period: Some(period), ..slow.clone() };
                for from in (0..12).map(|step| date(1999, 12, 30).saturating_add(jiff::ToSpan::days(step * 1145))) {
                    let to = from.saturating_add(jiff::ToSpan::days(500));
                    let expected = slow.dates(from, to);
                    dates += expected.len();
                    assert_eq!(quick.dates(from, to), expected, "{parts} from {first} as of {from}");
                }
            }
        }
        assert!(dates > 10_000, "only {dates} dates");
    }
}
