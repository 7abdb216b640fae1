//! Reading maps with known keys: unknown ones, doubled ones and values of the wrong kind are all reported.
//!
//! What can't be read leaves a hole: an empty text for a name, null for a value. No document that reads has either where something must
//! be. The checker passes over holes, so that it can look for more problems around them.

use std::collections::HashSet;

use waypost_problem::nearest;

use super::elsewhere;
use super::names::name_problem;
use crate::diagnostic::{Code, Diagnostic, Problems};
use crate::source::{self, Node};

/// Collects problems while a document is read.
#[derive(Default)]
pub(crate) struct Reader {
    pub(crate) diagnostics: Problems,
    /// Texts in what could not be read: they may name anything, a variable for one.
    pub(super) unread: HashSet<String>,
    /// Whether something has a name that could not be read at all: any name that nothing else has may be meant.
    pub(super) is_nameless: bool,
}

/// A map's members by canonical key. A member that is `null` counts as left out, because the official SDKs send such. Where null is a
/// value ([`Reader::default_value`]) and where leaving out would mean something else ([`Object::is_null`]) it is seen.
pub(crate) struct Object<'n> {
    pub(crate) path: String,
    members: Vec<(&'static str, &'n Node)>,
    /// Members that unknown keys are near to.
    misspelt: Vec<&'static str>,
}

impl<'n> Object<'n> {
    /// A member's value; none if it is `null`.
    pub(crate) fn get(&self, key: &str) -> Option<&'n Node> {
        self.written(key).filter(|value| **value != Node::Null)
    }

    /// Whether a member is there and has no value.
    pub(crate) fn is_null(&self, key: &str) -> bool {
        self.written(key) == Some(&Node::Null)
    }

    /// Whether the member is left out only because its key is misspelt.
    pub(crate) fn is_misspelt(&self, key: &str) -> bool {
        self.misspelt.contains(&key) && self.written(key).is_none()
    }

    fn written(&self, key: &str) -> Option<&'n Node> {
        self.members.iter().find(|(known, _)| *known == key).map(|(_, value)| *value)
    }

    /// The path of a member.
    pub(crate) fn at(&self, key: &str) -> String {
        join(&self.path, key)
    }
}

fn wrong_kind(path: &str, expected: &str, found: &Node) -> Diagnostic {
    Diagnostic::error(Code::WrongKind, path, format!("expected {expected}, found {}", found.kind()))
        .expected(expected)
        .found(found.kind())
}

/// The path of a member below a path.
pub(crate) fn join(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}

impl Reader {
    /// A map with known keys, each also read in all lower case. Keys in `ignored` are the server's and left alone.
    pub(crate) fn object<'n>(
        &mut self,
        path: &str,
        node: &'n Node,
        keys: &[&'static str],
        ignored: &[&str],
    ) -> Option<Object<'n>> {
        let Node::Map(written) = node else {
            self.kind(path, "a map", node);
            return None;
        };
        let mut object = Object { path: path.to_owned(), members: Vec::new(), misspelt: Vec::new() };
        let mut seen: Vec<(&'static str, &str)> = Vec::new();
        for (key, value) in written {
            let canonical = keys.iter().find(|known| *known == key || known.to_ascii_lowercase() == *key);
            let Some(canonical) = canonical else {
                if !ignored.contains(&key.as_str()) {
                    // Nothing of a flow is declared by a text beside its members.
                    if !path.is_empty() || !matches!(value, Node::String(_)) {
                        self.pass_over(value);
                    }
                    self.unknown_key(path, key, keys);
                    object.misspelt.extend(nearest(key, keys.iter().copied()));
                }
                continue;
            };
            if let Some((_, first)) = seen.iter().find(|(known, _)| known == canonical) {
                self.diagnostics.error(|| {
                    let message = if *first == key {
                        format!("the key `{key}` appears twice")
                    } else {
                        format!("`{first}` and `{key}` are the same key")
                    };
                    Diagnostic::error(Code::DuplicateKey, join(path, key), message).suggestion("keep one of them")
                });
                continue;
            }
            seen.push((canonical, key));
            object.members.push((canonical, value));
        }
        Some(object)
    }

