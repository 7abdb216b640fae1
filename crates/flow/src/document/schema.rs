//! The JSON Schema of flow documents (draft 2020-12): editors complete and check files by it, and the API's description names it.
//!
//! It comes from the types of the document and the definitions of the actions. It says what shape a document has; what only the
//! checker knows (names, types of values, targets) it leaves to the checker.

use std::borrow::Cow;
use std::collections::BTreeSet;

use schemars::generate::SchemaSettings;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Map, Value as Json, json};

use super::read::IGNORED;
use super::{Document, Jump, Mapping};
use crate::actions::ACTIONS;
use crate::actions::definition::{ActionDefinition, COMMON, MemberDefinition, Need, Takes};
use crate::types::DATA_TYPES;

/// The schema as a document of its own.
pub fn json_schema() -> Json {
    let schema = SchemaSettings::draft2020_12().into_generator().into_root_schema_for::<Document>();
    schema.to_value()
}

/// No members but those that are known; each may be written in lower case throughout, which editors need not propose.
pub(super) fn closed(schema: &mut Schema) {
    let required = schema.get("required").and_then(Json::as_array).cloned().unwrap_or_default();
    let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) else { return };
    let optional = |name: &str| !required.iter().any(|required| required == name);
    properties.iter_mut().filter(|(name, _)| optional(name)).for_each(|(_, property)| or_null(property));
    let spellings: Map<String, Json> = properties
        .iter()
        .filter(|(name, _)| name.chars().any(char::is_uppercase))
        .map(|(name, property)| (format!("^{}$", name.to_lowercase()), property.clone()))
        .collect();
    // What must be there may be there in either spelling.
    let (both, one): (Vec<Json>, Vec<Json>) =
        required.into_iter().partition(|name| name.as_str().is_some_and(|name| name.chars().any(char::is_uppercase)));
    let either = |name: &Json| {
        let lower = name.as_str().unwrap_or_default().to_lowercase();
        json!({ "anyOf": [{ "required": [name] }, { "required": [lower] }] })
    };
    if !both.is_empty() {
        schema.insert("required".to_owned(), one.into());
        schema.insert("allOf".to_owned(), both.iter().map(either).collect());
    }
    if !spellings.is_empty() {
        schema.insert("patternProperties".to_owned(), spellings.into());
    }
    schema.insert("additionalProperties".to_owned(), false.into());
}

/// `null` counts as left out.
fn or_null(property: &mut Json) {
    let Some(schema) = property.as_object_mut() else { return };
    if let Some(types) = schema.get_mut("type") {
        let mut all = types.as_array().cloned().unwrap_or_else(|| vec![types.clone()]);
        if !all.contains(&json!("null")) {
            all.push(json!("null"));
        }
        *types = all.into();
    } else if let Some(reference) = schema.shift_remove("$ref") {
        schema.insert("anyOf".to_owned(), json!([{ "$ref": reference }, { "type": "null" }]));
    }
}

fn with_members(schema: &mut Schema, members: impl IntoIterator<Item = (&'static str, Json)>) {
    if let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) {
        properties.extend(members.into_iter().map(|(name, property)| (name.to_owned(), property)));
    }
}

/// The document: what responses carry besides is allowed, so that a flow that was fetched is a document.
pub(super) fn document(schema: &mut Schema) {
    with_members(
        schema,
        [(
            "deprecated",
            json!({ "description": "The notice to callers of the flow, or `true`.", "type": ["string", "boolean"] }),
        )],
    );
    closed(schema);
    let ignored = IGNORED.join("|");
    let spellings = schema.ensure_object().entry("patternProperties").or_insert_with(|| json!({}));
    if let Some(spellings) = spellings.as_object_mut() {
        spellings.insert(format!("^({ignored})$"), json!({ "description": "The server's own; ignored." }));
    }
}

pub(super) fn variable(schema: &mut Schema) {
    with_members(schema, [("description", json!({ "description": "What it is for.", "type": "string" }))]);
    closed(schema);
}

pub(super) fn branch(schema: &mut Schema) {
    with_members(schema, [("name", json!({ "description": "What people call it.", "type": "string" }))]);
    closed(schema);
    // A condition that is null is a mistake, not one that is left out.
    if let Some(when) = schema.pointer_mut("/properties/when").and_then(Json::as_object_mut) {
        when.insert("type".to_owned(), "string".into());
    }
}

pub(super) fn end(schema: &mut Schema) {
    with_members(schema, [("type", json!({ "description": "Not looked at.", "type": "string" }))]);
    closed(schema);
    let queue = json!({ "properties": { "disposition": { "const": "queue" } }, "required": ["disposition"] });
    schema.insert("if".to_owned(), queue);
    schema.insert("then".to_owned(), json!({ "required": ["queue"] }));
}

pub(super) fn flow_type(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "description": "`email` for flows that routes lead to, `shared` for those that are only called. Genesys's names mean the same.",
        "type": "string",
        "anyOf": [{ "enum": ["email", "shared", "INBOUNDEMAIL", "COMMONMODULE"] }, { "pattern": any_case(&["email", "shared", "inboundemail", "commonmodule"]) }],
    })
}

