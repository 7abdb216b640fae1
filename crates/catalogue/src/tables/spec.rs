//! What somebody wants a data table to be, as Genesys's clients and folders write it: the columns are the properties of a JSON Schema.

use std::collections::HashMap;

use serde_json::{Map, Value as Json, json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::members::unknown;
use waypost_flow::types::Type;
use waypost_problem::settle;
use waypost_store::records::tables::{ColumnRecord, TableShape};

use super::cells;

/// The property of a schema that is the key.
pub const KEY_PROPERTY: &str = "key";

/// What a table's `schema` is.
pub(super) const EXPECTED: &str = "a JSON Schema whose `properties` are the columns";

/// At most so many columns.
pub const MAX_COLUMNS: usize = 200;

/// The longest name of a column.
const MAX_NAME: usize = 100;

/// What CEL never takes for a member's name.
const KEYWORDS: [&str; 4] = ["true", "false", "null", "in"];

/// What a schema may say. Of the columns, `properties` says everything.
pub const SCHEMA: [&str; 9] =
    ["properties", "type", "required", "additionalProperties", "title", "description", "id", "$id", "$schema"];

/// What a property may say. Limits on values are read and not kept: types alone are.
pub const PROPERTY: [&str; 15] = [
    "type",
    "format",
    "dataType",
    "items",
    "default",
    "title",
    "description",
    "$id",
    "displayOrder",
    "minLength",
    "maxLength",
    "minimum",
    "maximum",
    "enum",
    "additionalProperties",
];

/// Columns in the order that `displayOrder` says, else as they are written.
///
/// # Errors
/// Every problem, below `schema`.
pub fn shape(schema: &Json, ignore_case: bool) -> Result<TableShape, Vec<Diagnostic>> {
    let wrong = |path: &str, expected: &str| {
        Diagnostic::error(Code::WrongKind, path, format!("expected {expected}")).expected(expected)
    };
    let Json::Object(members) = schema else {
        return Err(vec![wrong("schema", EXPECTED)]);
    };
    let mut problems = strangers("schema", members, &SCHEMA);
    let empty = Map::new();
    let properties = match members.get("properties") {
        Some(Json::Object(properties)) => properties,
        Some(_) => {
            problems.push(wrong("schema.properties", "an object, of which each member is a column"));
            &empty
        }
        None => {
            problems.push(
                Diagnostic::error(Code::MissingKey, "schema.properties", "`properties` is missing")
                    .expected("the columns, such as { \"tier\": { \"dataType\": \"string\" } }")
                    .lacking("schema", &["properties"]),
            );
            &empty
        }
    };
    settle(&mut problems);
    if properties.len() > MAX_COLUMNS + 1 {
        problems.push(
            Diagnostic::error(Code::TooLarge, "schema.properties", "the table has too many columns")
                .expected(format!("at most {MAX_COLUMNS}"))
                .found(properties.len().to_string()),
        );
        return Err(problems);
    }
    let mut shape = TableShape { ignore_case, ..TableShape::default() };
    let mut columns: Vec<(i64, ColumnRecord)> = Vec::new();
    let mut seen: HashMap<String, &str> = HashMap::new();
    for (place, (name, property)) in (0_i64..).zip(properties) {
        let path = format!("schema.properties.{name}");
        let Json::Object(property) = property else {
            problems.push(wrong(&path, "an object such as { \"dataType\": \"string\" }"));
            continue;
        };
        // A title that says nothing new is what the schema is answered with where there is none.
        let title = property.get("title").and_then(Json::as_str).filter(|title| title != name).map(str::to_owned);
        if name == KEY_PROPERTY {
            problems.extend(strangers(&path, property, &PROPERTY));
            match property_type(&path, property) {
                Ok(Type::String) => shape.key_title = title,
                Err(_) if !property.contains_key("type") && !property.contains_key("dataType") => {
                    shape.key_title = title;
                }
                _ => problems.push(wrong(&path, "a string: every key is one")),
            }
            continue;
        }
        problems.extend(name_problem(&path, name));
        if let Some(other) = seen.insert(name.to_lowercase(), name) {
            let message = format!("`{other}` and `{name}` differ only in case");
            problems.push(Diagnostic::error(Code::DuplicateName, path.clone(), message));
        }
        let order = property.get("displayOrder").and_then(Json::as_i64).unwrap_or(place);
        match column(&path, name, title, property) {
            Ok(column) => columns.push((order, column)),
            Err(more) => problems.extend(more),
        }
    }
    columns.sort_by_key(|(order, _)| *order);
    shape.columns = columns.into_iter().map(|(_, column)| column).collect();
    if problems.is_empty() { Ok(shape) } else { Err(problems) }
}

/// Keys of an object that are none of `known`.
fn strangers(path: &str, members: &Map<String, Json>, known: &[&str]) -> Vec<Diagnostic> {
    members.keys().filter(|key| !known.contains(&key.as_str())).map(|key| unknown(path, key, known)).collect()
}

fn column(
    path: &str,
    name: &str,
    title: Option<String>,
    property: &Map<String, Json>,
) -> Result<ColumnRecord, Vec<Diagnostic>> {
    let mut problems = strangers(path, property, &PROPERTY);
    let data_type = match property_type(path, property) {
        Ok(data_type) => data_type,
        Err(problem) => {
            problems.push(*problem);
            settle(&mut problems);
            return Err(problems);
        }
    };
    let default = match property.get("default") {
        None | Some(Json::Null) => None,
        Some(value) => match cells::normal(&format!("{path}.default"), value.clone(), &data_type) {
            Ok(value) => Some(value),
            Err(more) => {
                problems.extend(more);
                None
            }
        },
    };
    if !problems.is_empty() {
        return Err(problems);
    }
    Ok(ColumnRecord { name: name.to_owned(), data_type: data_type.to_string(), default, title })
}

/// `dataType`, or what `type` and `format` come to.
fn property_type(path: &str, property: &Map<String, Json>) -> Result<Type, Box<Diagnostic>> {
    let unknown = |member: &str, found: &str| {
        let message = format!("`{found}` is not a type of a column");
        Box::new(
            Diagnostic::error(Code::UnknownType, format!("{path}.{member}"), message)
                .expected(cells::TYPES.join(", "))
                .nearest(found, cells::TYPES),
        )
    };
    if let Some(written) = property.get("dataType") {
        let text = written.as_str().map_or_else(|| written.to_string(), str::to_owned);
        return cells::column_type(&text).ok_or_else(|| unknown("dataType", &text));
    }
    let format = property.get("format").and_then(Json::as_str).unwrap_or_default();
    let text = property.get("type").and_then(Json::as_str).unwrap_or_default();
    match (text, format) {
        ("string", "date-time") => Ok(Type::Datetime),
        ("string", "duration") => Ok(Type::Duration),
        ("string", _) => Ok(Type::String),
        ("integer", _) => Ok(Type::Integer),
        ("number", _) => Ok(Type::Number),
        ("boolean", _) => Ok(Type::Boolean),
        ("object", _) => Ok(Type::Json),
        ("array", _) => Ok(Type::List(Box::new(Type::String))),
        ("", _) => Err(Box::new(
            Diagnostic::error(Code::MissingKey, format!("{path}.type"), "the column has no type")
                .expected("`type`, or `dataType` in the flow language's words")
                .lacking(path, &["type", "dataType"]),
        )),
        (other, _) => Err(unknown("type", other)),
    }
}

fn name_problem(path: &str, name: &str) -> Option<Diagnostic> {
    let mut characters = name.chars();
    let starts = characters.next().is_some_and(|first| first.is_ascii_alphabetic() || first == '_');
    let well = starts
        && name.len() <= MAX_NAME
        && characters.all(|next| next.is_ascii_alphanumeric() || next == '_')
        && !KEYWORDS.contains(&name)
        && !name.eq_ignore_ascii_case(KEY_PROPERTY);
    (!well).then(|| {
        Diagnostic::error(Code::InvalidName, path, format!("`{name}` can't be a column's name"))
            .expected(format!("a letter or `_`, then letters, digits and `_`, at most {MAX_NAME}; not `key`"))
    })
}

/// The schema as Genesys's clients know it.
#[must_use]
pub fn schema(name: &str, shape: &TableShape) -> Json {
    let key = json!({
        "$id": "/properties/key",
        "title": shape.key_title.as_deref().unwrap_or(KEY_PROPERTY),
        "type": "string",
        "displayOrder": 0,
    });
    let mut properties = Map::from_iter([(KEY_PROPERTY.to_owned(), key)]);
    for (place, column) in (1..).zip(&shape.columns) {
        let mut property = Map::new();
        property.insert("$id".to_owned(), format!("/properties/{}", column.name).into());
        property.insert("title".to_owned(), column.title.as_ref().unwrap_or(&column.name).clone().into());
        let (kind, format) = match column.data_type.as_str() {
            "datetime" => ("string", Some("date-time")),
            "duration" => ("string", Some("duration")),
            "json" => ("object", None),
            "list<string>" => ("array", None),
            other => (other, None),
        };
        property.insert("type".to_owned(), kind.into());
        property.extend(format.map(|format| ("format".to_owned(), format.into())));
        if kind == "array" {
            property.insert("items".to_owned(), json!({ "type": "string" }));
        }
        property.insert("dataType".to_owned(), column.data_type.clone().into());
        property.extend(column.default.clone().map(|default| ("default".to_owned(), default)));
        property.insert("displayOrder".to_owned(), place.into());
        properties.insert(column.name.clone(), property.into());
    }
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": name,
        "type": "object",
        "required": [KEY_PROPERTY],
        "properties": properties,
        "additionalProperties": false,
    })
}
