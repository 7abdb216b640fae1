//! Values while a run lasts. They borrow from the email and the program wherever they can: copying a body costs more than searching it.

use std::collections::BTreeMap;
use std::ops::Range;
use std::sync::Arc;

use jiff::civil::DateTime;
use jiff::{SignedDuration, Timestamp};

use serde_json::{Value as Json, json};

use crate::email::{Email, Member};
use crate::types::Type;

/// A text: borrowed from the email or the program, or computed.
#[derive(Clone, Debug)]
pub enum Text<'m> {
    /// Borrowed.
    Borrowed(&'m str),
    /// Computed in this run.
    Owned(Arc<str>),
}

impl<'m> Text<'m> {
    /// A part of it, borrowed where the whole is; empty where it has no such part.
    #[must_use]
    pub fn part(&self, range: Range<usize>) -> Self {
        match self {
            Self::Borrowed(text) => Self::Borrowed(text.get(range).unwrap_or_default()),
            Self::Owned(text) => Self::Owned(Arc::from(text.get(range).unwrap_or_default())),
        }
    }
}

impl Text<'_> {
    /// The text.
    pub fn as_str(&self) -> &str {
        match self {
            Self::Borrowed(text) => text,
            Self::Owned(text) => text,
        }
    }
}

/// A handle to a part of the interaction; its members are read through [`crate::email::Email`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Handle {
    /// `interaction`.
    Interaction,
    /// A part with members of its own, such as `interaction.email`.
    Part(&'static Member),
    /// One of a member's addresses.
    Address(&'static Member, u32),
    /// One of a member's attachments.
    Attachment(&'static Member, u32),
}

/// A value.
#[derive(Clone, Debug)]
pub enum Value<'m> {
    /// Text.
    String(Text<'m>),
    /// CEL's `int`.
    Integer(i64),
    /// CEL's `double`.
    Number(f64),
    /// A truth value.
    Boolean(bool),
    /// A point in time.
    Datetime(Timestamp),
    /// A span of time.
    Duration(SignedDuration),
    /// Anything that JSON can say.
    Json(Arc<serde_json::Value>),
    /// A list.
    List(Arc<[Value<'m>]>),
    /// A map.
    Map(Arc<BTreeMap<Arc<str>, Value<'m>>>),
    /// A part of the interaction.
    Object(Handle),
}

impl<'m> Value<'m> {
    /// A text that is borrowed.
    pub fn text(text: &'m str) -> Self {
        Self::String(Text::Borrowed(text))
    }

    /// The text, if it is one.
    pub fn as_str(&self) -> Option<&str> {
        match self {
            Self::String(text) => Some(text.as_str()),
            _ => None,
        }
    }

    /// The value as JSON: datetimes and durations as strings, parts of the interaction as what can be read of them.
    pub fn to_json(&self, email: &dyn Email) -> Json {
        match self {
            Self::String(text) => Json::from(text.as_str()),
            Self::Integer(number) => Json::from(*number),
            // JSON has no such numbers: they are the texts that protobuf's JSON mapping, and so CEL, has for them.
            Self::Number(number) if number.is_nan() => Json::from("NaN"),
            Self::Number(number) if number.is_infinite() => {
                Json::from(if *number > 0.0 { "Infinity" } else { "-Infinity" })
            }
            Self::Number(number) => Json::from(*number),
            Self::Boolean(value) => Json::from(*value),
            Self::Datetime(_) | Self::Duration(_) => Json::from(plain(self).unwrap_or_default()),
            Self::Json(json) => (**json).clone(),
            Self::List(elements) => elements.iter().map(|element| element.to_json(email)).collect(),
            Self::Map(members) => {
                Json::Object(members.iter().map(|(key, value)| (key.to_string(), value.to_json(email))).collect())
            }
            Self::Object(handle) => handle.to_json(email),
        }
    }

    /// Prints the value as templates do. Parts of the interaction have no text and print as JSON.
    pub fn display(&self, email: &dyn Email) -> String {
        plain(self).unwrap_or_else(|| self.to_json(email).to_string())
    }
}

impl Handle {
    fn to_json(self, email: &dyn Email) -> Json {
        match self {
            Self::Interaction => Json::from("(interaction)"),
            Self::Part(part) => Json::from(format!("({})", part.name())),
            Self::Address(member, position) => {
                let address = email.address(member, position as usize).unwrap_or_default();
                json!({ "address": address.address, "name": address.name, "domain": address.domain })
            }
            Self::Attachment(member, position) => {
                let part = email.attachment(member, position as usize).unwrap_or_default();
                json!({ "name": part.name, "contentType": part.content_type, "size": part.size, "inline": part.inline })
            }
        }
    }
}

/// What a simple value prints as: strings as they are, numbers and booleans as CEL prints them, datetimes by RFC 3339
/// in UTC, durations as CEL's `string()`. `None` for lists, maps, json and objects.
pub(crate) fn plain(value: &Value<'_>) -> Option<String> {
    Some(match value {
        Value::String(text) => text.as_str().to_owned(),
        Value::Integer(number) => number.to_string(),
        Value::Number(number) => number_text(*number),
        Value::Boolean(value) => value.to_string(),
        Value::Datetime(time) => time.to_string(),
        Value::Duration(span) => duration_text(*span),
        Value::Json(_) | Value::List(_) | Value::Map(_) | Value::Object(_) => return None,
    })
}

/// A double as CEL prints it: the shortest digits that read back as the same, and an exponent below 1e-4 and from 1e6 on
/// (cel-go's `string(double)`, which is Go's `%g`).
pub(crate) fn number_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "+Inf" } else { "-Inf" }.to_owned();
    }
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(-4..6).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.unsigned_abs())
        }
        _ => number.to_string(),
    }
}