pub(super) fn data_type(_: &mut SchemaGenerator) -> Schema {
    let names: Vec<&str> = DATA_TYPES.iter().map(|one| one.name).collect();
    let simple: Vec<&str> = names.iter().copied().filter(|name| !name.contains('<')).collect();
    let pattern = format!(
        "^\\s*(({open})\\s*<\\s*)*({simple})(\\s*>)*\\s*$",
        open = letters("list") + "|" + &letters("map"),
        simple = simple.iter().map(|name| letters(name)).collect::<Vec<_>>().join("|"),
    );
    json_schema!({
        "description": "The data type, in any case.",
        "type": "string",
        "anyOf": [{ "enum": names }, { "pattern": pattern }],
    })
}

/// A regular expression for some words in any case: JSON Schema has no flag for that.
fn any_case(words: &[&str]) -> String {
    format!("^({})$", words.iter().map(|word| letters(word)).collect::<Vec<_>>().join("|"))
}

fn letters(word: &str) -> String {
    word.chars().map(|c| format!("[{}{}]", c.to_ascii_uppercase(), c.to_ascii_lowercase())).collect()
}

/// A list of actions: a definition of its own, because loops have one inside.
pub(super) struct Actions;

impl JsonSchema for Actions {
    fn schema_name() -> Cow<'static, str> {
        "Actions".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        actions(generator)
    }
}

fn actions(generator: &mut SchemaGenerator) -> Schema {
    // By `if` and `then`, so that a mistake in one action is told as that action's, not as no action's.
    let cases: Vec<Json> = ACTIONS
        .iter()
        .map(|definition| {
            let this =
                json!({ "properties": { "type": { "pattern": any_case(&[definition.name]) } }, "required": ["type"] });
            json!({ "if": this, "then": action(generator, definition) })
        })
        .collect();
    let names: Vec<&str> = ACTIONS.iter().map(|definition| definition.name).collect();
    let known = json!({
        "description": "Which action it is.",
        "type": "string",
        "anyOf": [{ "enum": names }, { "pattern": any_case(&names) }],
    });
    json_schema!({
        "type": "array",
        "default": [],
        "items": { "type": "object", "required": ["type"], "properties": { "type": known }, "allOf": cases },
    })
}

fn action(generator: &mut SchemaGenerator, definition: &ActionDefinition) -> Json {
    let own = |name: &str| definition.members.iter().any(|member| member.name == name);
    let common = |first: bool| COMMON.iter().filter(move |member| (member.name == "name") == first);
    let common = |first: bool| common(first).filter(|member| !own(member.name) && member.name != "type");
    // In the order in which people write them: what it is called, what it does, what becomes of errors.
    let members: Vec<&MemberDefinition> = common(true).chain(definition.members).chain(common(false)).collect();
    let mut properties = Map::new();
    properties.insert("type".to_owned(), json!({ "description": definition.summary }));
    properties.extend(members.iter().map(|member| (member.name.to_owned(), member_schema(generator, member))));
    let required: Vec<&str> =
        members.iter().filter(|member| member.need == Need::Required).map(|member| member.name).collect();
    let mut schema = json_schema!({ "properties": properties, "required": required });
    closed(&mut schema);
    let alternatives: BTreeSet<String> = members
        .iter()
        .filter(|member| matches!(member.need, Need::Or(_)))
        .flat_map(|member| [member.name.to_owned(), member.name.to_lowercase()])
        .collect();
    let alternatives: Vec<Json> = alternatives.into_iter().map(|name| json!({ "required": [name] })).collect();
    if !alternatives.is_empty() {
        schema.insert("anyOf".to_owned(), alternatives.into());
    }
    schema.to_value()
}

fn member_schema(generator: &mut SchemaGenerator, member: &MemberDefinition) -> Json {
    let mut schema = match member.takes {
        Takes::Text
        | Takes::Id
        | Takes::Name
        | Takes::NameOrId
        | Takes::String
        | Takes::Html
        | Takes::Queue
        | Takes::Condition => {
            json!({ "type": "string" })
        }
        Takes::List => json!({ "type": ["string", "array"] }),
        Takes::Actions => generator.subschema_for::<Actions>().to_value(),
        // What is exactly one `${…}` has the expression's type.
        Takes::Selector | Takes::Integer => json!({ "type": ["string", "integer"] }),
        Takes::Boolean => json!({ "type": ["string", "boolean"] }),
        Takes::StringList => json!({ "type": ["string", "array"], "items": { "type": "string" } }),
        Takes::Strings => json!({ "type": "object", "additionalProperties": { "type": "string" } }),
        Takes::Level => json!({ "enum": ["debug", "info", "warn", "error", null] }),
        Takes::Value(_) => json!({}),
        Takes::Jump => generator.subschema_for::<Jump>().to_value(),
        Takes::Mappings => {
            json!({ "type": "array", "items": generator.subschema_for::<Mapping>().to_value() })
        }
    };
    if let Some(schema) = schema.as_object_mut() {
        schema.insert("description".to_owned(), member.summary.into());
    }
    schema
}
