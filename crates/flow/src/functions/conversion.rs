//! Conversions between types, as CEL has them, and with a default.

use std::sync::Arc;

use jiff::Timestamp;
use waypost_ids::codes;

use super::written::{is_boolean, is_datetime, is_duration, is_integer, is_number};
use super::{Answer, Function, Kind, Style, clip, defaults, failed, sure, unexpected, unsure};
use crate::expr::EvalError;
use crate::value::{Text, Value, number_text, plain, read_span, read_time, time_in_range, whole};

fn out_of_range(of: &str, number: &str) -> EvalError {
    EvalError { code: codes::OVERFLOW, message: format!("{number} is out of {of}'s range") }
}

pub(super) fn int<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    match arguments {
        [Value::Integer(number)] => Ok(Value::Integer(*number)),
        [Value::Number(number)] => {
            whole(*number).map(Value::Integer).ok_or_else(|| out_of_range("an integer", &number_text(*number)))
        }
        [Value::String(text)] => {
            text.as_str().parse().map(Value::Integer).map_err(|_| failed("string", text.as_str(), "an integer"))
        }
        [Value::Datetime(time)] => Ok(Value::Integer(time.as_second())),
        _ => Err(unexpected()),
    }
}

pub(super) fn double<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    match arguments {
        [Value::Number(number)] => Ok(Value::Number(*number)),
        #[expect(clippy::cast_precision_loss, reason = "CEL's double(int) rounds")]
        [Value::Integer(number)] => Ok(Value::Number(*number as f64)),
        [Value::String(text)] => match text.as_str().parse::<f64>() {
            // `inf` is a number that is written out; `1e999` is one that is too large.
            Ok(number) if number.is_infinite() && text.as_str().contains(|c: char| c.is_ascii_digit()) => {
                Err(out_of_range("a number", clip(text.as_str()).as_str()))
            }
            Ok(number) => Ok(Value::Number(number)),
            Err(_) => Err(failed("string", text.as_str(), "a number")),
        },
        _ => Err(unexpected()),
    }
}

fn string<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    match arguments {
        [text @ Value::String(_)] => Ok(text.clone()),
        [Value::Json(json)] => match &**json {
            serde_json::Value::String(text) => Ok(Value::String(Text::Owned(Arc::from(text.as_str())))),
            other => Ok(Value::String(Text::Owned(Arc::from(other.to_string())))),
        },
        [other] => Ok(Value::String(Text::Owned(Arc::from(plain(other).ok_or_else(unexpected)?)))),
        _ => Err(unexpected()),
    }
}

pub(super) fn bool<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    match arguments {
        [Value::Boolean(value)] => Ok(Value::Boolean(*value)),
        // The spellings of CEL's bool(string).
        [Value::String(text)] => match text.as_str() {
            "1" | "t" | "T" | "true" | "TRUE" | "True" => Ok(Value::Boolean(true)),
            "0" | "f" | "F" | "false" | "FALSE" | "False" => Ok(Value::Boolean(false)),
            other => Err(failed("string", other, "a boolean")),
        },
        _ => Err(unexpected()),
    }
}

pub(super) fn timestamp<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    match arguments {
        [Value::Datetime(time)] => Ok(Value::Datetime(*time)),
        [Value::Integer(seconds)] => Timestamp::from_second(*seconds)
            .ok()
            .and_then(time_in_range)
            .map(Value::Datetime)
            .ok_or_else(|| failed("integer", &seconds.to_string(), "a datetime")),
        [Value::String(text)] => read_time(text.as_str())
            .map(Value::Datetime)
            .ok_or_else(|| failed("string", text.as_str(), "a datetime (RFC 3339)")),
        _ => Err(unexpected()),
    }
}

