//! JSON Schemas of the documents of a folder (draft 2020-12): editors complete and check files by them, and `fmt` orders members by them.
//! They say what shape a document has; names and what depends on other documents are the checker's.

mod objects;

use serde_json::{Map, Value as Json, json};
use waypost_flow::document::schema as flow;
use waypost_flow::source::Node;
use waypost_ids::{Kind, Term};

use crate::kind::{self, DocumentKind, routing_keys};

/// The schema of every kind of document.
#[derive(Debug)]
pub struct Schemas {
    all: Vec<(DocumentKind, Json)>,
}

impl Default for Schemas {
    fn default() -> Self {
        let objects = Kind::ALL.into_iter().filter_map(|kind| Some((DocumentKind::Object(kind), of_kind(kind)?)));
        Self {
            all: objects
                .chain([
                    (DocumentKind::Routing, objects::routing()),
                    (DocumentKind::Client, objects::client()),
                    (DocumentKind::Project, objects::project()),
                ])
                .collect(),
        }
    }
}

/// The name of routing files where kinds are named.
const ROUTING: &str = "routing";

impl Schemas {
    /// The schema of what a document is; none if it says that it is something unknown.
    #[must_use]
    pub fn of(&self, document: &Node) -> Option<&Json> {
        self.find(kind::of(document).kind?)
    }

    /// Every name that has a schema, and the schema.
    pub fn named(&self) -> impl Iterator<Item = (&'static str, &Json)> {
        self.all.iter().map(|(kind, schema)| (name(*kind), schema))
    }

    fn find(&self, wanted: DocumentKind) -> Option<&Json> {
        self.all.iter().find(|(kind, _)| *kind == wanted).map(|(_, schema)| schema)
    }

    /// One schema for a document of any kind.
    #[must_use]
    pub fn any(&self) -> Json {
        let mut definitions = Map::new();
        for (name, schema) in self.named() {
            let mut schema = schema.clone();
            within(&mut schema, name);
            if let Some(members) = schema.as_object_mut() {
                members.shift_remove("$schema");
                for (inner, definition) in members.shift_remove("$defs").and_then(own).into_iter().flatten() {
                    definitions.insert(format!("{name}.{inner}"), definition);
                }
            }
            definitions.insert(name.to_owned(), schema);
        }
        let reference = |name: &str| json!({ "$ref": format!("#/$defs/{name}") });
        let has = |members: &[&str]| json!({ "anyOf": members.iter().map(|member| json!({ "required": [member] })).collect::<Vec<_>>() });
        let routing: Vec<&str> = routing_keys().collect();
        // The same questions in the same order as a folder's reader asks them.
        let unnamed = [
            (has(&["type", "nodes"]), "flow"),
            (has(&routing), ROUTING),
            (has(&["schema"]), "table"),
            (json!({ "required": ["config", "contract"] }), "dataAction"),
            (has(&["timeZone"]), "schedule"),
        ];
        let unnamed = unnamed.into_iter().rev().fold(
            reference("flow"),
            |otherwise, (condition, name)| json!({ "if": condition, "then": reference(name), "else": otherwise }),
        );
        let named: Vec<Json> = self
            .named()
            .filter(|(name, _)| *name != ROUTING)
            .map(|(name, _)| {
                let this = json!({ "properties": { "kind": { "const": name } }, "required": ["kind"] });
                json!({ "if": this, "then": reference(name) })
            })
            .collect();
        let kinds: Vec<&str> = self.named().map(|(name, _)| name).filter(|name| *name != ROUTING).collect();
        let mut all = named;
        all.push(json!({ "if": { "not": { "required": ["kind"] } }, "then": unnamed }));
        json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "A document of a Waypost project",
            "type": "object",
            "properties": { "kind": { "description": "What the document is. Left out: recognised by its members.", "enum": kinds } },
            "allOf": all,
            "$defs": definitions,
        })
    }
}

fn name(kind: DocumentKind) -> &'static str {
    match kind {
        DocumentKind::Object(kind) => kind.as_str(),
        DocumentKind::Routing => ROUTING,
        DocumentKind::Project => kind::PROJECT,
        DocumentKind::Client => kind::CLIENT,
    }
}

/// The schema of an object's document; none for what is in no folder.
fn of_kind(kind: Kind) -> Option<Json> {
    Some(match kind {
        Kind::Flow => flow_document(),
        Kind::Route => objects::route(),
        Kind::Queue => objects::queue(),
        Kind::Domain => objects::domain(),
        Kind::Table => objects::table(),
        Kind::Schedule => objects::schedule(),
        Kind::Webhook => objects::webhook(),
        Kind::DataAction => objects::data_action(),
        Kind::Mailbox => objects::mailbox(),
        Kind::Term(Term::Skill) => objects::term("A skill that work can require.", "skill"),
        Kind::Term(Term::Language) => objects::term("A language that work can require.", "language"),
        Kind::Secret => return None,
    })
}

/// A flow in a folder may say that it is one.
fn flow_document() -> Json {
    let mut schema = flow::json_schema();
    if let Some(properties) = schema.get_mut("properties").and_then(Json::as_object_mut) {
        let own = std::mem::take(properties);
        properties.insert("kind".to_owned(), json!({ "description": "What the document is.", "const": "flow" }));
        properties.extend(own);
    }
    schema
}

fn own(value: Json) -> Option<Map<String, Json>> {
    match value {
        Json::Object(members) => Some(members),
        _ => None,
    }
}

/// Leads references to where definitions are when the schema is one of several.
fn within(schema: &mut Json, name: &str) {
    match schema {
        Json::Object(members) => {
            for (key, value) in members.iter_mut() {
                match value {
                    Json::String(reference) if key == "$ref" => {
                        if let Some(inner) = reference.strip_prefix("#/$defs/") {
                            *reference = format!("#/$defs/{name}.{inner}");
                        }
                    }
                    value => within(value, name),
                }
            }
        }
        Json::Array(elements) => elements.iter_mut().for_each(|element| within(element, name)),
        _ => {}
    }
}