/// Seconds with as many decimals as needed, and an `s`.
fn duration_text(span: SignedDuration) -> String {
    let nanos = span.as_nanos();
    let sign = if nanos < 0 { "-" } else { "" };
    let (seconds, rest) = (nanos.unsigned_abs() / 1_000_000_000, nanos.unsigned_abs() % 1_000_000_000);
    if rest == 0 {
        return format!("{sign}{seconds}s");
    }
    let decimals = format!("{rest:09}");
    format!("{sign}{seconds}.{}s", decimals.trim_end_matches('0'))
}

/// How much of the limit on computed values a value takes: its text and that of all its parts, and what it takes to hold each.
/// What is shared or borrowed counts as well, because whoever prints a value or keeps it makes all of it.
pub(crate) fn weight(value: &Value<'_>) -> usize {
    let parts = match value {
        Value::String(text) => text.as_str().len(),
        Value::Json(json) => return json_weight(json),
        Value::List(elements) => elements.iter().map(weight).sum(),
        Value::Map(members) => members.iter().map(|(key, value)| key.len() + weight(value)).sum(),
        _ => 0,
    };
    size_of::<Value<'_>>() + parts
}

/// What the texts of addresses and attachments in a value weigh, beside the value itself.
pub(crate) fn handles_weight(value: &Value<'_>, email: &dyn Email) -> usize {
    match value {
        Value::Object(Handle::Address(member, position)) => {
            let address = email.address(member, *position as usize).unwrap_or_default();
            HANDLE_BYTES + address.address.len() + address.name.len() + address.domain.len()
        }
        Value::Object(Handle::Attachment(member, position)) => {
            let part = email.attachment(member, *position as usize).unwrap_or_default();
            HANDLE_BYTES + part.name.len() + part.content_type.len()
        }
        Value::List(elements) => elements.iter().map(|element| handles_weight(element, email)).sum(),
        Value::Map(members) => members.values().map(|member| handles_weight(member, email)).sum(),
        _ => 0,
    }
}

/// What an address or attachment takes as json, beside its texts.
const HANDLE_BYTES: usize = 512;

/// What an allocation takes beside what it was asked for, about.
const ALLOCATION_BYTES: usize = 32;

/// What a map takes that has a member: a node of its tree.
pub(crate) const MAP_BYTES: usize = 512;

/// What a member of a map or of a json object takes beside the texts of its key and value.
pub(crate) const MEMBER_BYTES: usize = 96;

/// The bytes of memory that a value holds by itself, about: what it borrows from the mail or the program is there anyway. What several
/// values share counts for each of them.
pub fn footprint(value: &Value<'_>) -> usize {
    let parts = match value {
        Value::String(Text::Owned(text)) => ALLOCATION_BYTES + text.len(),
        Value::Json(json) => ALLOCATION_BYTES + json_footprint(json),
        Value::List(elements) => ALLOCATION_BYTES + elements.iter().map(footprint).sum::<usize>(),
        Value::Map(members) => {
            MAP_BYTES + members.iter().map(|(key, value)| MEMBER_BYTES + key.len() + footprint(value)).sum::<usize>()
        }
        _ => 0,
    };
    size_of::<Value<'_>>() + parts
}

