//! Actions, from a tree. Which there are and what they have stands in `definitions.rs`.

use super::definitions::{self, ACTIONS};
use super::names::name_problem;
use super::object::{Object, Reader};
use super::read::{MAX_ENTRIES, jump};
use super::{Action, ActionKind, FlowReference, Jump, Mapping};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Node;

const MAX_MAPPINGS: usize = 500;

/// Loops inside of loops, counted from the node.
const MAX_NESTING: usize = 8;

/// Actions that are told apart from mistakes: this release does not offer them.
const LATER: [&str; 5] = ["sendReply", "sendWebhook", "callDataAction", "setMilestone", "setOutcome"];

/// Reads the list of actions of a node or a loop.
pub(super) fn list(reader: &mut Reader, object: &Object<'_>) -> Vec<Action> {
    let actions = reader.list(object, "actions", MAX_ENTRIES);
    actions.into_iter().filter_map(|(path, node)| read(reader, &path, node)).collect()
}

/// Reads an action.
fn read(reader: &mut Reader, path: &str, node: &Node) -> Option<Action> {
    let Node::Map(members) = node else {
        reader.kind(path, "a map with `type`", node);
        return None;
    };
    let at = format!("{path}.type");
    let written = match members.iter().find(|(key, _)| key == "type") {
        Some((_, Node::String(written))) => written,
        Some((_, other)) => {
            reader.kind(&at, "a string", other);
            return None;
        }
        None => {
            reader.diagnostics.push(
                Diagnostic::error(Code::MissingKey, at, "`type` is missing")
                    .suggestion("say what the action does: `type: …`"),
            );
            return None;
        }
    };
    let Some(definition) = definitions::find(written) else {
        reader.diagnostics.error(|| unknown(at, written));
        return None;
    };
    let object = reader.object(path, node, &definition.keys(), &[])?;
    let on_error = object.get("onError").and_then(|node| jump(reader, &object.at("onError"), node));
    let kind = kind(reader, definition.name, &object)?;
    let named =
        matches!(kind, ActionKind::SetVariable { .. } | ActionKind::SetOutput { .. } | ActionKind::FindQueue { .. });
    let name = if named { None } else { reader.string(&object, "name") };
    Some(Action { kind, name, on_error })
}

fn unknown(path: String, written: &str) -> Diagnostic {
    if LATER.iter().any(|later| later.eq_ignore_ascii_case(written)) {
        let message = format!("this release does not offer the action `{written}`");
        return Diagnostic::error(Code::UnknownAction, path, message).found(format!("`{written}`"));
    }
    let names = ACTIONS.iter().map(|action| action.name);
    let known: Vec<&str> = names.clone().collect();
    Diagnostic::error(Code::UnknownAction, path, format!("there is no action `{written}`"))
        .expected(format!("one of: {}", known.join(", ")))
        .found(format!("`{written}`"))
        .nearest(written, names)
}

fn kind(reader: &mut Reader, name: &str, object: &Object<'_>) -> Option<ActionKind> {
    Some(match name {
        "runFlow" => {
            let flow = reference(reader, object);
            let input_mapping = mappings(reader, object, "inputMapping", false);
            let output_mapping = mappings(reader, object, "outputMapping", true);
            ActionKind::RunFlow { flow: flow?, input_mapping: input_mapping?, output_mapping: output_mapping? }
        }
        "transferToFlow" => {
            let flow = reference(reader, object);
            let input_mapping = mappings(reader, object, "inputMapping", false);
            ActionKind::TransferToFlow { flow: flow?, input_mapping: input_mapping? }
        }
        "setVariable" => {
            let (name, value) = (target(reader, object), reader.value(object, "value"));
            ActionKind::SetVariable { name: name?, value: value? }
        }
        "setOutput" => {
            let (name, value) = (target(reader, object), reader.value(object, "value"));
            ActionKind::SetOutput { name: name?, value: value? }
        }
        "setAttributes" => match object.get("attributes") {
            None => {
                reader.missing(object, "attributes");
                return None;
            }
            Some(node @ Node::Map(members)) => {
                if members.len() > MAX_ENTRIES {
                    let message = format!("`attributes` has {} members", members.len());
                    reader.diagnostics.push(
                        Diagnostic::error(Code::TooLarge, object.at("attributes"), message)
                            .expected(format!("at most {MAX_ENTRIES}")),
                    );
                    return None;
                }
                match reader.json(&object.at("attributes"), node) {
                    serde_json::Value::Object(attributes) => ActionKind::SetAttributes { attributes },
                    _ => return None,
                }
            }
            Some(other) => {
                reader.kind(&object.at("attributes"), "a map", other);
                return None;
            }
        },
        "setPriority" => ActionKind::SetPriority { priority: reader.value(object, "priority")? },
        "forEach" => {
            let (items, variable) = (reader.value(object, "items"), name_of(reader, object, "as"));
            let actions = nested(reader, object);
            ActionKind::ForEach { items: items?, variable: variable?, actions: actions? }
        }
        "while" => {
            let (when, actions) = (reader.required_string(object, "when"), nested(reader, object));
            ActionKind::While { when: when?, actions: actions? }
        }
        "lookupTable" => {
            let (table, key) = (reader.required_string(object, "table"), reader.value(object, "key"));
            let (output_mapping, not_found) =
                (mappings(reader, object, "outputMapping", true), not_found(reader, object));
            ActionKind::LookupTable { table: table?, key: key?, output_mapping: output_mapping?, not_found }
        }
        "evaluateSchedule" => {
            let schedule = reader.required_string(object, "schedule");
            let output_mapping = mappings(reader, object, "outputMapping", true);
            ActionKind::EvaluateSchedule { schedule: schedule?, output_mapping: output_mapping? }
        }
        "findQueue" => {
            let name = reader.value(object, "name");
            let (output_mapping, not_found) =
                (mappings(reader, object, "outputMapping", true), not_found(reader, object));
            ActionKind::FindQueue { name: name?, output_mapping: output_mapping?, not_found }
        }
        "transferToQueue" => ActionKind::TransferToQueue {
            queue: reader.required_string(object, "queue")?,
            not_found: not_found(reader, object),
            priority: reader.optional_value(object, "priority"),
            skills: reader.optional_value(object, "skills"),
            language: reader.optional_value(object, "language"),
        },
        "forward" => ActionKind::Forward { addresses: reader.value(object, "addresses")? },
        "disconnect" => ActionKind::Disconnect { reason: reader.optional_value(object, "reason") },
        "return" => ActionKind::Return,
        _ => {
            let level = level(reader, object);
            ActionKind::Log { level: level?, message: reader.value(object, "message")? }
        }
    })
}

