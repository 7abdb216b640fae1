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
    /// Parts but for UNTIL, in capitals.
    pub(crate) parts: String,
    /// The first date that may be one.
    pub(crate) first: Date,
    /// The last date that may be one, from UNTIL.
    pub(crate) last: Option<Date>,
    /// For rules in which nothing counts from the start but the days: after how many the pattern begins anew.
    pub(crate) step: Option<i64>,
}

impl Recurrence {
    /// Dates from `from` on and up to `to`, in order.
    ///
    /// The library steps through every period since the start. Where nothing is counted, a later start in the same phase is the
    /// same rule.
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

    fn end(&self) -> Date {
        let end = jiff::civil::date(LAST_YEAR, 12, 31);
        self.last.map_or(end, |last| last.min(end))
    }

    fn later_start(&self, from: Date) -> Date {
        let Some(step) = self.step.filter(|_| from > self.first) else { return self.first };
        let days = from.duration_since(self.first).as_hours() / 24;
        let skipped = days / step * step;
        Span::new().try_days(skipped).and_then(|span| self.first.checked_add(span)).unwrap_or(self.first)
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
