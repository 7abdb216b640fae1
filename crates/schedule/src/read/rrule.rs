//! RRULE (RFC 5545, section 3.3.10), part by part. The library sees what is well-formed alone.

use std::ops::RangeInclusive;

use jiff::Timestamp;
use jiff::civil::{Date, DateTime};
use jiff::tz::TimeZone;

use super::fields::{Object, Reader};
use super::times;
use super::{MAX_COUNT, MAX_RRULE, unique};
use crate::plan::days_later;
use crate::recurrence::{LAST_YEAR, Period, Recurrence};
use waypost_problem::{Problem, shown};

const EXPECTED: &str = "a rule of RFC 5545 such as `FREQ=WEEKLY;BYDAY=MO,TU`";
const PARTS: [&str; 11] = [
    "FREQ",
    "INTERVAL",
    "COUNT",
    "UNTIL",
    "WKST",
    "BYMONTH",
    "BYWEEKNO",
    "BYYEARDAY",
    "BYMONTHDAY",
    "BYDAY",
    "BYSETPOS",
];
const FREQUENCIES: [&str; 4] = ["DAILY", "WEEKLY", "MONTHLY", "YEARLY"];
const WEEKDAYS: [&str; 7] = ["MO", "TU", "WE", "TH", "FR", "SA", "SU"];
/// Elements of a BY part.
const MAX_VALUES: usize = 100;
/// After so many rules that never occur, others are not searched: the schedule is refused in any case.
const MAX_NEVER: usize = 4;

/// The rule was refused; the problems are with the reader.
pub(super) struct Refused;

/// The member `rrule`, if there is one.
pub(super) fn rrule(
    reader: &mut Reader,
    object: &Object<'_>,
    start: Option<DateTime>,
    zone: Option<&TimeZone>,
) -> Result<Option<Recurrence>, Refused> {
    let Some(text) = reader.text(object, "rrule", EXPECTED) else { return Ok(None) };
    let path = object.path("rrule");
    if text.len() > MAX_RRULE {
        let problem = Problem::new(path, format!("{} bytes are too long", text.len()));
        reader.problems.push(problem.expected(format!("at most {MAX_RRULE} bytes")));
        return Err(Refused);
    }
    let before = reader.problems.len();
    let parts = split(reader, &path, text);
    let mut check = Check { reader, path: &path, parts: &parts };
    let frequency = check.frequency();
    check.combinations(frequency);
    let interval = check.number("INTERVAL").unwrap_or(1);
    let count = check.number("COUNT");
    let last = check.until(start, zone);
    let mut written: Vec<String> = Vec::new();
    for (key, value) in parts.iter().filter(|(key, _)| key != "UNTIL") {
        let values = check.values(key, value, frequency);
        if key == "COUNT" {
            continue;
        }
        written.push(format!("{key}={}", unique(&values).join(",")));
    }
    let (Some(start), true) = (start, reader.problems.len() == before) else { return Err(Refused) };
    let interval = i64::from(interval);
    let period = match frequency {
        Some("DAILY") => Some(Period::Days(interval)),
        Some("WEEKLY") => Some(Period::Days(7 * interval)),
        Some("MONTHLY") => Some(Period::Months(interval)),
        Some("YEARLY") => Some(Period::Months(12 * interval)),
        _ => None,
    };
    let by_days =
        parts.iter().any(|(key, _)| matches!(key.as_str(), "BYWEEKNO" | "BYYEARDAY" | "BYMONTHDAY" | "BYDAY"));
    let recurrence = Recurrence { parts: written.join(";"), first: start.date(), last, period, by_days };
    occurs(reader, &path, &recurrence)?;
    Ok(Some(match count.and_then(|count| usize::try_from(count).ok()) {
        Some(count) => recurrence.counted(count),
        None => recurrence,
    }))
}

/// Refuses a rule that never occurs.
fn occurs(reader: &mut Reader, path: &str, recurrence: &Recurrence) -> Result<(), Refused> {
    if reader.never >= MAX_NEVER {
        return Err(Refused);
    }
    let problem = match recurrence.first_date() {
        Ok(Some(_)) => return Ok(()),
        Ok(None) => {
            reader.never += 1;
            Problem::new(path, "the rule never occurs").expected(format!("an occurrence up to the year {LAST_YEAR}"))
        }
        Err(error) => Problem::new(path, format!("the rule is refused: {}", shown(&error))).expected(EXPECTED),
    };
    reader.problems.push(problem);
    Err(Refused)
}

