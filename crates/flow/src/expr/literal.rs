//! Literals in value positions: JSON as it stands in the document, with `${…}` in its strings.

use std::collections::BTreeMap;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use serde_json::Value as Json;

use crate::diagnostic::{Code, Diagnostic};
use crate::types::Type;
use crate::value::{Text, Value};

/// A literal as a value of the wanted type, or of its own.
pub(super) fn read(path: &str, literal: &Json, wanted: Option<&Type>) -> Result<Value<'static>, Vec<Diagnostic>> {
    let Some(wanted) = wanted else { return Ok(own(literal)) };
    let wrong = || {
        vec![
            Diagnostic::error(Code::WrongType, path, format!("expected {wanted}, found {}", kind(literal)))
                .expected(wanted.to_string())
                .found(shown(literal)),
        ]
    };
    match (wanted, literal) {
        (Type::Json, json) => Ok(Value::Json(Arc::new(json.clone()))),
        (Type::String, Json::String(text)) => Ok(string(text)),
        (Type::Boolean, Json::Bool(value)) => Ok(Value::Boolean(*value)),
        (Type::Integer, Json::Number(number)) => number.as_i64().map(Value::Integer).ok_or_else(wrong),
        (Type::Number, Json::Number(number)) => number.as_f64().map(Value::Number).ok_or_else(wrong),
        (Type::Datetime, Json::String(text)) => text.parse::<Timestamp>().map(Value::Datetime).map_err(|_| wrong()),
        (Type::Duration, Json::String(text)) => {
            text.parse::<SignedDuration>().map(Value::Duration).map_err(|_| wrong())
        }
        (Type::List(element), Json::Array(parts)) => {
            let parts =
                parts.iter().enumerate().map(|(index, part)| read(&format!("{path}[{index}]"), part, Some(element)));
            all(parts).map(|parts| Value::List(Arc::from(parts)))
        }
        (Type::Map(element), Json::Object(members)) => {
            let values = members.iter().map(|(key, part)| read(&format!("{path}.{key}"), part, Some(element)));
            let keys = members.keys().map(|key| Arc::from(key.as_str()));
            all(values).map(|values| Value::Map(Arc::new(keys.zip(values).collect::<BTreeMap<Arc<str>, _>>())))
        }
        _ => Err(wrong()),
    }
}

/// All values, or all problems.
fn all(
    parts: impl Iterator<Item = Result<Value<'static>, Vec<Diagnostic>>>,
) -> Result<Vec<Value<'static>>, Vec<Diagnostic>> {
    let mut values = Vec::new();
    let mut problems = Vec::new();
    for part in parts {
        match part {
            Ok(value) => values.push(value),
            Err(more) => problems.extend(more),
        }
    }
    if problems.is_empty() { Ok(values) } else { Err(problems) }
}

/// A literal's own value: lists of one simple type are lists, everything else that is made of parts is json.
fn own(literal: &Json) -> Value<'static> {
    match literal {
        Json::String(text) => string(text),
        Json::Bool(value) => Value::Boolean(*value),
        Json::Number(number) => match (number.as_i64(), number.as_f64()) {
            (Some(integer), _) => Value::Integer(integer),
            (None, Some(number)) => Value::Number(number),
            (None, None) => Value::Json(Arc::new(literal.clone())),
        },
        Json::Array(parts) => {
            let values: Vec<Value<'static>> = parts.iter().map(own).collect();
            match element_type(&values) {
                Some(_) => Value::List(Arc::from(values)),
                None => Value::Json(Arc::new(literal.clone())),
            }
        }
        Json::Null | Json::Object(_) => Value::Json(Arc::new(literal.clone())),
    }
}

/// The type of a constant that [`read`] gave without a wanted type.
pub(super) fn type_of(value: &Value<'_>) -> Type {
    match value {
        Value::String(_) => Type::String,
        Value::Integer(_) => Type::Integer,
        Value::Number(_) => Type::Number,
        Value::Boolean(_) => Type::Boolean,
        Value::Datetime(_) => Type::Datetime,
        Value::Duration(_) => Type::Duration,
        Value::List(elements) => Type::List(Box::new(element_type(elements).unwrap_or(Type::Json))),
        Value::Map(members) => Type::Map(Box::new(members.values().next().map_or(Type::Never, type_of))),
        Value::Json(_) | Value::Object(_) => Type::Json,
    }
}

fn element_type(values: &[Value<'_>]) -> Option<Type> {
    let Some(first) = values.first().map(type_of) else { return Some(Type::Never) };
    (first != Type::Json && values.iter().all(|value| type_of(value) == first)).then_some(first)
}

fn string(text: &str) -> Value<'static> {
    Value::String(Text::Owned(Arc::from(text)))
}

fn kind(literal: &Json) -> &'static str {
    match literal {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "a map",
    }
}

fn shown(literal: &Json) -> String {
    let text = literal.to_string();
    match text.char_indices().nth(60) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
