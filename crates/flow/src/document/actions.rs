//! Lists of actions, from a tree. Each action reads its own members, in `crates/flow/src/actions`.

use waypost_problem::nearest;

use super::object::{Object, Reader};
use super::read::{MAX_ENTRIES, jump};
use super::{Action, elsewhere};
use crate::actions::{self, ACTIONS};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Node;

/// Loops inside of loops, counted from the node.
const MAX_NESTING: usize = 8;

/// Actions that are told apart from mistakes: this release does not offer them.
const LATER: [&str; 2] = ["classify", "setMilestone"];

/// Reads the list of actions of a node or a loop.
pub(super) fn list(reader: &mut Reader, object: &Object<'_>) -> Vec<Action> {
    let hole = || Action { kind: actions::unread(), name: None, on_error: None };
    reader.each(object, "actions", MAX_ENTRIES, read, hole)
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
        None if members.iter().any(|(key, _)| nearest(key, ["type"]).is_some()) => {
            for (key, _) in members.iter().filter(|(key, _)| nearest(key, ["type"]).is_some()) {
                reader.unknown_key(path, key, &["type"]);
            }
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
    let Some((definition, read)) = actions::find(written) else {
        reader.diagnostics.error(|| unknown(at, written));
        return None;
    };
    let object = reader.object(path, node, &definition.keys(), &[])?;
    let on_error = object.get("onError").map(|node| jump(reader, &object.at("onError"), node));
    let kind = read(reader, &object);
    let name = if definition.has_own_name() { None } else { reader.string(&object, "name") };
    Some(Action { kind, name, on_error })
}

fn unknown(path: String, written: &str) -> Diagnostic {
    if LATER.iter().any(|later| later.eq_ignore_ascii_case(written)) {
        let message = format!("this release does not offer the action `{written}`");
        return Diagnostic::error(Code::UnknownAction, path, message).found(format!("`{written}`"));
    }
    let names = ACTIONS.iter().map(|action| action.name);
    let known: Vec<&str> = names.clone().collect();
    let problem = Diagnostic::error(Code::UnknownAction, path, format!("there is no action `{written}`"))
        .expected(format!("one of: {}", known.join(", ")))
        .found(format!("`{written}`"));
    match elsewhere::action(written) {
        Some(meant) => problem.suggestion(meant),
        None => problem.nearest(written, names),
    }
}

/// The actions of a loop. How deep loops stand in each other is read off the path: each of them adds one `.actions[`.
pub(crate) fn inside(reader: &mut Reader, object: &Object<'_>) -> Vec<Action> {
    let Some(written) = object.get("actions") else {
        reader.missing(object, "actions");
        return Vec::new();
    };
    if object.path.matches(".actions[").count() > MAX_NESTING {
        let message = format!("more than {MAX_NESTING} loops are nested here");
        reader.diagnostics.push(
            Diagnostic::error(Code::TooLarge, object.at("actions"), message)
                .expected(format!("at most {MAX_NESTING} loops in each other"))
                .suggestion("put the inner ones into a shared flow"),
        );
        reader.pass_over(written);
        return Vec::new();
    }
    list(reader, object)
}
