//! Datetimes as people write them, in a time zone.

use std::sync::LazyLock;

use jiff::civil::Time;
use jiff::fmt::strtime::{self, BrokenDownTime};
use jiff::tz::TimeZone;
use jiff::{Span, Timestamp, Zoned};
use waypost_ids::codes;

use super::letters::strftime;
use super::zone::{is_zone, zone};
use super::{Answer, BadLiteral, Function, Kind, Style, clip, failed, made, unexpected, unsure};
use crate::expr::EvalError;
use crate::value::{Value, time_in_range};

fn datetime<'m>(time: Timestamp) -> Answer<'m> {
    time_in_range(time).map(Value::Datetime).ok_or_else(overflow)
}

fn overflow() -> EvalError {
    EvalError { code: codes::OVERFLOW, message: "the datetime is out of range".to_owned() }
}

fn unprintable(format: &str) -> EvalError {
    failed("text", format, "a format such as `%Y-%m-%d`")
}

fn format<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let (time, format, zone) = match arguments {
        [Value::Datetime(time), Value::String(format)] => (time, format.as_str(), TimeZone::UTC),
        [Value::Datetime(time), Value::String(format), Value::String(name)] => {
            (time, format.as_str(), zone(name.as_str())?)
        }
        _ => return Err(unexpected()),
    };
    made(strtime::format(format, &time.to_zoned(zone)).map_err(|_| unprintable(format))?)
}

fn parse<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let (text, format, zone) = match arguments {
        [Value::String(text), Value::String(format)] => (text.as_str(), format.as_str(), TimeZone::UTC),
        [Value::String(text), Value::String(format), Value::String(name)] => {
            (text.as_str(), format.as_str(), zone(name.as_str())?)
        }
        _ => return Err(unexpected()),
    };
    let wanted = || failed("text", text, &format!("a datetime by `{}`", clip(format)));
    let parts = BrokenDownTime::parse(format, text).map_err(|_| wanted())?;
    datetime(instant(&parts, zone).ok_or_else(wanted)?)
}

/// The moment that parts of a date name: by their own zone or offset if they have one, at midnight if they have no time of day.
fn instant(parts: &BrokenDownTime, zone: TimeZone) -> Option<Timestamp> {
    if let Some(name) = parts.iana_time_zone() {
        let zone = self::zone(name).ok()?;
        return zone.to_timestamp(parts.to_datetime().ok()?).ok();
    }
    if parts.offset().is_some() || parts.timestamp().is_some() {
        return parts.to_timestamp().ok();
    }
    let time = if parts.hour().is_some() { parts.to_time().ok()? } else { Time::midnight() };
    zone.to_timestamp(parts.to_date().ok()?.to_datetime(time)).ok()
}

fn add<'m>(arguments: &[Value<'m>], span: fn(i64) -> Result<Span, jiff::Error>) -> Answer<'m> {
    let [Value::Datetime(time), Value::Integer(count), Value::String(name)] = arguments else {
        return Err(unexpected());
    };
    let zoned = time.to_zoned(zone(name.as_str())?);
    let later = span(*count).and_then(|span| zoned.checked_add(span)).map_err(|_| overflow())?;
    datetime(later.timestamp())
}

fn add_days<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    add(arguments, |days| Span::new().try_days(days))
}

fn add_months<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    add(arguments, |months| Span::new().try_months(months))
}

fn start_of_day<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    let [Value::Datetime(time), Value::String(name)] = arguments else { return Err(unexpected()) };
    let day = time.to_zoned(zone(name.as_str())?).start_of_day().map_err(|_| overflow())?;
    datetime(day.timestamp())
}

/// A moment with every part different, which formats are tried on.
static SAMPLE: LazyLock<Zoned> = LazyLock::new(|| {
    Timestamp::from_millisecond(1_795_421_350_123).unwrap_or(Timestamp::UNIX_EPOCH).to_zoned(TimeZone::UTC)
});

fn bad_format(format: &str, what: &str, suggestion: &str) -> BadLiteral {
    BadLiteral {
        message: format!("the format `{}` {what}", clip(format)),
        expected: "a format by strftime, such as `%Y-%m-%d %H:%M`",
        suggestion: Some(suggestion.to_owned()),
        meant: None,
    }
}

