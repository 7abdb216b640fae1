//! Members of a JSON object: read one by one, and every problem answered at once.

use std::collections::HashSet;
use std::ops::RangeInclusive;

use serde_json::Value as Json;
use waypost_catalogue::routing::Wanted;
use waypost_flow::diagnostic::MAX_LISTED;
use waypost_flow::source::{self, Node};
use waypost_wire::Object;
use waypost_wire::error::Problem;

use crate::body::refuse_twice;
use crate::error::ApiError;

/// The members of a request's body. Reading a member takes it out; what is left can be kept as it is. `null` counts as absent.
#[derive(Debug, Default)]
pub struct Fields {
    members: Object,
    problems: Vec<Problem>,
}

impl Fields {
    /// The members of a JSON value.
    ///
    /// # Errors
    /// 400 if it is neither an object nor `null`.
    pub fn of(value: Json) -> Result<Self, ApiError> {
        match value {
            Json::Object(members) => Ok(Self { members, ..Self::default() }),
            Json::Null => Ok(Self::default()),
            other => {
                let problem = Problem {
                    expected: Some("an object".to_owned()),
                    found: Some(kind(&other).to_owned()),
                    ..Problem::new("bad.request", format!("the body must be an object, not {}", kind(&other)))
                };
                Err(ApiError::invalid("bad.request", vec![problem]))
            }
        }
    }

    /// The members of a tree, without those that are read from the tree itself.
    ///
    /// # Errors
    /// 400 if it is neither an object nor `null`, or if a member appears twice.
    pub fn of_tree(tree: &Node, apart: &[&str]) -> Result<Self, ApiError> {
        if let Node::Map(members) = tree {
            let mut seen = HashSet::new();
            let twice = members.iter().map(|(name, _)| name).filter(|name| !seen.insert(*name));
            refuse_twice(twice.take(1).cloned().collect())?;
        }
        let rest = source::without(tree, apart);
        refuse_twice(source::repeated_keys("", &rest).into_iter().map(|(path, _)| path).collect())?;
        Self::of(rest.to_json())
    }

    fn take(&mut self, name: &str) -> Option<Json> {
        self.members.shift_remove(name).filter(|value| !value.is_null())
    }