/// The actions of a loop. How deep loops stand in each other is read off the path: each of them adds one `.actions[`.
fn nested(reader: &mut Reader, object: &Object<'_>) -> Option<Vec<Action>> {
    if object.get("actions").is_none() {
        reader.missing(object, "actions");
        return None;
    }
    if object.path.matches(".actions[").count() > MAX_NESTING {
        let message = format!("more than {MAX_NESTING} loops stand in each other here");
        reader.diagnostics.push(
            Diagnostic::error(Code::TooLarge, object.at("actions"), message)
                .expected(format!("at most {MAX_NESTING} loops in each other"))
                .suggestion("put the inner ones into a shared flow"),
        );
        return None;
    }
    Some(list(reader, object))
}

fn not_found(reader: &mut Reader, object: &Object<'_>) -> Option<Jump> {
    object.get("notFound").and_then(|node| jump(reader, &object.at("notFound"), node))
}

/// The variable or output that an action sets.
fn target(reader: &mut Reader, object: &Object<'_>) -> Option<String> {
    name_of(reader, object, "name")
}

fn name_of(reader: &mut Reader, object: &Object<'_>, key: &str) -> Option<String> {
    let name = reader.required_string(object, key)?;
    match name_problem(&object.at(key), &name) {
        Some(problem) => {
            reader.diagnostics.push(problem);
            None
        }
        None => Some(name),
    }
}

fn level(reader: &mut Reader, object: &Object<'_>) -> Option<Option<String>> {
    const LEVELS: [&str; 4] = ["debug", "info", "warn", "error"];
    let Some(written) = reader.string(object, "level") else { return Some(None) };
    if LEVELS.contains(&written.as_str()) {
        return Some(Some(written));
    }
    reader.diagnostics.push(
        Diagnostic::error(Code::InvalidValue, object.at("level"), format!("`{written}` is not a level"))
            .expected("debug, info, warn or error")
            .nearest(&written, LEVELS),
    );
    None
}

fn reference(reader: &mut Reader, object: &Object<'_>) -> Option<FlowReference> {
    let (has_id, has_name) = (object.get("flowId").is_some(), object.get("flow").is_some());
    let flow_id = object.get("flowId").and_then(|_| reader.required_string(object, "flowId"));
    let flow = object.get("flow").and_then(|_| reader.required_string(object, "flow"));
    let version = match object.get("version") {
        None => Some(None),
        Some(Node::Integer(number)) if *number >= 1 && u32::try_from(*number).is_ok() => Some(Some((*number).into())),
        Some(Node::String(label)) if is_label(label) => Some(Some(label.as_str().into())),
        Some(other) => {
            reader.diagnostics.push(
                Diagnostic::error(Code::InvalidValue, object.at("version"), "this is neither a version nor a label")
                    .expected("a version's number, 1 or more, or a label such as `stable`")
                    .found(other.to_json().to_string()),
            );
            None
        }
    };
    match (has_id, has_name) {
        (true, true) => reader.diagnostics.push(
            Diagnostic::error(Code::DuplicateKey, object.at("flow"), "`flowId` and `flow` both name the called flow")
                .suggestion("keep one of them"),
        ),
        (false, false) => reader.missing(object, "flowId"),
        _ => {}
    }
    (flow_id.is_some() != flow.is_some()).then_some(FlowReference { flow_id, flow, version: version? })
}

fn is_label(text: &str) -> bool {
    text.starts_with(|c: char| c.is_ascii_lowercase())
        && text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')
}

/// A mapping's lines. In an outputMapping, `name` is a variable's.
fn mappings(reader: &mut Reader, object: &Object<'_>, key: &str, to_variable: bool) -> Option<Vec<Mapping>> {
    let before = reader.diagnostics.len();
    let lines = reader.list(object, key, MAX_MAPPINGS);
    let mut mappings = Vec::with_capacity(lines.len());
    for (path, node) in lines {
        let Some(line) = reader.object(&path, node, &["name", "value"], &[]) else { continue };
        let (name, value) = (reader.required_string(&line, "name"), reader.value(&line, "value"));
        let (Some(name), Some(value)) = (name, value) else { continue };
        if to_variable {
            reader.diagnostics.extend(name_problem(&line.at("name"), &name));
        }
        mappings.push(Mapping { name, value });
    }
    (reader.diagnostics.len() == before).then_some(mappings)
}
