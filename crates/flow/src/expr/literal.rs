//! Literals in value positions: JSON as it stands in the document, with `${…}` in its strings.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::template;
use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::path::FieldPath;
use crate::types::Type;
use crate::value::{Text, Value, out_of_range, read_span, read_time};

/// A literal as it is meant: `$${` undone. Nothing, with every problem noted, if there is an expression where none is evaluated.
pub(super) fn plain(path: &FieldPath<'_>, literal: &Json, problems: &mut Problems) -> Option<Json> {
    Some(match literal {
        Json::String(text) if template::holds_expression(text) => {
            problems.error(|| {
                Diagnostic::error(Code::InvalidValue, path.text(), "expected a literal, found an expression")
                    .expected("a literal: expressions are not evaluated here")
                    .found(shown(literal))
                    .suggestion("compute the value in an action, or write `$${` for a literal `${`")
                    .at(0..text.len())
            });
            return None;
        }
        Json::String(text) => Json::from(template::unescaped(text)),
        Json::Array(parts) => {
            let parts = parts.iter().enumerate();
            let parts: Vec<_> = parts.map(|(index, part)| plain(&path.element(index), part, problems)).collect();
            Json::Array(parts.into_iter().collect::<Option<_>>()?)
        }
        Json::Object(members) => {
            let members: Vec<_> = members
                .iter()
                .map(|(name, part)| {
                    let path = path.member(name);
                    let (name, part) = (key(&path, name, problems), plain(&path, part, problems));
                    Some((name?, part?))
                })
                .collect();
            Json::Object(members.into_iter().collect::<Option<_>>()?)
        }
        simple => simple.clone(),
    })
}

/// The key of a map as it is meant: `$${` undone. Keys are never computed.
pub(super) fn key(path: &FieldPath<'_>, key: &str, problems: &mut Problems) -> Option<String> {
    if template::holds_expression(key) {
        problems.error(|| {
            Diagnostic::error(Code::InvalidValue, path.text(), format!("the key `{key}` holds an expression"))
                .expected("a key that is written out: keys are not computed")
                .suggestion("write the key out, make the map in one `${…}`, or write `$${` for a literal `${`")
        });
        return None;
    }
    Some(template::unescaped(key))
}

/// A literal as a value of the wanted type; nothing, with every problem noted, if it is none.
pub(super) fn read(
    path: &FieldPath<'_>,
    literal: &Json,
    wanted: &Type,
    problems: &mut Problems,
) -> Option<Value<'static>> {
    let value = match (wanted, literal) {
        (Type::Json, json) => Some(Value::Json(Arc::new(json.clone()))),
        (Type::String, Json::String(text)) => Some(string(text)),
        (Type::Boolean, Json::Bool(value)) => Some(Value::Boolean(*value)),
        (Type::Integer, Json::Number(number)) => number.as_i64().map(Value::Integer),
        (Type::Number, Json::Number(number)) => number.as_f64().map(Value::Number),
        (Type::Datetime, Json::String(text)) => read_time(text).map(Value::Datetime),
        (Type::Duration, Json::String(text)) => read_span(text).map(Value::Duration),
        (Type::List(element), Json::Array(parts)) => {
            let parts = parts.iter().enumerate();
            let values: Vec<Option<_>> =
                parts.map(|(index, part)| read(&path.element(index), part, element, problems)).collect();
            return values.into_iter().collect::<Option<Vec<_>>>().map(|values| Value::List(Arc::from(values)));
        }
        (Type::Map(element), Json::Object(members)) => {
            let members: Vec<Option<_>> = members
                .iter()
                .map(|(key, part)| {
                    let value = read(&path.member(key), part, element, problems)?;
                    Some((Arc::from(key.as_str()), value))
                })
                .collect();
            return members.into_iter().collect::<Option<BTreeMap<Arc<str>, _>>>().map(|of| Value::Map(Arc::new(of)));
        }
        _ => None,
    };
    if value.is_none() {
        problems.error(|| match literal.as_str().and_then(|text| out_of_range(text, wanted)) {
            Some(range) => Diagnostic::error(Code::WrongType, path.text(), format!("this {wanted} is out of range"))
                .expected(range)
                .found(shown(literal)),
            None => {
                Diagnostic::error(Code::WrongType, path.text(), format!("expected {wanted}, found {}", kind(literal)))
                    .expected(wanted.to_string())
                    .found(shown(literal))
            }
        });
    }
    value
}

/// A literal's own value and type: lists of one simple type are lists, everything else that is made of parts is json.
pub(super) fn own(literal: &Json) -> (Value<'static>, Type) {
    simple(literal).unwrap_or_else(|| (Value::Json(Arc::new(literal.clone())), Type::Json))
}

/// The value and type of what is not json. The type is made along with the value: to ask each list for the type of its parts
/// would take twice as long at each level.
fn simple(literal: &Json) -> Option<(Value<'static>, Type)> {
    Some(match literal {
        Json::String(text) => (string(text), Type::String),
        Json::Bool(value) => (Value::Boolean(*value), Type::Boolean),
        Json::Number(number) => match number.as_i64() {
            Some(integer) => (Value::Integer(integer), Type::Integer),
            None => (Value::Number(number.as_f64()?), Type::Number),
        },
        Json::Array(parts) => {
            let mut values = Vec::with_capacity(parts.len());
            let mut of: Option<Type> = None;
            for part in parts {
                let (value, data_type) = simple(part)?;
                match &of {
                    Some(of) if *of != data_type => return None,
                    Some(_) => {}
                    None => of = Some(data_type),
                }
                values.push(value);
            }
            (Value::List(Arc::from(values)), Type::List(Box::new(of.unwrap_or(Type::Never))))
        }
        Json::Null | Json::Object(_) => return None,
    })
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

/// The beginning of a literal as JSON.
fn shown(literal: &Json) -> String {
    match literal {
        // To write out all of a long list for its first characters would take long, and again for each list inside of it.
        Json::Array(parts) => format!("a list of {}", parts.len()),
        Json::Object(members) => format!("a map of {}", members.len()),
        simple => {
            let text = simple.to_string();
            match text.char_indices().nth(60) {
                Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
                None => text,
            }
        }
    }
}