    /// A text.
    pub fn text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Json::String(text) => Some(text),
            other => self.wrong(name, "a string", &other),
        }
    }

    /// A text that no answer repeats, whatever was sent for it.
    pub fn hidden_text(&mut self, name: &str) -> Option<String> {
        match self.take(name)? {
            Json::String(text) => Some(text),
            other => {
                self.problems.push(Problem {
                    path: Some(name.to_owned()),
                    expected: Some("a string".to_owned()),
                    found: Some(kind(&other).to_owned()),
                    ..Problem::new("invalid.value", format!("`{name}` must be a string"))
                });
                None
            }
        }
    }

    /// A text that must be there; empty, with a problem noted, if it is not.
    pub fn required_text(&mut self, name: &str) -> String {
        let before = self.problems.len();
        match self.text(name) {
            Some(text) => text,
            None => {
                if self.problems.len() == before {
                    self.missing(name, "a string");
                }
                String::new()
            }
        }
    }

    /// `true` or `false`.
    pub fn flag(&mut self, name: &str) -> Option<bool> {
        match self.take(name)? {
            Json::Bool(flag) => Some(flag),
            other => self.wrong(name, "true or false", &other),
        }
    }

    /// A whole number in a range.
    pub fn number(&mut self, name: &str, range: RangeInclusive<i64>) -> Option<i64> {
        let value = self.take(name)?;
        match value.as_i64() {
            Some(number) if range.contains(&number) => Some(number),
            _ => self.wrong(name, &format!("a whole number from {} to {}", range.start(), range.end()), &value),
        }
    }

    /// A list of texts.
    pub fn texts(&mut self, name: &str) -> Option<Vec<String>> {
        let elements = match self.take(name)? {
            Json::Array(elements) => elements,
            other => return self.wrong(name, "a list of strings", &other),
        };
        let mut texts = Vec::with_capacity(elements.len());
        for (index, element) in elements.into_iter().enumerate() {
            match element {
                Json::String(text) => texts.push(text),
                other => {
                    self.wrong::<()>(&format!("{name}[{index}]"), "a string", &other);
                }
            }
        }
        Some(texts)
    }

    /// A list, its elements as they are; empty, with a problem noted, if it is missing.
    pub fn list(&mut self, name: &str, expected: &str) -> Vec<Json> {
        match self.take(name) {
            Some(Json::Array(elements)) => elements,
            Some(other) => self.wrong(name, expected, &other).unwrap_or_default(),
            None => {
                self.missing(name, expected);
                Vec::new()
            }
        }
    }

    /// An object, its members as they are; empty if it is absent.
    pub fn object(&mut self, name: &str) -> Object {
        match self.take(name) {
            Some(Json::Object(members)) => members,
            Some(other) => self.wrong(name, "an object", &other).unwrap_or_default(),
            None => Object::new(),
        }
    }

    /// A value that `read` understands.
    pub fn parsed<T>(&mut self, name: &str, expected: &str, read: impl Fn(&Json) -> Option<T>) -> Option<T> {
        let value = self.take(name)?;
        read(&value).or_else(|| self.wrong(name, expected, &value))
    }

    /// The identifier in a reference such as `{"id": …}`.
    pub fn reference<T: std::str::FromStr>(&mut self, name: &str) -> Option<T> {
        let value = self.take(name)?;
        let path = format!("{name}.id");
        match value {
            Json::Object(mut members) => match members.shift_remove("id") {
                Some(Json::String(id)) => id.parse().ok().or_else(|| self.wrong(&path, "a UUID", &Json::String(id))),
                // Clients send a reference without an id for "none".
                None | Some(Json::Null) => None,
                Some(other) => self.wrong(&path, "a UUID", &other),
            },
            other => self.wrong(name, "an object with an `id`", &other),
        }
    }

    /// An object that a reference such as `{"id": …}` or `{"name": …}` means.
    pub fn wanted<T: std::str::FromStr>(&mut self, name: &str) -> Option<Wanted<T>> {
        let named = match self.members.get(name) {
            Some(Json::Object(members)) if members.get("id").is_none_or(Json::is_null) => members.get("name"),
            _ => None,
        };
        if let Some(Json::String(text)) = named {
            let wanted = Wanted::Name(text.clone());
            self.members.shift_remove(name);
            return Some(wanted);
        }
        self.reference(name).map(Wanted::Id)
    }

    /// Notes that a member that must be there is missing.
    pub fn missing(&mut self, name: &str, expected: &str) {
        self.problems.push(Self::is_missing(name, expected));
    }

    /// That a member that must be there is missing.
    pub(crate) fn is_missing(name: &str, expected: &str) -> Problem {
        Problem {
            path: Some(name.to_owned()),
            expected: Some(expected.to_owned()),
            ..Problem::new("required.field.missing", format!("`{name}` is missing"))
        }
    }

    /// Names of members that are there and not `null`.
    pub(crate) fn present(&self) -> Vec<String> {
        self.members.iter().filter(|(_, value)| !value.is_null()).map(|(name, _)| name.clone()).collect()
    }

    /// Whether a member is there, and not `null`.
    pub fn has(&self, name: &str) -> bool {
        self.members.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whether a problem was noted.
    pub fn has_problems(&self) -> bool {
        !self.problems.is_empty()
    }

    /// Notes a problem with a member.
    pub fn problem(&mut self, problem: Problem) {
        self.problems.push(problem);
    }

    fn wrong<T>(&mut self, name: &str, expected: &str, found: &Json) -> Option<T> {
        self.problems.push(Self::is_wrong(name, expected, found));
        None
    }

    /// That a member is not what is expected.
    pub(crate) fn is_wrong(name: &str, expected: &str, found: &Json) -> Problem {
        let text = match found {
            Json::String(text) => format!("`{text}`"),
            Json::Number(number) => number.to_string(),
            other => kind(other).to_owned(),
        };
        Problem {
            path: Some(name.to_owned()),
            expected: Some(expected.to_owned()),
            found: Some(text),
            ..Problem::new("invalid.value", format!("`{name}` must be {expected}"))
        }
    }

    /// Drops members that the server sets itself and that clients send back.
    pub fn discard(&mut self, names: &[&str]) {
        for name in names {
            self.members.shift_remove(*name);
        }
    }

    /// Ends the reading of an object of which every member is known.
    ///
    /// # Errors
    /// 400 with every problem, members that nobody asked for among them.
    pub fn finish(mut self, known: &[&str]) -> Result<(), ApiError> {
        let strangers: Vec<String> = self.members.keys().cloned().collect();
        for name in strangers {
            // Nobody is told of so many: they are only counted.
            if self.problems.len() > MAX_LISTED {
                self.problems.push(Problem::new("invalid.value", ""));
                continue;
            }
            let near = waypost_problem::nearest(&name, known.iter().copied());
            // A misspelt member is not missing as well.
            let is_told_missing =
                |problem: &Problem| problem.code == "required.field.missing" && problem.path.as_deref() == near;
            if near.is_some() {
                self.problems.retain(|problem| !is_told_missing(problem));
            }
            self.problems.push(Problem {
                path: Some(name.clone()),
                expected: Some(if known.is_empty() {
                    "a body without members".to_owned()
                } else {
                    format!("one of {}", known.join(", "))
                }),
                suggestion: near.map(|near| format!("did you mean `{near}`?")),
                ..Problem::new("invalid.value", format!("`{name}` is not known here"))
            });
        }
        self.rest().map(drop)
    }

    /// Ends the reading; what was not read is kept for the client.
    ///
    /// # Errors
    /// 400 with every problem.
    pub fn rest(self) -> Result<Object, ApiError> {
        if self.problems.is_empty() {
            Ok(without_nulls(self.members))
        } else {
            let missing = self.problems.iter().all(|problem| problem.code == "required.field.missing");
            let code = if missing { "required.field.missing" } else { "invalid.value" };
            Err(ApiError::invalid(code, self.problems))
        }
    }
}