pub(super) fn duration<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    match arguments {
        [Value::Duration(span)] => Ok(Value::Duration(*span)),
        [Value::String(text)] => read_span(text.as_str())
            .map(Value::Duration)
            .ok_or_else(|| failed("string", text.as_str(), "a duration such as `1h30m`")),
        _ => Err(unexpected()),
    }
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function::new(
        "int",
        Style::Function,
        "An integer from a number (cut off towards zero), a string, or a datetime (seconds since 1970). With a default: from a string, or from a json number without a fraction that fits 64 bits, otherwise the default.",
        &[
            sure(&[Kind::Integer], Kind::Integer, int),
            unsure(&[Kind::Number], Kind::Integer, int),
            unsure(&[Kind::String], Kind::Integer, int),
            sure(&[Kind::Datetime], Kind::Integer, int),
            sure(&[Kind::String, Kind::Integer], Kind::Integer, |arguments| defaults::or(arguments, int)),
            sure(&[Kind::Json, Kind::Integer], Kind::Integer, defaults::integer),
        ],
        &[("int('42')", "42"), ("int(-2.9)", "-2"), ("int('4x', 0)", "0"), ("int(input.data.list[1], 0)", "2")],
    )
    .parsing(is_integer),
    Function::new(
        "double",
        Style::Function,
        "A number from an integer or a string. With a default: from a string, or from a json number, otherwise the default.",
        &[
            sure(&[Kind::Number], Kind::Number, double),
            sure(&[Kind::Integer], Kind::Number, double),
            unsure(&[Kind::String], Kind::Number, double),
            sure(&[Kind::String, Kind::Number], Kind::Number, |arguments| defaults::or(arguments, double)),
            sure(&[Kind::Json, Kind::Number], Kind::Number, defaults::number),
        ],
        &[
            ("double(2) / 4.0", "0.5"),
            ("double('1e3')", "1000"),
            ("string(1500000.0)", "1.5e+06"),
            ("double(input.data.name, 0.5)", "0.5"),
        ],
    )
    .parsing(is_number),
    Function::new(
        "string",
        Style::Function,
        "A string from any simple value, or from json (a json string unchanged, anything else as compact JSON). With a default: a json string, otherwise the default.",
        &[
            sure(&[Kind::String], Kind::String, string),
            sure(&[Kind::Integer], Kind::String, string),
            sure(&[Kind::Number], Kind::String, string),
            sure(&[Kind::Boolean], Kind::String, string),
            sure(&[Kind::Datetime], Kind::String, string),
            sure(&[Kind::Duration], Kind::String, string),
            sure(&[Kind::Json], Kind::String, string),
            sure(&[Kind::Json, Kind::String], Kind::String, defaults::string),
        ],
        &[
            ("string(42) + '!'", "42!"),
            ("string(duration('1h30m'))", "5400s"),
            ("string(input.data.name, 'nobody')", "Ann"),
            ("string(input.data.list, 'no string')", "no string"),
        ],
    ),
    Function::new(
        "bool",
        Style::Function,
        "A boolean from the strings true, false, t, f, 1, 0. With a default: from such a string, or from json true or false, otherwise the default.",
        &[
            sure(&[Kind::Boolean], Kind::Boolean, bool),
            unsure(&[Kind::String], Kind::Boolean, bool),
            sure(&[Kind::String, Kind::Boolean], Kind::Boolean, |arguments| defaults::or(arguments, bool)),
            sure(&[Kind::Json, Kind::Boolean], Kind::Boolean, defaults::boolean),
        ],
        &[("bool('true')", "true"), ("bool('yes', false)", "false"), ("bool(toJson(true), false)", "true")],
    )
    .parsing(is_boolean),
    Function::new(
        "timestamp",
        Style::Function,
        "A datetime from a string (RFC 3339) or from seconds since 1970. With a default: from a string, or from a json string, otherwise the default.",
        &[
            sure(&[Kind::Datetime], Kind::Datetime, timestamp),
            unsure(&[Kind::Integer], Kind::Datetime, timestamp),
            unsure(&[Kind::String], Kind::Datetime, timestamp),
            sure(&[Kind::String, Kind::Datetime], Kind::Datetime, |arguments| defaults::or(arguments, timestamp)),
            sure(&[Kind::Json, Kind::Datetime], Kind::Datetime, defaults::datetime),
        ],
        &[
            ("timestamp('2026-11-23T09:00:00+01:00')", "2026-11-23T08:00:00Z"),
            ("timestamp('tomorrow', now) == now", "true"),
        ],
    )
    .parsing(is_datetime),
    Function::new(
        "duration",
        Style::Function,
        "A duration from a string such as 1h30m, 90s or 1.5s. With a default: from a string, or from a json string, otherwise the default.",
        &[
            sure(&[Kind::Duration], Kind::Duration, duration),
            unsure(&[Kind::String], Kind::Duration, duration),
            sure(&[Kind::String, Kind::Duration], Kind::Duration, |arguments| defaults::or(arguments, duration)),
            sure(&[Kind::Json, Kind::Duration], Kind::Duration, defaults::duration),
        ],
        &[("duration('90m') == duration('1h30m')", "true"), ("duration(input.data.name, duration('1h'))", "3600s")],
    )
    .parsing(is_duration),
];