    /// Keeps the texts of what is not read.
    pub(crate) fn pass_over(&mut self, node: &Node) {
        match node {
            Node::String(text) => drop(self.unread.insert(text.clone())),
            Node::List(elements) => elements.iter().for_each(|element| self.pass_over(element)),
            Node::Map(members) => members.iter().for_each(|(_, value)| self.pass_over(value)),
            Node::Null | Node::Boolean(_) | Node::Integer(_) | Node::Number(_) => {}
        }
    }

    /// A list's elements, each read; empty if the member is left out. What can't be read is a hole, so that those behind it keep their
    /// places: `hole` makes one for an element, and one for a list that can't be read at all.
    pub(crate) fn each<T>(
        &mut self,
        object: &Object<'_>,
        key: &str,
        most: usize,
        read: impl Fn(&mut Self, &str, &Node) -> Option<T>,
        hole: impl Fn() -> T,
    ) -> Vec<T> {
        let Some(elements) = self.list(object, key, most) else { return vec![hole()] };
        let elements = elements.into_iter().map(|(path, node)| {
            read(self, &path, node).unwrap_or_else(|| {
                self.is_nameless |= !matches!(node, Node::List(_) | Node::Map(_) | Node::String(_));
                self.pass_over(node);
                hole()
            })
        });
        elements.collect()
    }