/// What is kept must not hold `null` as a member: the official Python SDK can't read it back.
fn without_nulls(members: Object) -> Object {
    members.into_iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name, strip(value))).collect()
}

/// A value without members that are `null`.
pub(crate) fn strip(value: Json) -> Json {
    match value {
        Json::Object(members) => Json::Object(without_nulls(members)),
        Json::Array(elements) => elements.into_iter().map(strip).collect(),
        other => other,
    }
}

fn kind(value: &Json) -> &'static str {
    match value {
        Json::Null => "null",
        Json::Bool(_) => "a boolean",
        Json::Number(_) => "a number",
        Json::String(_) => "a string",
        Json::Array(_) => "a list",
        Json::Object(_) => "an object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn problems(error: &ApiError) -> Vec<(String, String)> {
        let body: Json = serde_json::from_slice(&error.body("").unwrap()).unwrap();
        let text = |value: &Json| value.as_str().unwrap_or_default().to_owned();
        body["errors"].as_array().unwrap().iter().map(|one| (text(&one["path"]), text(&one["code"]))).collect()
    }

    #[test]
    fn every_problem_is_told() {
        let body = json!({"priority": "high", "skills": ["a", 1], "queue": {"id": "no"}, "flow": 3, "max": 101});
        let mut fields = Fields::of(body).unwrap();
        assert_eq!(fields.required_text("pattern"), "");
        assert_eq!(fields.number("priority", -10..=10), None);
        assert_eq!(fields.texts("skills"), Some(vec!["a".to_owned()]));
        assert_eq!(fields.reference::<uuid::Uuid>("queue"), None);
        assert_eq!(fields.reference::<uuid::Uuid>("flow"), None);
        assert_eq!(fields.number("max", 1..=100), None);
        let told = problems(&fields.rest().unwrap_err());
        let told: Vec<(&str, &str)> = told.iter().map(|(path, code)| (path.as_str(), code.as_str())).collect();
        assert_eq!(
            told,
            [
                ("pattern", "required.field.missing"),
                ("priority", "invalid.value"),
                ("skills[1]", "invalid.value"),
                ("queue.id", "invalid.value"),
                ("flow", "invalid.value"),
                ("max", "invalid.value"),
            ]
        );
    }

    #[test]
    fn what_was_sent_for_a_secret_is_not_repeated() {
        let mut fields = Fields::of(json!({"value": 8_812_345})).unwrap();
        assert_eq!(fields.hidden_text("value"), None);
        let told = fields.finish(&["value"]).unwrap_err().body("").unwrap();
        let told = String::from_utf8(told.to_vec()).unwrap();
        assert!(told.contains("a number") && !told.contains("8812345"), "{told}");
    }

    #[test]
    fn what_is_kept_holds_no_null() {
        let body =
            json!({"name": "q", "description": null, "mediaSettings": {"email": null, "call": {"a": 1}}, "id": "x"});
        let mut fields = Fields::of(body).unwrap();
        assert_eq!(fields.required_text("name"), "q");
        fields.discard(&["id", "selfUri"]);
        assert_eq!(Json::Object(fields.rest().unwrap()), json!({"mediaSettings": {"call": {"a": 1}}}));
    }

    #[test]
    fn nothing_and_null_are_empty_and_lists_are_not() {
        assert!(Fields::of(Json::Null).unwrap().rest().unwrap().is_empty());
        assert!(Fields::of(json!([])).is_err());
        let error = Fields::of(json!({"leaseSecond": 1})).unwrap().finish(&["leaseSeconds"]).unwrap_err();
        assert_eq!(problems(&error), [("leaseSecond".to_owned(), "invalid.value".to_owned())]);
    }
}
