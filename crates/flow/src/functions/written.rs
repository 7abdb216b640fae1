//! Texts that are written out as the only argument of a function that reads them: what can't be read is found before any mail has come.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use jiff::civil::DateTime;
use jiff::{SignedDuration, Span, SpanRelativeTo};

use super::address::address_of;
use super::conversion::{bool, double, duration, int, timestamp};
use super::encoding::decode;
use super::json::parse;
use super::{Answer, BadLiteral, clip};
use crate::value::Value;

/// Seconds of an hour, and of a minute.
const HOUR: i64 = 3_600;
const MINUTE: i64 = 60;

/// The last second that the time library holds.
const LAST: &str = "9999-12-30T22:00:00Z";

/// What reads a text in a run.
type Read = for<'m> fn(&[Value<'m>]) -> Answer<'m>;

fn can(read: Read, text: &str) -> bool {
    read(&[Value::text(text)]).is_ok()
}

/// What is told of a text that can't be read.
fn unless(read: bool, told: impl FnOnce() -> BadLiteral) -> Result<(), BadLiteral> {
    if read { Ok(()) } else { Err(told()) }
}

fn no(what: &str, text: &str) -> String {
    if text.is_empty() { format!("an empty text is not {what}") } else { format!("`{}` is not {what}", clip(text)) }
}

/// Digits with what people put between thousands taken out, and a decimal comma, which a whole number has not, made a point.
fn bare_number(text: &str, whole: bool) -> String {
    let plain: String =
        text.trim().chars().filter(|c| !matches!(c, '_' | '\'' | ' ' | '\u{a0}' | '\u{202f}')).collect();
    let groups: Vec<&str> = plain.split(',').collect();
    let thousands = |groups: &[&str]| groups.iter().skip(1).all(|group| group.len() == 3);
    match groups.as_slice() {
        // Where it need not be whole, `3,142` may be either.
        [before, fraction] if !whole && (fraction.len() != 3 || *before == "0") => format!("{before}.{fraction}"),
        [_, _] if !whole => plain,
        [_, _, ..] if thousands(&groups) => groups.concat(),
        _ => plain,
    }
}

pub(super) fn is_integer(text: &str) -> Result<(), BadLiteral> {
    unless(can(int, text), || {
        let bare = bare_number(text, true);
        let meant = bare.parse::<i64>().ok().map(|number| number.to_string());
        let advice = match bare.parse::<f64>() {
            Ok(_) => "read it with `double`: an integer has no fraction, and at most 64 bits",
            Err(_) => "write the digits alone",
        };
        BadLiteral::meaning(no("an integer", text), "a whole number such as `42`", meant).or_advice(advice)
    })
}

pub(super) fn is_number(text: &str) -> Result<(), BadLiteral> {
    unless(can(double, text), || {
        let bare = bare_number(text, false);
        let meant = can(double, &bare).then_some(bare);
        BadLiteral::meaning(no("a number", text), "a number such as `1.5` or `2e6`", meant)
            .or_advice("write the digits alone, with a point before the fraction")
    })
}

pub(super) fn is_boolean(text: &str) -> Result<(), BadLiteral> {
    unless(can(bool, text), || {
        let meant = match text.trim().to_lowercase().as_str() {
            "yes" | "y" | "on" | "true" | "t" | "1" => Some("true"),
            "no" | "n" | "off" | "false" | "f" | "0" => Some("false"),
            _ => None,
        };
        BadLiteral::meaning(no("a boolean", text), "`true` or `false`", meant.map(str::to_owned))
            .or_advice("compare the text with a word instead")
    })
}

