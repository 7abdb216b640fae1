//! Members of objects, with problems collected on the way.

use serde_json::{Map, Value};

use super::MAX_NAME;
use waypost_problem::{Problem, shown};

/// Where problems are collected.
#[derive(Default)]
pub(super) struct Reader {
    pub(super) problems: Vec<Problem>,
    /// Rules found that never occur. To find that out takes some milliseconds each.
    pub(super) never: usize,
}

/// An object and where it stands.
pub(super) struct Object<'v> {
    place: String,
    map: &'v Map<String, Value>,
}

impl<'v> Object<'v> {
    pub(super) fn get(&self, key: &str) -> Option<&'v Value> {
        self.map.get(key)
    }

    /// How many of the keys it has.
    pub(super) fn count(&self, keys: &[&str]) -> usize {
        keys.iter().filter(|key| self.map.contains_key(**key)).count()
    }

    /// Where the object itself stands.
    pub(super) fn place(&self) -> &str {
        &self.place
    }

    /// The path of a member.
    pub(super) fn path(&self, key: &str) -> String {
        if self.place.is_empty() { key.to_owned() } else { format!("{}.{key}", self.place) }
    }
}

impl Reader {
    pub(super) fn object<'v>(
        &mut self,
        place: impl Into<String>,
        value: &'v Value,
        expected: &str,
    ) -> Option<Object<'v>> {
        let place = place.into();
        if let Value::Object(map) = value {
            return Some(Object { place, map });
        }
        self.wrong_kind(place, value, expected);
        None
    }

    /// Refuses all other keys.
    pub(super) fn known(&mut self, object: &Object<'_>, keys: &[&str]) {
        let listed = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
        for key in object.map.keys().filter(|key| !keys.contains(&key.as_str())) {
            self.problems.push(
                Problem::new(object.path(key), format!("{} is not known here", shown(key)))
                    .stranger(&object.place, key, keys.iter().copied())
                    .expected(format!("one of {listed}")),
            );
        }
    }

    /// A string that may be absent.
    pub(super) fn text<'v>(&mut self, object: &Object<'v>, key: &str, expected: &str) -> Option<&'v str> {
        match object.get(key)? {
            Value::String(text) => Some(text),
            other => {
                self.wrong_kind(object.path(key), other, expected);
                None
            }
        }
    }

    /// A string that must be there.
    pub(super) fn required_text<'v>(&mut self, object: &Object<'v>, key: &str, expected: &str) -> Option<&'v str> {
        if object.get(key).is_none() {
            self.missing(object, key, expected);
        }
        self.text(object, key, expected)
    }

    /// Elements of a list that may be absent, with their paths; no more than `most` of them.
    pub(super) fn list<'v>(&mut self, object: &Object<'v>, key: &str, most: usize) -> Vec<(String, &'v Value)> {
        let elements = match object.get(key) {
            None => return Vec::new(),
            Some(Value::Array(elements)) => elements,
            Some(other) => {
                self.wrong_kind(object.path(key), other, "a list");
                return Vec::new();
            }
        };
        let path = object.path(key);
        if elements.len() > most {
            self.problems.push(
                Problem::new(&path, format!("{} elements are too many", elements.len()))
                    .expected(format!("at most {most}")),
            );
        }
        elements.iter().take(most).enumerate().map(|(index, value)| (format!("{path}[{index}]"), value)).collect()
    }

    /// Strings of a list, with their paths.
    pub(super) fn texts<'v>(
        &mut self,
        object: &Object<'v>,
        key: &str,
        most: usize,
        expected: &str,
    ) -> Vec<(String, &'v str)> {
        let mut texts = Vec::new();
        for (path, value) in self.list(object, key, most) {
            match value {
                Value::String(text) => texts.push((path, text.as_str())),
                other => self.wrong_kind(path, other, expected),
            }
        }
        texts
    }

    /// What something is called.
    pub(super) fn name(&mut self, object: &Object<'_>, key: &str, required: bool) -> Option<String> {
        let expected = format!("1 to {MAX_NAME} characters");
        let name =
            if required { self.required_text(object, key, &expected) } else { self.text(object, key, &expected) }?;
        let wrong = if name.trim().is_empty() {
            "is empty"
        } else if name.chars().count() > MAX_NAME {
            "is too long"
        } else if name.chars().any(char::is_control) {
            "holds a control character"
        } else {
            return Some(name.to_owned());
        };
        self.problems.push(Problem::new(object.path(key), format!("`{key}` {wrong}")).expected(expected));
        None
    }

    pub(super) fn missing(&mut self, object: &Object<'_>, key: &str, expected: &str) {
        let problem = Problem::new(object.place(), format!("`{key}` is missing")).expected(expected);
        self.problems.push(problem.lacking(&object.place, &[key]));
    }

    pub(super) fn wrong_kind(&mut self, path: impl Into<String>, value: &Value, expected: &str) {
        let kind = match value {
            Value::Null => "`null`",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::Array(_) => "a list",
            Value::Object(_) => "an object",
        };
        self.problems.push(Problem::new(path, format!("{kind} does not belong here")).expected(expected));
    }
}
