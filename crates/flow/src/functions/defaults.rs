//! Conversions that take a default: what is not a value of the type is the default, and nothing is guessed. The json text
//! `"3"` is no integer, and a list with one element that does not fit is no list of that type.

use std::sync::Arc;

use serde_json::Value as Json;

use super::{Answer, unexpected};
use crate::value::{Text, Value, read_span, read_time, whole};

/// A json value as one of a type.
type Read = fn(&Json) -> Option<Value<'static>>;

fn as_string(json: &Json) -> Option<Value<'static>> {
    json.as_str().map(|text| Value::String(Text::Owned(Arc::from(text))))
}

/// JSON has one kind of number: one without a fraction is an integer, however it is written.
fn as_integer(json: &Json) -> Option<Value<'static>> {
    if let Some(number) = json.as_i64() {
        return Some(Value::Integer(number));
    }
    let number = json.as_f64().filter(|number| number.fract() == 0.0)?;
    whole(number).map(Value::Integer)
}

fn as_number(json: &Json) -> Option<Value<'static>> {
    json.as_f64().map(Value::Number)
}

fn as_boolean(json: &Json) -> Option<Value<'static>> {
    json.as_bool().map(Value::Boolean)
}

fn as_datetime(json: &Json) -> Option<Value<'static>> {
    json.as_str().and_then(read_time).map(Value::Datetime)
}

fn as_duration(json: &Json) -> Option<Value<'static>> {
    json.as_str().and_then(read_span).map(Value::Duration)
}

fn as_json(json: &Json) -> Option<Value<'static>> {
    Some(Value::Json(Arc::new(json.clone())))
}

fn one<'m>(arguments: &[Value<'m>], read: Read) -> Answer<'m> {
    match arguments {
        [Value::Json(json), default] => Ok(read(json).unwrap_or_else(|| default.clone())),
        _ => Err(unexpected()),
    }
}

fn list<'m>(arguments: &[Value<'m>], read: Read) -> Answer<'m> {
    let [Value::Json(json), default] = arguments else { return Err(unexpected()) };
    let elements = json.as_array().and_then(|elements| elements.iter().map(read).collect::<Option<Vec<_>>>());
    Ok(elements.map_or_else(|| default.clone(), |elements| Value::List(elements.into())))
}

fn map<'m>(arguments: &[Value<'m>], read: Read) -> Answer<'m> {
    let [Value::Json(json), default] = arguments else { return Err(unexpected()) };
    let members = json.as_object().and_then(|members| {
        members.iter().map(|(key, member)| Some((Arc::from(key.as_str()), read(member)?))).collect::<Option<_>>()
    });
    Ok(members.map_or_else(|| default.clone(), |members| Value::Map(Arc::new(members))))
}

/// For each type: of json, of a json list, of a json map.
macro_rules! of_json {
    ($($read:ident: $one:ident, $list:ident, $map:ident;)*) => {$(
        pub(super) fn $one<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
            one(arguments, $read)
        }
        pub(super) fn $list<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
            list(arguments, $read)
        }
        pub(super) fn $map<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
            map(arguments, $read)
        }
    )*};
}

of_json! {
    as_string: string, strings, string_map;
    as_integer: integer, integers, integer_map;
    as_number: number, numbers, number_map;
    as_boolean: boolean, booleans, boolean_map;
}

pub(super) fn datetime<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    one(arguments, as_datetime)
}

pub(super) fn duration<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    one(arguments, as_duration)
}

pub(super) fn jsons<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    list(arguments, as_json)
}

pub(super) fn json_map<'m>(arguments: &[Value<'m>]) -> Answer<'m> {
    map(arguments, as_json)
}

/// A conversion that can fail, and the default where it does.
pub(super) fn or<'m>(arguments: &[Value<'m>], convert: fn(&[Value<'m>]) -> Answer<'m>) -> Answer<'m> {
    match arguments {
        [value, default] => Ok(convert(std::slice::from_ref(value)).unwrap_or_else(|_| default.clone())),
        _ => Err(unexpected()),
    }
}