pub(super) fn is_datetime(text: &str) -> Result<(), BadLiteral> {
    unless(can(timestamp, text), || {
        const EXPECTED: &str = "a datetime by RFC 3339, such as `2026-11-23T09:00:00Z`";
        let trimmed = text.trim();
        let local: Option<DateTime> = trimmed.parse().ok();
        let meant = local.map(|local| format!("{}Z", local.strftime("%Y-%m-%dT%H:%M:%S")));
        let meant = meant.filter(|meant| trimmed.starts_with(|c: char| c.is_ascii_digit()) && can(timestamp, meant));
        // A zone or a fraction that is left out would make it another moment.
        let meant =
            meant.filter(|_| trimmed.chars().all(|c| c.is_ascii_digit() || matches!(c, '-' | ':' | 'T' | 't' | ' ')));
        // What people write for "never" is beyond the last moment that a run can hold.
        let meant = meant.or_else(|| trimmed.starts_with("9999-12-3").then(|| LAST.to_owned()));
        let is_moment = trimmed.get(..19).is_some_and(|begin| begin.parse::<DateTime>().is_ok());
        let advice = match looks_like_a_date(trimmed) {
            _ if is_moment => "write the offset from UTC right behind the time, as `Z` or `+01:00`",
            true => "check the month, the day and the time of day, in this order: there is no such datetime",
            false => "write year, month, day and time of day in this order; `parseTime` reads other forms by a format",
        };
        BadLiteral::meaning(no("a datetime", text), EXPECTED, meant).or_advice(advice)
    })
}

/// Whether a text begins like `2026-13-01`.
fn looks_like_a_date(text: &str) -> bool {
    let parts: Vec<&str> = text.get(..10).unwrap_or_default().split('-').collect();
    let digits = |part: &str, count: usize| part.len() == count && part.bytes().all(|byte| byte.is_ascii_digit());
    matches!(parts.as_slice(), [year, month, day] if digits(year, 4) && digits(month, 2) && digits(day, 2))
}

pub(super) fn is_duration(text: &str) -> Result<(), BadLiteral> {
    unless(can(duration, text), || {
        let expected = "a duration in hours, minutes and seconds, such as `1h30m` or `90s`";
        let meant = in_hours(text.trim()).filter(|meant| can(duration, meant));
        let advice = match text.trim().parse::<f64>() {
            Ok(_) => "add the unit: `h`, `m`, `s` or `ms`",
            Err(_) => "write days as hours, `72h`; months differ in length: `addMonths` adds them to a datetime",
        };
        BadLiteral::meaning(no("a duration", text), expected, meant).or_advice(advice)
    })
}

/// A span of days and weeks in hours: `3 days` is `72h`.
fn in_hours(text: &str) -> Option<String> {
    let span: Span = text.parse().ok()?;
    let span: SignedDuration = span.to_duration(SpanRelativeTo::days_are_24_hours()).ok()?;
    let (seconds, fraction) = (span.as_secs(), span.subsec_nanos());
    if fraction != 0 || seconds < 0 {
        return None;
    }
    let parts = [(seconds / HOUR, 'h'), (seconds % HOUR / MINUTE, 'm'), (seconds % MINUTE, 's')];
    let some: String =
        parts.iter().filter(|(count, _)| *count != 0).map(|(count, unit)| format!("{count}{unit}")).collect();
    Some(if some.is_empty() { "0s".to_owned() } else { some })
}

pub(super) fn is_json(text: &str) -> Result<(), BadLiteral> {
    let Err(error) = parse(&[Value::text(text)]) else { return Ok(()) };
    Err(BadLiteral {
        message: error.message,
        expected: "JSON, such as `{\"order\": 4711}`",
        suggestion: Some("write names and texts in double quotes, and nothing behind the last part".to_owned()),
        meant: None,
    })
}

pub(super) fn is_base64(text: &str) -> Result<(), BadLiteral> {
    unless(can(decode, text), || BadLiteral {
        message: no("a text by base64", text),
        expected: "UTF-8 encoded as base64 (RFC 4648, section 4), such as `Wm/Dqw==`",
        suggestion: Some(format!("encode the text: `{}` is `{}`", clip(text), STANDARD.encode(clip(text)))),
        meant: None,
    })
}

pub(super) fn is_address(text: &str) -> Result<(), BadLiteral> {
    unless(can(address_of, text), || BadLiteral {
        message: no("one email address", text),
        expected: "an address such as `ann@example.com`, alone or as `Ann <ann@example.com>`",
        suggestion: Some(match text.contains('@') {
            true => "write one address, its name in front and the address in `<` and `>`".to_owned(),
            false => "write the part before the `@`, too".to_owned(),
        }),
        meant: None,
    })
}

pub(super) fn is_one_character(text: &str) -> Result<(), BadLiteral> {
    let mut characters = text.chars();
    let first = characters.next();
    unless(first.is_some() && characters.next().is_none(), || {
        BadLiteral::meaning(no("one character", text), "one character such as `0`", first.map(String::from))
            .or_advice("name the character to fill up with")
    })
}
