//! Reading maps with known keys: unknown ones, doubled ones and values of the wrong kind are all reported.

use std::collections::HashSet;

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
    /// Whether something is left out that others are counted with, or read.
    pub(super) has_gaps: bool,
}

/// A map's members by canonical key. A member that is `null` counts as left out, because the official SDKs send such. Where null is a
/// value ([`Reader::value`], [`Reader::default_value`]) and where leaving out would mean something else ([`Object::is_null`]) it is seen.
pub(crate) struct Object<'n> {
    pub(crate) path: String,
    members: Vec<(&'static str, &'n Node)>,
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
        let mut object = Object { path: path.to_owned(), members: Vec::new() };
        let mut seen: Vec<(&'static str, &str)> = Vec::new();
        for (key, value) in written {
            let canonical = keys.iter().find(|known| *known == key || known.to_ascii_lowercase() == *key);
            let Some(canonical) = canonical else {
                if !ignored.contains(&key.as_str()) {
                    self.pass_over(value);
                    self.unknown_key(path, key, keys);
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
    pub(super) fn pass_over(&mut self, node: &Node) {
        match node {
            Node::String(text) => drop(self.unread.insert(text.clone())),
            Node::List(elements) => elements.iter().for_each(|element| self.pass_over(element)),
            Node::Map(members) => members.iter().for_each(|(_, value)| self.pass_over(value)),
            Node::Null | Node::Boolean(_) | Node::Integer(_) | Node::Number(_) => {}
        }
    }

    /// What could be read of a list's elements; one that could not is a gap.
    pub(super) fn each<T>(
        &mut self,
        elements: Vec<(String, &Node)>,
        read: impl Fn(&mut Self, &str, &Node) -> Option<T>,
    ) -> Vec<T> {
        let written = elements.len();
        let all: Vec<T> = elements.into_iter().filter_map(|(path, node)| read(self, &path, node)).collect();
        self.has_gaps |= all.len() != written;
        all
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

    /// The name of an input, output or variable, which must be there.
    pub(crate) fn name(&mut self, object: &Object<'_>, key: &str) -> Option<String> {
        let name = self.required_string(object, key)?;
        match name_problem(&object.at(key), &name) {
            Some(problem) => {
                self.diagnostics.push(problem);
                None
            }
            None => Some(name),
        }
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

    /// A list's elements with their paths; empty if the member is left out.
    pub(crate) fn list<'n>(&mut self, object: &Object<'n>, key: &str, most: usize) -> Vec<(String, &'n Node)> {
        let path = object.at(key);
        match object.get(key) {
            None => Vec::new(),
            Some(Node::List(elements)) if elements.len() > most => {
                let message = format!("`{key}` has {} elements", elements.len());
                self.diagnostics
                    .push(Diagnostic::error(Code::TooLarge, path, message).expected(format!("at most {most}")));
                Vec::new()
            }
            Some(Node::List(elements)) => {
                elements.iter().enumerate().map(|(index, element)| (format!("{path}[{index}]"), element)).collect()
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
                Vec::new()
            }
        }
    }

    /// A value position: anything, null included; must be there.
    pub(crate) fn value(&mut self, object: &Object<'_>, key: &str) -> Option<serde_json::Value> {
        match object.written(key) {
            Some(node) => Some(self.json(&object.at(key), node)),
            None => {
                self.missing(object, key);
                None
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