/// Parts that are known and stand once, keys and values in capitals.
fn split(reader: &mut Reader, path: &str, text: &str) -> Vec<(String, String)> {
    let mut parts: Vec<(String, String)> = Vec::new();
    if let Some(rest) = text.get(..6).filter(|prefix| prefix.eq_ignore_ascii_case("RRULE:")).and_then(|_| text.get(6..))
    {
        let problem = Problem::new(path, "the rule begins with its property's name").expected(EXPECTED);
        reader.problems.push(problem.suggestion("leave out `RRULE:`"));
        return split(reader, path, rest);
    }
    for part in text.split(';') {
        let Some((key, value)) = part.split_once('=') else {
            let message = format!("{} is not a part such as `FREQ=DAILY`", shown(part));
            reader.problems.push(Problem::new(path, message).expected(EXPECTED));
            continue;
        };
        let (key, value) = (key.to_ascii_uppercase(), value.to_ascii_uppercase());
        let problem = match key.as_str() {
            "BYHOUR" | "BYMINUTE" | "BYSECOND" => {
                Problem::new(path, format!("`{key}` is not supported: the time of day is that of the start"))
                    .suggestion("write a rule for each time of day")
            }
            "RSCALE" | "SKIP" => Problem::new(path, format!("`{key}` (RFC 7529) is not supported")),
            known if parts.iter().any(|(other, _)| other == known) => {
                Problem::new(path, format!("{} appears twice", shown(known)))
            }
            known if PARTS.contains(&known) => {
                parts.push((key, value));
                continue;
            }
            unknown => Problem::new(path, format!("{} is not a part of a rule", shown(unknown)))
                .expected(PARTS.map(|part| format!("`{part}`")).join(", "))
                .nearest(unknown, PARTS),
        };
        reader.problems.push(problem);
    }
    parts
}

struct Check<'r, 'p> {
    reader: &'r mut Reader,
    path: &'p str,
    parts: &'p [(String, String)],
}

