//! The OpenAPI document.

use std::collections::BTreeMap;

use axum::http::StatusCode;
use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value as Json, json};
use waypost_app::access::scopes::Scope;
use waypost_flow::document::schema;
use waypost_wire::error::ErrorBody;

use super::Described;
use super::operation::{Content, Kind, Operation, Parameter, Token};

/// Where shared schemas stand.
const SCHEMAS: &str = "/components/schemas";

/// The document for some endpoints.
pub fn document(described: &[Described]) -> Json {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = SCHEMAS.into());
    let mut generator = settings.into_generator();
    generator.subschema_for::<ErrorBody>();
    let mut paths: BTreeMap<&str, Map<String, Json>> = BTreeMap::new();
    for one in described {
        let operation = operation(&mut generator, one);
        paths.entry(&one.path).or_default().insert(one.method.to_owned(), operation);
    }
    // In the order in which they are registered, which is the order in which people get to know them.
    let mut groups: Vec<&str> = described.iter().map(|one| one.group).collect();
    groups.dedup();
    let mut schemas = generator.take_definitions(true);
    schemas.extend(flow_document());
    // An endpoint that comes or goes moves no schema of another.
    schemas.sort_keys();
    let scopes: BTreeMap<&str, &str> = Scope::ALL.iter().map(|scope| (scope.as_str(), scope.meaning())).collect();
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Waypost",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "Inbound email routing: mail comes in, flows decide, every step is recorded. Paths that Genesys Cloud also has work with its SDKs.",
            "license": { "name": "MIT OR Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": groups.iter().map(|name| json!({ "name": name })).collect::<Vec<_>>(),
        "paths": paths,
        "components": {
            "schemas": schemas,
            "securitySchemes": {
                "oauth": {
                    "type": "oauth2",
                    "flows": { "clientCredentials": { "tokenUrl": "/oauth/token", "scopes": scopes } },
                },
            },
        },
    })
}

/// The flow document's schema, its definitions beside it.
fn flow_document() -> Map<String, Json> {
    let text = schema::json_schema().to_string();
    // The definitions move from below the schema to beside it.
    let moved = text.replace("\"#/$defs/", &format!("\"#{SCHEMAS}/FlowDocument"));
    let mut root: Map<String, Json> = serde_json::from_str(&moved).unwrap_or_default();
    root.shift_remove("$schema");
    let definitions = root.shift_remove("$defs");
    let definitions = definitions.as_ref().and_then(Json::as_object).cloned().unwrap_or_default();
    let beside = definitions.into_iter().map(|(name, schema)| (format!("FlowDocument{name}"), schema));
    std::iter::once(("FlowDocument".to_owned(), root.into())).chain(beside).collect()
}

fn operation(generator: &mut SchemaGenerator, one: &Described) -> Json {
    let operation = &one.operation;
    let mut json = json!({
        "operationId": operation.id,
        "summary": operation.summary,
        "tags": [one.group],
        "parameters": path_parameters(&one.path)
            .chain(operation.parameters.iter().map(parameter))
            .collect::<Vec<_>>(),
        "responses": responses(generator, operation, one.path.contains('{')),
    });
    if !operation.bodies.is_empty() {
        let contents: Map<String, Json> = operation.bodies.iter().map(|body| content(generator, body)).collect();
        set(&mut json, "requestBody", json!({ "content": contents }));
    }
    match operation.token {
        Token::No => {}
        Token::Any => set(&mut json, "security", json!([{ "oauth": [] }])),
        Token::With(scope) => {
            let scopes: Vec<&str> = [scope].iter().chain(operation.further).map(|scope| scope.as_str()).collect();
            set(&mut json, "security", json!([{ "oauth": scopes }]));
        }
    }
    json
}

fn content(generator: &mut SchemaGenerator, content: &Content) -> (String, Json) {
    let schema = (content.schema)(generator);
    (content.media_type.to_owned(), json!({ "schema": schema }))
}

fn path_parameters(path: &str) -> impl Iterator<Item = Json> {
    path.split('/').filter_map(|segment| segment.strip_prefix('{')?.strip_suffix('}')).map(
        |name| json!({ "name": name, "in": "path", "required": true, "schema": { "type": "string", "minLength": 1 } }),
    )
}

fn parameter(parameter: &Parameter) -> Json {
    let schema = match parameter.kind {
        Kind::Text => json!({ "type": "string" }),
        Kind::List => json!({ "type": "array", "items": { "type": "string" } }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Number(least, most) => json!({ "type": "integer", "minimum": least, "maximum": most }),
        Kind::Words(words) => json!({ "type": "string", "enum": words }),
        Kind::Uuid => json!({ "type": "string", "format": "uuid" }),
        Kind::Time => json!({ "type": "string", "format": "date-time" }),
    };
    let mut json = json!({
        "name": parameter.name,
        "in": parameter.place,
        "required": parameter.required,
        "description": parameter.summary,
        "schema": schema,
    });
    if matches!(parameter.kind, Kind::List) {
        set(&mut json, "explode", false.into());
    }
    json
}

fn responses(generator: &mut SchemaGenerator, operation: &Operation, has_path_parameters: bool) -> Json {
    let mut refusals = vec![400, 503];
    match operation.token {
        Token::No => {}
        Token::Any => refusals.extend([401, 429]),
        Token::With(_) => refusals.extend([401, 403, 429]),
    }
    if has_path_parameters {
        refusals.push(404);
    }
    let shared = refusals.into_iter().filter_map(|status| StatusCode::from_u16(status).ok());
    let refusals = shared.chain(operation.refusals.iter().copied());
    let mut responses: BTreeMap<u16, Json> = refusals
        .map(|status| {
            let error = json!({ "schema": { "$ref": format!("#{SCHEMAS}/ErrorBody") } });
            (status.as_u16(), json!({ "description": reason(status), "content": { "application/json": error } }))
        })
        .collect();
    for (status, answer) in &operation.answers {
        let mut json = json!({ "description": reason(*status) });
        if let Some(answer) = answer {
            let (media_type, schema) = content(generator, answer);
            set(&mut json, "content", json!({ media_type: schema }));
        }
        responses.insert(status.as_u16(), json);
    }
    responses.into_iter().map(|(status, json)| (status.to_string(), json)).collect::<Map<_, _>>().into()
}

fn set(object: &mut Json, name: &str, value: Json) {
    if let Some(members) = object.as_object_mut() {
        members.insert(name.to_owned(), value);
    }
}

fn reason(status: StatusCode) -> &'static str {
    status.canonical_reason().unwrap_or("Refused")
}
