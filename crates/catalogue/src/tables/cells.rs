//! Values of columns: from JSON and from CSV into one form, and back.

use serde_json::Value as Json;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::expr;
use waypost_flow::types::Type;
use waypost_flow::value::Value;

/// The types that a column may have.
pub const TYPES: [&str; 8] = ["string", "integer", "number", "boolean", "datetime", "duration", "json", "list<string>"];

/// The type of that name, if a column may have it.
#[must_use]
pub fn column_type(name: &str) -> Option<Type> {
    Type::parse(name).filter(|data_type| TYPES.contains(&data_type.to_string().as_str()))
}

/// A value in the one form that it is kept in: equal values are equal texts.
pub fn normal(path: &str, value: Json, data_type: &Type) -> Result<Json, Vec<Diagnostic>> {
    Ok(match expr::constant(path, &value, data_type)? {
        Value::Datetime(time) => Json::from(time.to_string()),
        Value::Duration(span) => Json::from(format!("{span:#}")),
        Value::Number(number) => Json::from(number),
        _ => value,
    })
}

/// What a type reads as when nothing was said.
pub fn empty(data_type: &Type) -> Json {
    match expr::empty_value(data_type) {
        Value::Datetime(time) => Json::from(time.to_string()),
        Value::Duration(span) => Json::from(format!("{span:#}")),
        Value::String(_) => Json::from(""),
        Value::Integer(number) => Json::from(number),
        Value::Number(number) => Json::from(number),
        Value::Boolean(value) => Json::from(value),
        Value::List(_) => Json::Array(Vec::new()),
        Value::Map(_) | Value::Json(_) | Value::Object(_) => Json::Null,
    }
}

/// A cell of a CSV file; an empty one says nothing of its column. A text that is empty stands in quotes, which are not seen here.
pub fn from_text(path: &str, text: &str, data_type: &Type) -> Result<Option<Json>, Vec<Diagnostic>> {
    if text.is_empty() {
        return Ok(None);
    }
    let read = match data_type {
        Type::String | Type::Datetime | Type::Duration => Some(Json::from(text)),
        Type::Boolean if text.eq_ignore_ascii_case("true") => Some(Json::from(true)),
        Type::Boolean if text.eq_ignore_ascii_case("false") => Some(Json::from(false)),
        Type::Boolean => None,
        Type::Integer => text.trim().parse::<i64>().ok().map(Json::from),
        Type::Number => text.trim().parse::<f64>().ok().filter(|number| number.is_finite()).map(Json::from),
        _ => serde_json::from_str(text).ok(),
    };
    let Some(value) = read else {
        let mut shown: String = text.chars().take(60).collect();
        if shown.len() < text.len() {
            shown.push('…');
        }
        return Err(vec![
            Diagnostic::error(Code::WrongType, path, format!("not a valid {data_type}"))
                .expected(example(data_type))
                .found(format!("`{shown}`")),
        ]);
    };
    normal(path, value, data_type).map(Some)
}

fn example(data_type: &Type) -> &'static str {
    match data_type {
        Type::Boolean => "true or false",
        Type::Integer => "a whole number of 64 bits",
        Type::Number => "a number such as 0.5",
        Type::List(_) => "a JSON list of strings such as [\"a\",\"b\"]",
        _ => "JSON",
    }
}

/// A value as a cell of a CSV file; of [`Type::Json`] a text, too, is JSON.
#[must_use]
pub fn to_text(value: &Json, data_type: &Type) -> String {
    match (value, data_type) {
        (Json::Null, _) => String::new(),
        (Json::String(text), known) if *known != Type::Json => text.clone(),
        (other, _) => other.to_string(),
    }
}