impl<'p> Check<'_, 'p> {
    fn get(&self, key: &str) -> Option<&'p str> {
        self.parts.iter().find(|(other, _)| other == key).map(|(_, value)| value.as_str())
    }

    fn refuse(&mut self, message: impl Into<String>, expected: &str) {
        self.reader.problems.push(Problem::new(self.path, message).expected(expected));
    }

    fn frequency(&mut self) -> Option<&'p str> {
        let Some(value) = self.get("FREQ") else {
            self.refuse("`FREQ` is missing", EXPECTED);
            return None;
        };
        if FREQUENCIES.contains(&value) {
            return Some(value);
        }
        let finer = matches!(value, "HOURLY" | "MINUTELY" | "SECONDLY");
        let why = if finer { "is finer than daily" } else { "is not a frequency" };
        let listed = "`FREQ=DAILY`, `FREQ=WEEKLY`, `FREQ=MONTHLY` or `FREQ=YEARLY`";
        let problem = Problem::new(self.path, format!("{} {why}", shown(value))).expected(listed);
        self.reader.problems.push(if finer { problem } else { problem.nearest(value, FREQUENCIES) });
        None
    }

    /// Which parts exclude each other.
    fn combinations(&mut self, frequency: Option<&str>) {
        if self.get("COUNT").is_some() && self.get("UNTIL").is_some() {
            self.refuse("`COUNT` and `UNTIL` exclude each other", "one of them");
        }
        let Some(frequency) = frequency else { return };
        for (key, allowed) in
            [("BYWEEKNO", &["YEARLY"][..]), ("BYYEARDAY", &["YEARLY"]), ("BYMONTHDAY", &["DAILY", "MONTHLY", "YEARLY"])]
        {
            if self.get(key).is_some() && !allowed.contains(&frequency) {
                let expected = format!("`{key}` with `FREQ={}`", allowed.join("` or `FREQ="));
                self.refuse(format!("`{key}` does not go with `FREQ={frequency}`"), &expected);
            }
        }
        let numbered = self.get("BYDAY").is_some_and(|days| days.bytes().any(|byte| byte.is_ascii_digit()));
        if numbered && (!matches!(frequency, "MONTHLY" | "YEARLY") || self.get("BYWEEKNO").is_some()) {
            self.refuse(
                "`BYDAY` may not have numbers here",
                "`FREQ=MONTHLY`, or `FREQ=YEARLY` without `BYWEEKNO`, if days are numbered",
            );
        }
        let by = self.parts.iter().any(|(key, _)| key.starts_with("BY") && key != "BYSETPOS");
        if self.get("BYSETPOS").is_some() && !by {
            self.refuse("`BYSETPOS` needs another part that begins with `BY`", "`BYDAY`, for instance");
        }
    }

    fn number(&mut self, key: &str) -> Option<i32> {
        // A wrong one is refused among the values.
        self.get(key).and_then(|value| value.parse().ok()).filter(|number| (1..=MAX_COUNT).contains(number))
    }

    /// The last date on which the rule may occur.
    fn until(&mut self, start: Option<DateTime>, zone: Option<&TimeZone>) -> Option<Date> {
        let text = self.get("UNTIL")?;
        let local = match (times::date(text), text.strip_suffix('Z')) {
            (Some(date), _) => Some(date.at(23, 59, 59, 0)),
            (None, Some(utc)) => {
                let instant = times::local(utc).and_then(|utc| jiff::tz::Offset::UTC.to_timestamp(utc).ok());
                instant.map(|instant: Timestamp| zone.map_or(DateTime::MAX, |zone| zone.to_datetime(instant)))
            }
            (None, None) => times::local(text),
        };
        let Some(until) = local else {
            self.refuse(
                format!("{} is not an end", shown(text)),
                "`UNTIL` with a date, `20261231`, a local date-time, `20261231T170000`, or one in UTC, `20261231T160000Z`",
            );
            return None;
        };
        let start = start?;
        if until < start {
            self.refuse(format!("`UNTIL={text}` is before the start"), &format!("`{start}` or later"));
            return None;
        }
        let last = if until.time() < start.time() { days_later(until.date(), -1) } else { until.date() };
        Some(last)
    }

    /// A part's values as the library wants them.
    fn values(&mut self, key: &str, value: &str, frequency: Option<&str>) -> Vec<String> {
        let list: Vec<&str> = if key.starts_with("BY") { value.split(',').collect() } else { vec![value] };
        if list.len() > MAX_VALUES {
            self.refuse(format!("`{key}` has too many values"), &format!("at most {MAX_VALUES}"));
            return Vec::new();
        }
        list.into_iter().filter_map(|value| self.value(key, value, frequency)).collect()
    }

    fn value(&mut self, key: &str, value: &str, frequency: Option<&str>) -> Option<String> {
        // RFC 5545, section 3.3.10. The library counts days of a month backwards up to 4.
        let (range, expected): (RangeInclusive<i32>, &str) = match (key, frequency) {
            ("INTERVAL" | "COUNT", _) => (1..=MAX_COUNT, "1 to 1000"),
            ("BYMONTH", _) => (1..=12, "1 to 12"),
            ("BYMONTHDAY", _) => (-31..=31, "1 to 31 or -31 to -1"),
            ("BYYEARDAY", _) => (-366..=366, "1 to 366 or -366 to -1"),
            ("BYWEEKNO", _) => (-53..=53, "1 to 53 or -53 to -1"),
            ("BYSETPOS", Some("MONTHLY")) => (-31..=31, "1 to 31 or -31 to -1"),
            ("BYSETPOS", Some("WEEKLY")) => (-7..=7, "1 to 7 or -7 to -1"),
            ("BYSETPOS", _) => (-366..=366, "1 to 366 or -366 to -1"),
            ("BYDAY", Some("MONTHLY")) => (-4..=5, "a day such as `MO`, `1MO` or `-1FR`, 1 to 5 or -4 to -1"),
            ("BYDAY", Some("YEARLY")) => (-53..=53, "a day such as `MO`, `1MO` or `-1FR`, 1 to 53 or -53 to -1"),
            ("BYDAY", _) => (1..=1, "`MO`, `TU`, `WE`, `TH`, `FR`, `SA` or `SU`"),
            ("WKST", _) => (1..=1, "`MO`, `TU`, `WE`, `TH`, `FR`, `SA` or `SU`"),
            _ => return Some(value.to_owned()),
        };
        let (number, day) = match key {
            "BYDAY" => value.split_at_checked(value.len().saturating_sub(2)).unwrap_or(("", value)),
            "WKST" => ("", value),
            _ => (value, ""),
        };
        let day_is_right =
            day.is_empty() != matches!(key, "BYDAY" | "WKST") && (day.is_empty() || WEEKDAYS.contains(&day));
        let number_value = parsed(number);
        let number_is_right = match number_value {
            Some(number) => number != 0 && range.contains(&number),
            None => number.is_empty() && !day.is_empty(),
        };
        if !day_is_right || !number_is_right {
            self.refuse(format!("{} is not a value of `{key}`", shown(value)), expected);
            return None;
        }
        Some(format!("{}{day}", number_value.map(|number| number.to_string()).unwrap_or_default()))
    }
}

/// A number with or without a sign, of at most four digits.
fn parsed(text: &str) -> Option<i32> {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    ((1..=4).contains(&digits.len()) && digits.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}