    pub(super) fn unknown_key(&mut self, path: &str, key: &str, keys: &[&'static str]) {
        self.diagnostics.error(|| {
            let problem = Diagnostic::error(Code::UnknownKey, join(path, key), format!("unknown key `{key}`"));
            match elsewhere::key(key) {
                Some(belongs) => problem.suggestion(belongs),
                None => problem.stranger(path, key, keys.iter().copied()),
            }
        });
    }

    /// Reports a value of the wrong kind.
    pub(crate) fn kind(&mut self, path: &str, expected: &str, found: &Node) {
        self.diagnostics.push(wrong_kind(path, expected, found));
    }

    /// A jump or a branch, which has its node in `to`; one that is the node's id alone is refused with how it is written.
    pub(super) fn leading<'n>(&mut self, path: &str, node: &'n Node, keys: &[&'static str]) -> Option<Object<'n>> {
        if let Node::String(to) = node {
            let problem = wrong_kind(path, "a map", node).suggestion(format!("write `{{ to: {to} }}`"));
            self.diagnostics.push(problem);
            return None;
        }
        self.object(path, node, keys, &[])
    }

    /// Reports a key that must be there.
    pub(crate) fn missing(&mut self, object: &Object<'_>, key: &str) {
        self.missing_one(object, &[key]);
    }

    /// Reports keys of which one must be there. The problem is at the first of them.
    pub(crate) fn missing_one(&mut self, object: &Object<'_>, keys: &[&str]) {
        let Some(first) = keys.first() else { return };
        let problem = |message: String| Diagnostic::error(Code::MissingKey, object.at(first), message);
        let names = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(" or ");
        self.diagnostics.push(match keys.iter().find(|key| object.is_null(key)) {
            Some(key) => problem(format!("`{key}` is null, but needs a value")).found("null"),
            None => {
                problem(format!("{names} is missing")).suggestion(format!("add {names}")).lacking(&object.path, keys)
            }
        });
    }

    /// A string, if the member is there.
    pub(crate) fn string(&mut self, object: &Object<'_>, key: &str) -> Option<String> {
        let node = object.get(key)?;
        let Node::String(text) = node else {
            self.kind(&object.at(key), "a string", node);
            return None;
        };
        Some(text.clone())
    }

    /// A string that must be there and not be empty.
    pub(crate) fn required_string(&mut self, object: &Object<'_>, key: &str) -> Option<String> {
        if object.get(key).is_none() {
            self.missing(object, key);
            return None;
        }
        let text = self.string(object, key)?;
        if text.trim().is_empty() {
            let message = format!("`{key}` is empty");
            self.diagnostics.push(Diagnostic::error(Code::InvalidValue, object.at(key), message));
            return None;
        }
        Some(text)
    }

    /// The name of something in the flow, which must be there; a hole if it can't be read.
    pub(crate) fn hole_or_name(&mut self, object: &Object<'_>, key: &str) -> String {
        let name = self.required_string(object, key);
        self.is_nameless |= name.is_none() && !object.is_misspelt(key);
        name.unwrap_or_default()
    }

    /// The name of an input, output or variable, which must be there; a hole if it can't be read.
    pub(crate) fn name(&mut self, object: &Object<'_>, key: &str) -> String {
        let name = self.hole_or_name(object, key);
        if let Some(problem) = name_problem(&object.at(key), &name).filter(|_| !name.is_empty()) {
            // Expressions can name a part of it at most.
            let parts = name.split(|c: char| !c.is_ascii_alphanumeric() && c != '_');
            self.unread.extend(parts.map(str::to_owned));
            self.diagnostics.push(problem);
        }
        name
    }

    /// A boolean, if the member is there.
    pub(crate) fn boolean(&mut self, object: &Object<'_>, key: &str) -> Option<bool> {
        let node = object.get(key)?;
        let Node::Boolean(value) = node else {
            self.kind(&object.at(key), "a boolean", node);
            return None;
        };
        Some(*value)
    }

    /// A list's elements with their paths; empty if the member is left out, none if it can't be read.
    fn list<'n>(&mut self, object: &Object<'n>, key: &str, most: usize) -> Option<Vec<(String, &'n Node)>> {
        let path = object.at(key);
        let written = object.get(key);
        match written {
            None if object.is_misspelt(key) => return None,
            None => return Some(Vec::new()),
            Some(Node::List(elements)) if elements.len() > most => {
                let message = format!("`{key}` has {} elements", elements.len());
                self.diagnostics
                    .push(Diagnostic::error(Code::TooLarge, path, message).expected(format!("at most {most}")));
            }
            Some(Node::List(elements)) => {
                let elements = elements.iter().enumerate();
                return Some(elements.map(|(index, element)| (format!("{path}[{index}]"), element)).collect());
            }
            Some(other) => {
                let problem = wrong_kind(&path, "a list", other);
                self.diagnostics.push(match other {
                    Node::String(to) if key == "next" => problem.suggestion(format!("write `next: [{{ to: {to} }}]`")),
                    Node::Map(_) => problem.suggestion("begin each element with `- `"),
                    Node::Null
                    | Node::Boolean(_)
                    | Node::Integer(_)
                    | Node::Number(_)
                    | Node::String(_)
                    | Node::List(_) => problem,
                });
            }
        }
        match written {
            // Each may be meant as the name of an element.
            Some(Node::Map(members)) => self.unread.extend(members.iter().map(|(key, _)| key.clone())),
            Some(Node::List(_)) => {}
            _ => self.is_nameless = true,
        }
        written.into_iter().for_each(|node| self.pass_over(node));
        None
    }

    /// A value position, which must be there; a hole, which is null, if it is not.
    pub(crate) fn value(&mut self, object: &Object<'_>, key: &str) -> serde_json::Value {
        match object.get(key) {
            Some(node) => self.json(&object.at(key), node),
            None => {
                self.missing(object, key);
                serde_json::Value::Null
            }
        }
    }

    /// A value as JSON, which has each key once.
    pub(crate) fn json(&mut self, path: &str, node: &Node) -> serde_json::Value {
        for (at, key) in source::repeated_keys(path, node) {
            let message = format!("the key `{key}` appears twice");
            self.diagnostics.push(Diagnostic::error(Code::DuplicateKey, at, message).suggestion("keep one of them"));
        }
        node.to_json()
    }

    /// A default, if there is one. Null is one: whether the type has it is checked with the type.
    pub(crate) fn default_value(&mut self, object: &Object<'_>) -> Option<serde_json::Value> {
        object.written("default").map(|node| self.json(&object.at("default"), node))
    }

    /// A value position that may be left out.
    pub(crate) fn optional_value(&mut self, object: &Object<'_>, key: &str) -> Option<serde_json::Value> {
        object.get(key).map(|node| self.json(&object.at(key), node))
    }
}
