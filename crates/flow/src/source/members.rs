//! Members of a document, read one by one; every problem is kept.

use serde_json::{Map, Value as Json};
use waypost_problem::{one_of, settle};

use super::Node;
use crate::diagnostic::{Code, Diagnostic};

/// The members of a map that are not read yet.
pub struct Members<'n> {
    path: &'n str,
    left: Vec<&'n (String, Node)>,
    /// What is wrong so far.
    pub problems: Vec<Diagnostic>,
}

impl<'n> Members<'n> {
    /// Members of the map at a path.
    ///
    /// # Errors
    /// It is no map.
    pub fn of(path: &'n str, node: &'n Node) -> Result<Self, Box<Diagnostic>> {
        match node {
            Node::Map(members) => Ok(Self { path, left: members.iter().collect(), problems: Vec::new() }),
            other => Err(Box::new(wrong(path, "a map").found(other.kind()))),
        }
    }

    fn take(&mut self, name: &str) -> Option<&'n Node> {
        let at = self.left.iter().position(|(key, _)| key == name)?;
        Some(&self.left.remove(at).1)
    }

    /// A text; none if it is absent, or something else, which is a problem.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Node::String(text) => Some(text.clone()),
            Node::Null => None,
            other => self.wrong(name, "a string", other),
        }
    }

    /// A whole number.
    pub fn integer(&mut self, name: &str) -> Option<i64> {
        match self.take(name)? {
            Node::Integer(number) => Some(*number),
            Node::Null => None,
            other => self.wrong(name, "an integer", other),
        }
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Node::Boolean(flag) => Some(*flag),
            Node::Null => None,
            other => self.wrong(name, "true or false", other),
        }
    }

    /// A list; empty if it is absent.
    pub fn list(&mut self, name: &str) -> &'n [Node] {
        match self.take(name) {
            Some(Node::List(items)) => items,
            None | Some(Node::Null) => &[],
            Some(other) => self.wrong(name, "a list", other).unwrap_or_default(),
        }
    }

    /// A text or a list of texts; numbers and booleans are texts here, as YAML has them without quotes.
    pub fn one_or_more(&mut self, name: &str) -> Vec<String> {
        let Some(node) = self.take(name) else { return Vec::new() };
        let elements = if let Node::List(elements) = node { elements.as_slice() } else { std::slice::from_ref(node) };
        let mut texts = Vec::with_capacity(elements.len());
        for element in elements {
            match element {
                Node::String(text) => texts.push(text.clone()),
                Node::Integer(number) => texts.push(number.to_string()),
                Node::Boolean(value) => texts.push(value.to_string()),
                Node::Null => {}
                other => {
                    let _: Option<()> = self.wrong(name, "a string, or a list of strings", other);
                }
            }
        }
        texts
    }

    /// Whatever a member has, as it is written.
    pub fn node(&mut self, name: &str) -> Option<&'n Node> {
        self.take(name)
    }

    /// The names of the members that are not read yet.
    #[must_use]
    pub fn names(&self) -> Vec<String> {
        self.left.iter().map(|(name, _)| name.clone()).collect()
    }

    /// The path of a member.
    #[must_use]
    pub fn at(&self, name: &str) -> String {
        below(self.path, name)
    }

    /// A list of texts; none if it is absent.
    pub fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let items = match self.take(name)? {
            Node::List(items) => items,
            Node::Null => return None,
            other => return self.wrong(name, "a list of strings", other),
        };
        let mut texts = Vec::with_capacity(items.len());
        for (place, item) in items.iter().enumerate() {
            match item {
                Node::String(text) => texts.push(text.clone()),
                other => drop(self.wrong::<()>(&format!("{name}[{place}]"), "a string", other)),
            }
        }
        Some(texts)
    }

    /// Whatever a member has, as JSON.
    pub fn json(&mut self, name: &str) -> Option<Json> {
        self.take(name).map(Node::to_json).filter(|value| !value.is_null())
    }

    /// The document's name, else that of its file.
    pub fn name(&mut self, file: Option<&str>) -> String {
        let before = self.problems.len();
        let named = self.text("name").or_else(|| file.map(name_of));
        if named.is_none() && self.problems.len() == before {
            self.missing("name", "a name: only a document that is alone in its file can go by the file's");
        }
        named.unwrap_or_default()
    }

    /// Notes that a member is missing.
    pub fn missing(&mut self, name: &str, expected: &str) {
        let problem = Diagnostic::error(Code::MissingKey, below(self.path, name), format!("`{name}` is missing"));
        self.problems.push(problem.expected(expected).lacking(self.path, &[name]));
    }

    fn wrong<T>(&mut self, name: &str, expected: &str, found: &Node) -> Option<T> {
        self.problems.push(wrong(&below(self.path, name), expected).found(found.kind()));
        None
    }

    /// Notes members that nobody read; `known` are those that there may be. A misspelt member is not missing as well.
    pub fn finish(mut self, known: &[&str]) -> Vec<Diagnostic> {
        self.problems.extend(self.left.iter().map(|(key, _)| unknown(self.path, key, known)));
        settle(&mut self.problems);
        self.problems
    }

    /// All members that are not read yet, which a server only keeps, and what is wrong so far. Those of `left_out` a server sets itself. What
    /// may be one of `known`, misspelt, is; of the rest a warning says that it has no effect.
    pub fn kept(mut self, known: &[&str], left_out: &[&str]) -> (Map<String, Json>, Vec<Diagnostic>) {
        self.left.retain(|(key, _)| !left_out.contains(&key.as_str()));
        for (key, _) in self.left.iter().filter(|(key, _)| !known.contains(&key.as_str())) {
            let misspelt = unknown(self.path, key, known);
            self.problems.push(if misspelt.suggestion.is_some() {
                misspelt
            } else {
                let message = format!("`{key}` is kept, and has no effect");
                let problem = Diagnostic::warning(Code::UnknownKey, misspelt.path, message);
                problem.expected(one_of(known.iter().copied()))
            });
        }
        settle(&mut self.problems);
        self.rest()
    }

    /// All members that are not read yet, and what is wrong so far.
    pub fn rest(self) -> (Map<String, Json>, Vec<Diagnostic>) {
        (self.left.iter().map(|(key, value)| (key.clone(), value.to_json())).collect(), self.problems)
    }
}

/// A value of another kind than it must be.
#[must_use]
pub fn wrong(path: &str, expected: &str) -> Diagnostic {
    Diagnostic::error(Code::WrongKind, path, format!("expected {expected}")).expected(expected)
}

/// A key of the object at `path` that is none of `known`.
#[must_use]
pub fn unknown(path: &str, key: &str, known: &[&str]) -> Diagnostic {
    let problem = Diagnostic::error(Code::UnknownKey, below(path, key), format!("unknown key `{key}`"));
    problem.stranger(path, key, known.iter().copied())
}

/// A key that is there twice.
#[must_use]
pub fn repeated(path: String, key: &str) -> Diagnostic {
    Diagnostic::error(Code::DuplicateKey, path, format!("the key `{key}` appears twice"))
}

/// A path below another; either may be empty.
#[must_use]
pub fn below(path: &str, member: &str) -> String {
    match (path, member) {
        ("", member) => member.to_owned(),
        (path, "") => path.to_owned(),
        (path, member) => format!("{path}.{member}"),
    }
}

/// What a document without a name of its own is called: as its file.
fn name_of(path: &str) -> String {
    std::path::Path::new(path).file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default()
}
