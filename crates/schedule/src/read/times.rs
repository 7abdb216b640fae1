//! Local times, dates, durations and days of the week, as text.

use jiff::civil::{Date, DateTime, Time};

use super::MAX_DAYS;
use crate::plan::Length;
use crate::recurrence::LAST_YEAR;
use waypost_problem::{Problem, shown};

pub(super) const EXPECTED_LOCAL: &str = "a local date-time such as `2026-01-05T09:00`, in the years 1900 to 2199";
pub(super) const EXPECTED_DATE: &str = "a date such as `2026-12-25`, in the years 1900 to 2199";
pub(super) const EXPECTED_DURATION: &str = "a duration such as `PT8H30M` or `P1D`, at most 366 days";
pub(super) const EXPECTED_DAYS: &str = "days such as `monday` or `mon`, or a range such as `mon-fri`";

const FIRST_YEAR: i16 = 1900;
const DAY: i64 = 86_400;
/// Monday first.
const DAYS: [&str; 7] = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/// A number of exactly so many digits.
fn digits<T: std::str::FromStr>(text: &str, count: usize) -> Option<T> {
    (text.len() == count && text.bytes().all(|byte| byte.is_ascii_digit())).then(|| text.parse().ok())?
}

/// `HH:MM` up to `24:00`, in minutes.
pub(super) fn minutes(text: &str) -> Option<i64> {
    let (hour, minute) = text.split_once(':')?;
    let (hour, minute): (i64, i64) = (digits(hour, 2)?, digits(minute, 2)?);
    (minute < 60 && (hour < 24 || (hour == 24 && minute == 0))).then_some(hour * 60 + minute)
}

/// `YYYY-MM-DD` or `YYYYMMDD`.
pub(super) fn date(text: &str) -> Option<Date> {
    let mut parts = text.split('-');
    let (year, month, day) = match (parts.next()?, parts.next(), parts.next(), parts.next()) {
        (year, Some(month), Some(day), None) => (year, month, day),
        (basic, None, None, None) if basic.is_ascii() => (basic.get(..4)?, basic.get(4..6)?, basic.get(6..)?),
        _ => return None,
    };
    let date = Date::new(digits(year, 4)?, digits(month, 2)?, digits(day, 2)?).ok()?;
    (FIRST_YEAR..=LAST_YEAR).contains(&date.year()).then_some(date)
}

/// A date and `T` and `HH:MM`, `HH:MM:SS` or `HHMMSS`.
pub(super) fn local(text: &str) -> Option<DateTime> {
    let (day, time) = text.split_once('T')?;
    let mut parts = time.split(':');
    let (hour, minute, second) = match (parts.next()?, parts.next(), parts.next(), parts.next()) {
        (hour, Some(minute), second, None) => (hour, minute, second.unwrap_or("00")),
        (basic, None, None, None) if basic.is_ascii() => (basic.get(..2)?, basic.get(2..4)?, basic.get(4..)?),
        _ => return None,
    };
    let time = Time::new(digits(hour, 2)?, digits(minute, 2)?, digits(second, 2)?, 0).ok()?;
    Some(date(day)?.to_datetime(time))
}

/// The problem of what should have been a local date-time.
pub(super) fn not_local(path: &str, text: &str) -> Problem {
    let problem = Problem::new(path, format!("{} is not a local date-time", shown(text))).expected(EXPECTED_LOCAL);
    let zoned = text.split_once('T').is_some_and(|(_, time)| time.contains(['Z', 'z', '+', '-']));
    if zoned { problem.suggestion("leave out `Z` or the offset: times are those of `timeZone`") } else { problem }
}

/// A duration of RFC 5545, section 3.3.6: weeks and days are nominal, the rest is exact.
pub(super) fn duration(text: &str) -> Option<Length> {
    let text = text.strip_prefix('+').unwrap_or(text).strip_prefix('P')?;
    let (days, clock) = match text.split_once('T') {
        Some((days, clock)) => (days, Some(clock)),
        None => (text, None),
    };
    let nominal = units(days, &[('W', 7 * DAY), ('D', DAY)])?;
    // Weeks stand alone.
    if days.contains('W') && (days.contains('D') || clock.is_some()) {
        return None;
    }
    let exact = match clock {
        Some("") => return None,
        Some(clock) => units(clock, &[('H', 3600), ('M', 60), ('S', 1)])?,
        None => 0,
    };
    let sum = nominal.checked_add(exact)?;
    (0 < sum && sum <= MAX_DAYS * DAY).then_some(Length { nominal, exact })
}

/// Numbers with units, which stand in this order.
fn units(text: &str, units: &[(char, i64)]) -> Option<i64> {
    let mut sum = 0_i64;
    let (mut rest, mut units) = (text, units.iter());
    while !rest.is_empty() {
        let end = rest.find(|character: char| !character.is_ascii_digit()).filter(|end| (1..=9).contains(end))?;
        let (number, unit) = rest.split_at_checked(end)?;
        let unit_name = unit.chars().next()?;
        let (_, seconds) = units.find(|(name, _)| *name == unit_name)?;
        sum = sum.checked_add(number.parse::<i64>().ok()?.checked_mul(*seconds)?)?;
        rest = unit.get(1..)?;
    }
    Some(sum)
}

/// A day or a range of days, Monday being 0.
pub(super) fn days(text: &str) -> Option<Vec<usize>> {
    let Some((first, last)) = text.split_once('-') else { return Some(vec![day(text)?]) };
    let (first, last) = (day(first)?, day(last)?);
    Some((first..=last + if last < first { 7 } else { 0 }).map(|day| day % 7).collect())
}

fn day(text: &str) -> Option<usize> {
    let name = text.trim();
    DAYS.iter().position(|day| {
        name.eq_ignore_ascii_case(day) || day.get(..3).is_some_and(|short| name.eq_ignore_ascii_case(short))
    })
}

/// All names of days, for suggestions.
pub(super) fn day_names() -> impl Iterator<Item = &'static str> {
    DAYS.into_iter().chain(DAYS.into_iter().filter_map(|day| day.get(..3)))
}
