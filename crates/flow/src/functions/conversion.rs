//! Conversions between types, as CEL has them.

use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};

use super::{Function, Kind, Overload, Style, unexpected};
use crate::expr::EvalError;
use crate::value::{Text, Value, number_text, plain, span_in_range, time_in_range};

fn failed(what: &str, text: &str, wanted: &str) -> EvalError {
    let clipped: String = text.chars().take(60).collect();
    EvalError { code: "run.conversion", message: format!("the {what} `{clipped}` can't become {wanted}") }
}

fn int<'m>(arguments: &[Value<'m>]) -> Result<Value<'m>, EvalError> {
    match arguments {
        [Value::Integer(number)] => Ok(Value::Integer(*number)),
        [Value::Number(number)] => {
            let whole = number.trunc();
            // Both bounds are exact as doubles, and CEL takes neither: numbers that round to them may have been beyond.
            if whole > -9_223_372_036_854_775_808.0 && whole < 9_223_372_036_854_775_808.0 {
                #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
                return Ok(Value::Integer(whole as i64));
            }
            Err(EvalError {
                code: "run.overflow",
                message: format!("{} is out of an integer's range", number_text(*number)),
            })
        }
        [Value::String(text)] => {
            text.as_str().parse().map(Value::Integer).map_err(|_| failed("string", text.as_str(), "an integer"))
        }
        [Value::Datetime(time)] => Ok(Value::Integer(time.as_second())),
        _ => Err(unexpected()),
    }
}

fn double<'m>(arguments: &[Value<'m>]) -> Result<Value<'m>, EvalError> {
    match arguments {
        [Value::Number(number)] => Ok(Value::Number(*number)),
        #[expect(clippy::cast_precision_loss, reason = "CEL's double(int) rounds")]
        [Value::Integer(number)] => Ok(Value::Number(*number as f64)),
        [Value::String(text)] => {
            text.as_str().parse().map(Value::Number).map_err(|_| failed("string", text.as_str(), "a number"))
        }
        _ => Err(unexpected()),
    }
}

fn string<'m>(arguments: &[Value<'m>]) -> Result<Value<'m>, EvalError> {
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

fn bool<'m>(arguments: &[Value<'m>]) -> Result<Value<'m>, EvalError> {
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

fn timestamp<'m>(arguments: &[Value<'m>]) -> Result<Value<'m>, EvalError> {
    match arguments {
        [Value::Datetime(time)] => Ok(Value::Datetime(*time)),
        [Value::Integer(seconds)] => Timestamp::from_second(*seconds)
            .ok()
            .and_then(time_in_range)
            .map(Value::Datetime)
            .ok_or_else(|| failed("integer", &seconds.to_string(), "a datetime")),
        [Value::String(text)] => text
            .as_str()
            .parse()
            .ok()
            .and_then(time_in_range)
            .map(Value::Datetime)
            .ok_or_else(|| failed("string", text.as_str(), "a datetime (RFC 3339)")),
        _ => Err(unexpected()),
    }
}

fn duration<'m>(arguments: &[Value<'m>]) -> Result<Value<'m>, EvalError> {
    match arguments {
        [Value::Duration(span)] => Ok(Value::Duration(*span)),
        [Value::String(text)] => text
            .as_str()
            .parse::<SignedDuration>()
            .ok()
            .and_then(span_in_range)
            .map(Value::Duration)
            .ok_or_else(|| failed("string", text.as_str(), "a duration such as `1h30m`")),
        _ => Err(unexpected()),
    }
}

type Call = for<'m> fn(&[Value<'m>]) -> Result<Value<'m>, EvalError>;

const fn from(parameters: &'static [Kind], result: Kind, can_fail: bool, call: Call) -> Overload {
    Overload { parameters, result, can_fail, call }
}

/// The functions of this family.
pub(super) static FUNCTIONS: &[Function] = &[
    Function {
        name: "int",
        style: Style::Function,
        summary: "An integer from a number (cut off towards zero), a string, or a datetime (seconds since 1970).",
        overloads: &[
            from(&[Kind::Integer], Kind::Integer, false, int),
            from(&[Kind::Number], Kind::Integer, true, int),
            from(&[Kind::String], Kind::Integer, true, int),
            from(&[Kind::Datetime], Kind::Integer, false, int),
        ],
        examples: &[("int('42')", "42"), ("int(-2.9)", "-2")],
        search: None,
    },
    Function {
        name: "double",
        style: Style::Function,
        summary: "A number from an integer or a string.",
        overloads: &[
            from(&[Kind::Number], Kind::Number, false, double),
            from(&[Kind::Integer], Kind::Number, false, double),
            from(&[Kind::String], Kind::Number, true, double),
        ],
        examples: &[("double(2) / 4.0", "0.5"), ("double('1e3')", "1000"), ("string(1500000.0)", "1.5e+06")],
        search: None,
    },
    Function {
        name: "string",
        style: Style::Function,
        summary: "A string from any simple value, or from json (a json string as it is, all else as compact JSON).",
        overloads: &[
            from(&[Kind::String], Kind::String, false, string),
            from(&[Kind::Integer], Kind::String, false, string),
            from(&[Kind::Number], Kind::String, false, string),
            from(&[Kind::Boolean], Kind::String, false, string),
            from(&[Kind::Datetime], Kind::String, false, string),
            from(&[Kind::Duration], Kind::String, false, string),
            from(&[Kind::Json], Kind::String, false, string),
        ],
        examples: &[("string(42) + '!'", "42!"), ("string(duration('1h30m'))", "5400s")],
        search: None,
    },
    Function {
        name: "bool",
        style: Style::Function,
        summary: "A boolean from the strings true, false, t, f, 1, 0.",
        overloads: &[
            from(&[Kind::Boolean], Kind::Boolean, false, bool),
            from(&[Kind::String], Kind::Boolean, true, bool),
        ],
        examples: &[("bool('true')", "true")],
        search: None,
    },
    Function {
        name: "timestamp",
        style: Style::Function,
        summary: "A datetime from a string (RFC 3339) or from seconds since 1970.",
        overloads: &[
            from(&[Kind::Datetime], Kind::Datetime, false, timestamp),
            from(&[Kind::Integer], Kind::Datetime, true, timestamp),
            from(&[Kind::String], Kind::Datetime, true, timestamp),
        ],
        examples: &[("timestamp('2026-11-23T09:00:00+01:00')", "2026-11-23T08:00:00Z")],
        search: None,
    },
    Function {
        name: "duration",
        style: Style::Function,
        summary: "A duration from a string such as 1h30m, 90s or 1.5s.",
        overloads: &[
            from(&[Kind::Duration], Kind::Duration, false, duration),
            from(&[Kind::String], Kind::Duration, true, duration),
        ],
        examples: &[("duration('90m') == duration('1h30m')", "true")],
        search: None,
    },
];