/// The bytes of memory that json holds, about.
pub fn json_footprint(json: &Json) -> usize {
    let parts = match json {
        Json::String(text) => ALLOCATION_BYTES + text.len(),
        Json::Array(elements) => ALLOCATION_BYTES + elements.iter().map(json_footprint).sum::<usize>(),
        Json::Object(members) => {
            let members = members.iter().map(|(key, value)| MEMBER_BYTES + key.len() + json_footprint(value));
            ALLOCATION_BYTES + members.sum::<usize>()
        }
        _ => 0,
    };
    size_of::<Json>() + parts
}

fn json_weight(json: &Json) -> usize {
    let parts = match json {
        Json::String(text) => text.len(),
        Json::Array(elements) => elements.iter().map(json_weight).sum(),
        Json::Object(members) => members.iter().map(|(key, value)| key.len() + json_weight(value)).sum(),
        _ => 0,
    };
    size_of::<Json>() + parts
}

/// How deep json may nest that a run makes: as deep as what can be read.
pub(crate) const MAX_JSON_DEPTH: usize = 128;

/// Whether json nests no deeper than that. Lists and maps nest no deeper than their types, but a loop can put json into json.
pub(crate) fn is_flat_enough(json: &Json) -> bool {
    fn within(json: &Json, depth: usize) -> bool {
        match json {
            Json::Array(_) | Json::Object(_) if depth == 0 => false,
            Json::Array(elements) => elements.iter().all(|element| within(element, depth - 1)),
            Json::Object(members) => members.values().all(|member| within(member, depth - 1)),
            _ => true,
        }
    }
    within(json, MAX_JSON_DEPTH)
}

/// The first second of year 1, and the longest duration, as CEL's specification has them. (The last moment is the library's:
/// 9999-12-30T22:00:00.999999999Z, so that every time can be shown in every zone.)
const FIRST_SECOND: i64 = -62_135_596_800;
const LONGEST_SECONDS: u64 = 315_576_000_000;

/// A datetime that CEL has.
pub(crate) fn time_in_range(time: Timestamp) -> Option<Timestamp> {
    (time.as_second() >= FIRST_SECOND && (time.as_second() > FIRST_SECOND || time.subsec_nanosecond() >= 0))
        .then_some(time)
}

/// A duration that CEL has.
pub(crate) fn span_in_range(span: SignedDuration) -> Option<SignedDuration> {
    (span.as_secs().unsigned_abs() <= LONGEST_SECONDS).then_some(span)
}

/// The integer that a number is, cut off towards zero. Both bounds are exact as doubles, and CEL takes neither: numbers that round to
/// them may have been beyond.
pub(crate) fn whole(number: f64) -> Option<i64> {
    let whole = number.trunc();
    #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
    (whole > -9_223_372_036_854_775_808.0 && whole < 9_223_372_036_854_775_808.0).then_some(whole as i64)
}

/// Reads a datetime (RFC 3339). A second's fraction is cut off after nanoseconds.
pub(crate) fn read_time(text: &str) -> Option<Timestamp> {
    const DIGITS: usize = 9;
    let (seconds, rest) = text.split_once('.').unwrap_or((text, ""));
    let offset = rest.find(|digit: char| !digit.is_ascii_digit()).unwrap_or(rest.len());
    let cut = (offset > DIGITS).then(|| {
        let (fraction, offset) = (rest.get(..DIGITS).unwrap_or_default(), rest.get(offset..).unwrap_or_default());
        format!("{seconds}.{fraction}{offset}")
    });
    let text = cut.as_deref().unwrap_or(text);
    // `+24:00` is no offset, though the library reads it.
    let hours = text.rsplit_once(['+', '-']).and_then(|(_, offset)| offset.split(':').next()?.parse::<u8>().ok());
    if hours.is_some_and(|hours| hours > 23) && !text.ends_with(['Z', 'z']) {
        return None;
    }
    text.parse().ok().and_then(time_in_range)
}

/// The range that a text would have to be in, if it is a datetime or a duration but for that.
pub(crate) fn out_of_range(text: &str, wanted: &Type) -> Option<&'static str> {
    match wanted {
        Type::Datetime
            if text.trim_end_matches(['Z', 'z']).parse::<DateTime>().is_ok() && text.contains(['T', 't']) =>
        {
            Some("a datetime from 0001-01-01T00:00:00Z to 9999-12-30T22:00:00Z")
        }
        Type::Duration if text.parse::<SignedDuration>().is_ok() => Some("a duration of at most 87660000h"),
        _ => None,
    }
}

/// Reads a duration such as `1h30m`. Zero needs no unit, as in CEL.
pub(crate) fn read_span(text: &str) -> Option<SignedDuration> {
    if matches!(text, "0" | "+0" | "-0") {
        return Some(SignedDuration::ZERO);
    }
    text.parse().ok().and_then(span_in_range)
}
