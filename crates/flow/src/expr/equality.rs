//! When two values are equal: the one rule behind `==`, `!=`, `in` and the functions that look for an element.

use std::fmt::Write as _;

use serde_json::{Number, Value as Json};

use crate::email::Email;
use crate::value::Value;

/// Whole doubles below this are integers that an `i128` holds exactly. No other number of 64 bits reaches it.
const BEYOND_INTEGERS: f64 = 1e30;

/// A number by what it is, however it was written: two are equal only if they are the same variant.
#[derive(PartialEq)]
enum Exact {
    Whole(i128),
    Other(f64),
}

impl Exact {
    fn of(number: f64) -> Self {
        if number.fract() == 0.0 && number.abs() < BEYOND_INTEGERS {
            #[expect(clippy::cast_possible_truncation, reason = "whole and in range")]
            return Self::Whole(number as i128);
        }
        Self::Other(number)
    }

    fn of_json(number: &Number) -> Self {
        if let Some(whole) = number.as_i64() {
            return Self::Whole(whole.into());
        }
        match number.as_u64() {
            Some(whole) => Self::Whole(whole.into()),
            None => Self::of(number.as_f64().unwrap_or(f64::NAN)),
        }
    }

    /// The number of a value that is one.
    fn of_value(value: &Value<'_>) -> Option<Self> {
        match value {
            Value::Integer(number) => Some(Self::Whole((*number).into())),
            Value::Number(number) => Some(Self::of(*number)),
            _ => None,
        }
    }
}

/// Whether two values are equal. Numbers are compared by value, whatever their types, also in json, lists and maps.
pub(crate) fn equal(a: &Value<'_>, b: &Value<'_>, email: &dyn Email) -> bool {
    match (a, b) {
        (Value::Json(a), Value::Json(b)) => same_json(a, b),
        (Value::Json(json), other) | (other, Value::Json(json)) => equals_json(json, other, email),
        (Value::List(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equal(a, b, email))
        }
        (Value::Map(a), Value::Map(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| equal(a, b, email)))
        }
        (Value::Object(a), Value::Object(b)) => {
            a == b || same_json(&Value::Object(*a).to_json(email), &Value::Object(*b).to_json(email))
        }
        (Value::String(a), Value::String(b)) => a.as_str() == b.as_str(),
        (Value::Boolean(a), Value::Boolean(b)) => a == b,
        (Value::Datetime(a), Value::Datetime(b)) => a == b,
        (Value::Duration(a), Value::Duration(b)) => a == b,
        (Value::Integer(a), Value::Integer(b)) => a == b,
        (a, b) => Exact::of_value(a).is_some_and(|a| Exact::of_value(b) == Some(a)),
    }
}

/// Whether json equals a value that may be of another type: datetimes and durations are the texts that they print.
pub(super) fn equals_json(json: &Json, value: &Value<'_>, email: &dyn Email) -> bool {
    match (json, value) {
        (json, Value::Json(other)) => same_json(json, other),
        (Json::String(a), Value::String(b)) => a == b.as_str(),
        (Json::Number(a), Value::Integer(_) | Value::Number(_)) => Exact::of_value(value) == Some(Exact::of_json(a)),
        // Of what is no number in json, none is equal to it: an infinite one would become null.
        (_, Value::Integer(_) | Value::Number(_)) => false,
        (Json::Array(a), Value::List(b)) => {
            a.len() == b.len() && a.iter().zip(b.iter()).all(|(a, b)| equals_json(a, b, email))
        }
        (Json::Object(a), Value::Map(b)) => {
            a.len() == b.len() && b.iter().all(|(key, b)| a.get(&**key).is_some_and(|a| equals_json(a, b, email)))
        }
        (json, value) => same_json(json, &value.to_json(email)),
    }
}

fn same_json(a: &Json, b: &Json) -> bool {
    match (a, b) {
        (Json::Number(a), Json::Number(b)) => Exact::of_json(a) == Exact::of_json(b),
        (Json::Array(a), Json::Array(b)) => a.len() == b.len() && a.iter().zip(b).all(|(a, b)| same_json(a, b)),
        (Json::Object(a), Json::Object(b)) => {
            a.len() == b.len() && a.iter().all(|(key, a)| b.get(key).is_some_and(|b| same_json(a, b)))
        }
        (a, b) => a == b,
    }
}

/// A text that is the same for values of one type if, and only if, they are equal; none for what does not even equal itself.
pub(crate) fn key(value: &Value<'_>, email: &dyn Email) -> Option<String> {
    let mut key = String::new();
    write_key(value, email, &mut key).then_some(key)
}

fn write_key(value: &Value<'_>, email: &dyn Email, key: &mut String) -> bool {
    match value {
        Value::Json(json) => {
            write_json_key(json, key);
            true
        }
        Value::List(elements) => {
            key.push('[');
            let equal = elements.iter().all(|element| {
                let equal = write_key(element, email, key);
                key.push(',');
                equal
            });
            key.push(']');
            equal
        }
        Value::Map(members) => {
            key.push('{');
            let equal = members.iter().all(|(name, member)| {
                let _ = write!(key, "{}:", Json::from(&**name));
                let equal = write_key(member, email, key);
                key.push(',');
                equal
            });
            key.push('}');
            equal
        }
        other => match Exact::of_value(other) {
            Some(Exact::Other(number)) if number.is_nan() => false,
            Some(number) => {
                write_number_key(&number, key);
                true
            }
            None => {
                write_json_key(&other.to_json(email), key);
                true
            }
        },
    }
}

fn write_json_key(json: &Json, key: &mut String) {
    match json {
        Json::Number(number) => write_number_key(&Exact::of_json(number), key),
        Json::Array(elements) => {
            key.push('[');
            for element in elements {
                write_json_key(element, key);
                key.push(',');
            }
            key.push(']');
        }
        Json::Object(members) => {
            let mut members: Vec<_> = members.iter().collect();
            members.sort_by_key(|(name, _)| *name);
            key.push('{');
            for (name, member) in members {
                let _ = write!(key, "{}:", Json::from(name.as_str()));
                write_json_key(member, key);
                key.push(',');
            }
            key.push('}');
        }
        simple => {
            let _ = write!(key, "{simple}");
        }
    }
}

fn write_number_key(number: &Exact, key: &mut String) {
    let _ = match number {
        Exact::Whole(whole) => write!(key, "{whole}"),
        Exact::Other(number) => write!(key, "{number:e}"),
    };
}