/// Whether a format that is written out can be printed. One in the letters of Java or .NET would print itself.
fn prints(format: &str) -> Result<(), BadLiteral> {
    if let Some(meant) = strftime(format) {
        return Err(BadLiteral::meaning(
            format!("the format `{}` has no directive of strftime", clip(format)),
            "a format by strftime, such as `%Y-%m-%d %H:%M`",
            Some(meant),
        ));
    }
    match strtime::format(format, &*SAMPLE) {
        Ok(_) => Ok(()),
        Err(_) => Err(bad_format(format, "can't be read", "write `%%` for a percent sign")),
    }
}

/// Whether a datetime can be read by a format that is written out: what it prints must read as a day at least.
fn reads(format: &str) -> Result<(), BadLiteral> {
    prints(format)?;
    let text = strtime::format(format, &*SAMPLE).unwrap_or_default();
    let parts = BrokenDownTime::parse(format, &text).ok();
    match parts.and_then(|parts| instant(&parts, TimeZone::UTC)) {
        Some(_) => Ok(()),
        None => {
            Err(bad_format(format, "does not say which day it is", "name the year, month and day, such as `%Y-%m-%d`"))
        }
    }
}

const S: Kind = Kind::String;
const D: Kind = Kind::Datetime;
const I: Kind = Kind::Integer;

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "formatTime",
        Style::Both,
        "A datetime formatted by strftime (`%Y` year, `%m` month, `%d` day, `%H` hour, `%M` minute, `%S` second, `%A` and `%B` the English names of day and month, `%z` offset, `%Q` the zone's name), in a time zone or in UTC. Zones are names of the IANA database or offsets. It fails if a computed format or zone is not valid.",
        &[unsure(&[D, S], S, format), unsure(&[D, S, S], S, format)],
        &[
            ("formatTime(now, '%Y-%m-%d')", "2026-03-01"),
            ("now.formatTime('%A %H:%M', 'Europe/Berlin')", "Sunday 11:20"),
        ],
    )
    .checking(&[(1, prints), (2, is_zone)]),
    Function::new(
        "parseTime",
        Style::Function,
        "A datetime parsed from a text by a strftime format, in a time zone or in UTC if the text has none; midnight if it has no time of day. A time that a clock change skips or repeats is resolved as in RFC 5545. Any other text fails.",
        &[unsure(&[S, S], D, parse), unsure(&[S, S, S], D, parse)],
        &[
            ("parseTime('01.03.2026', '%d.%m.%Y')", "2026-03-01T00:00:00Z"),
            ("parseTime('2026-03-01 10:20', '%Y-%m-%d %H:%M', 'America/New_York')", "2026-03-01T15:20:00Z"),
        ],
    )
    .checking(&[(1, reads), (2, is_zone)]),
    Function::new(
        "addDays",
        Style::Both,
        "The datetime N days later (or earlier, if negative) in a time zone's calendar, at the same time of day. It fails beyond the year 9999, and if a computed zone does not exist.",
        &[unsure(&[D, I, S], D, add_days)],
        &[("addDays(timestamp('2026-03-28T11:00:00Z'), 1, 'Europe/Berlin')", "2026-03-29T10:00:00Z")],
    )
    .checking(&[(2, is_zone)]),
    Function::new(
        "addMonths",
        Style::Both,
        "The datetime N months later (or earlier, if negative) in a time zone's calendar; on the last day of a month that is shorter. It fails as addDays does.",
        &[unsure(&[D, I, S], D, add_months)],
        &[("addMonths(timestamp('2026-01-31T12:00:00Z'), 1, 'UTC')", "2026-02-28T12:00:00Z")],
    )
    .checking(&[(2, is_zone)]),
    Function::new(
        "startOfDay",
        Style::Both,
        "The start of the day in a time zone. It fails if a computed zone does not exist.",
        &[unsure(&[D, S], D, start_of_day)],
        &[("startOfDay(now, 'Europe/Berlin')", "2026-02-28T23:00:00Z")],
    )
    .checking(&[(1, is_zone)]),
];
