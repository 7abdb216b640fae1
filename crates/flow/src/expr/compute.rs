//! What operators compute.

use std::cmp::Ordering;
use std::collections::BTreeMap;
use std::sync::Arc;

use waypost_ids::codes;

use super::EvalError;
use super::MAX_VALUE_BYTES;
use super::eval::{Result, clip, error, internal, too_large, touched};
use super::frame::Frame;
use super::ir::{Arithmetic, Comparison, Ir};
use crate::value::{Text, Value, span_in_range, time_in_range, weight};

pub(super) fn overflow() -> EvalError {
    error(codes::OVERFLOW, "the result is out of range")
}

/// Adds what values weigh, within the limit.
pub(super) fn add_up<'v, 'm: 'v>(size: usize, values: impl IntoIterator<Item = &'v Value<'m>>) -> Result<usize> {
    let size = values.into_iter().fold(size, |size, value| size.saturating_add(weight(value)));
    if size > MAX_VALUE_BYTES { Err(too_large()) } else { Ok(size) }
}

/// A computed list within the limit.
pub(super) fn bounded(elements: Vec<Value<'_>>) -> Result<Vec<Value<'_>>> {
    add_up(0, &elements)?;
    Ok(elements)
}

pub(super) fn arithmetic<'m>(operator: Arithmetic, a: Value<'m>, b: Value<'m>) -> Result<Value<'m>> {
    use Arithmetic::{Add, Divide, Multiply, Remainder, Subtract};
    Ok(match (operator, a, b) {
        (_, Value::Integer(a), Value::Integer(b)) => {
            if b == 0 && matches!(operator, Divide | Remainder) {
                return Err(error(codes::DIVISION_BY_ZERO, "division by zero"));
            }
            let result = match operator {
                Add => a.checked_add(b),
                Subtract => a.checked_sub(b),
                Multiply => a.checked_mul(b),
                Divide => a.checked_div(b),
                Remainder => a.checked_rem(b),
            };
            Value::Integer(result.ok_or_else(overflow)?)
        }
        (_, Value::Number(a), Value::Number(b)) => Value::Number(match operator {
            Add => a + b,
            Subtract => a - b,
            Multiply => a * b,
            Divide => a / b,
            Remainder => return Err(internal()),
        }),
        (Add, Value::String(a), Value::String(b)) => {
            if a.as_str().len() + b.as_str().len() > MAX_VALUE_BYTES {
                return Err(too_large());
            }
            Value::String(Text::Owned(Arc::from([a.as_str(), b.as_str()].concat())))
        }
        (Add, Value::List(a), Value::List(b)) => {
            if (a.len() + b.len()).saturating_mul(size_of::<Value<'_>>()) > MAX_VALUE_BYTES {
                return Err(too_large());
            }
            Value::List(Arc::from(bounded(a.iter().chain(b.iter()).cloned().collect())?))
        }
        // The right one's members win, as those of an assignment would.
        (Add, Value::Map(a), Value::Map(b)) => {
            let mut members: BTreeMap<Arc<str>, Value<'m>> = (*a).clone();
            members.extend(b.iter().map(|(key, value)| (key.clone(), value.clone())));
            let keys = members.keys().fold(0_usize, |size, key| size.saturating_add(key.len()));
            add_up(keys, members.values())?;
            Value::Map(Arc::new(members))
        }
        (Add, Value::Datetime(time), Value::Duration(span)) | (Add, Value::Duration(span), Value::Datetime(time)) => {
            Value::Datetime(time.checked_add(span).ok().and_then(time_in_range).ok_or_else(overflow)?)
        }
        (Subtract, Value::Datetime(time), Value::Duration(span)) => {
            Value::Datetime(time.checked_sub(span).ok().and_then(time_in_range).ok_or_else(overflow)?)
        }
        (Subtract, Value::Datetime(a), Value::Datetime(b)) => Value::Duration(a.duration_since(b)),
        (Add, Value::Duration(a), Value::Duration(b)) => {
            Value::Duration(a.checked_add(b).and_then(span_in_range).ok_or_else(overflow)?)
        }
        (Subtract, Value::Duration(a), Value::Duration(b)) => {
            Value::Duration(a.checked_sub(b).and_then(span_in_range).ok_or_else(overflow)?)
        }
        _ => return Err(internal()),
    })
}

/// Integers and numbers compare by what they are, not by what a conversion would round them to.
fn number_order(integer: i64, number: f64) -> Option<Ordering> {
    if number.is_nan() {
        return None;
    }
    if number >= 9_223_372_036_854_775_808.0 {
        return Some(Ordering::Less);
    }
    if number < -9_223_372_036_854_775_808.0 {
        return Some(Ordering::Greater);
    }
    #[expect(clippy::cast_possible_truncation, reason = "in range by the tests above")]
    let whole = number.trunc() as i64;
    Some(integer.cmp(&whole).then_with(|| 0.0f64.partial_cmp(&number.fract()).unwrap_or(Ordering::Equal)))
}

fn order(a: &Value<'_>, b: &Value<'_>) -> Option<Option<Ordering>> {
    Some(match (a, b) {
        (Value::Integer(a), Value::Integer(b)) => Some(a.cmp(b)),
        (Value::Number(a), Value::Number(b)) => a.partial_cmp(b),
        (Value::Integer(a), Value::Number(b)) => number_order(*a, *b),
        (Value::Number(a), Value::Integer(b)) => number_order(*b, *a).map(Ordering::reverse),
        (Value::String(a), Value::String(b)) => Some(a.as_str().cmp(b.as_str())),
        (Value::Boolean(a), Value::Boolean(b)) => Some(a.cmp(b)),
        (Value::Datetime(a), Value::Datetime(b)) => Some(a.cmp(b)),
        (Value::Duration(a), Value::Duration(b)) => Some(a.cmp(b)),
        _ => return None,
    })
}

pub(super) fn compare(comparison: Comparison, a: &Value<'_>, b: &Value<'_>) -> Result<bool> {
    let order = order(a, b).ok_or_else(internal)?;
    // NaN compares to nothing.
    Ok(order.is_some_and(|order| match comparison {
        Comparison::Less => order.is_lt(),
        Comparison::LessOrEqual => order.is_le(),
        Comparison::Greater => order.is_gt(),
        Comparison::GreaterOrEqual => order.is_ge(),
    }))
}

pub(super) fn index_of<'m>(of: Value<'m>, index: &Value<'m>) -> Result<Value<'m>> {
    match (of, index) {
        (Value::List(elements), Value::Integer(index)) => {
            let element = usize::try_from(*index).ok().and_then(|index| elements.get(index));
            element.cloned().ok_or_else(|| missing_index(*index, elements.len()))
        }
        (Value::Map(members), Value::String(key)) => {
            members.get(key.as_str()).cloned().ok_or_else(|| missing_key(key.as_str()))
        }
        _ => Err(internal()),
    }
}

/// A member or element of json, which is looked up where it stands: only what is wanted is copied.
pub(super) fn json_part<'m>(of: &'m Ir, key: &'m Ir, cx: &Frame<'_, 'm>) -> Result<Value<'m>> {
    let mut keys = vec![touched(key, cx)?];
    let mut root = of;
    while let Ir::JsonPart(of, key) = root {
        keys.push(touched(key, cx)?);
        root = of;
    }
    let Value::Json(whole) = root.eval(cx)? else { return Err(internal()) };
    let part = keys.iter().rev().try_fold(&*whole, |json, key| match key {
        Value::String(key) => json.get(key.as_str()),
        Value::Integer(place) => usize::try_from(*place).ok().and_then(|place| json.get(place)),
        _ => None,
    });
    let part = Value::Json(Arc::new(part.cloned().unwrap_or_default()));
    cx.made(&part)?;
    Ok(part)
}

/// The order of keys that are sorted by: numbers that are none come last.
pub(crate) fn compare_keys(a: &Value<'_>, b: &Value<'_>) -> Ordering {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) if a.is_nan() || b.is_nan() => a.is_nan().cmp(&b.is_nan()),
        _ => order(a, b).flatten().unwrap_or(Ordering::Equal),
    }
}

fn missing_key(key: &str) -> EvalError {
    error(codes::MISSING_KEY, format!("there is no key `{}`", clip(key)))
}

fn missing_index(index: i64, length: usize) -> EvalError {
    error(codes::MISSING_INDEX, format!("there is no element {index} in a list of {length}"))
}
