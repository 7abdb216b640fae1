//! Query parameters: read one by one, and every problem answered at once.

use std::convert::Infallible;
use std::ops::RangeInclusive;

use axum::extract::FromRequestParts;
use axum::http::request::Parts;
use jiff::Timestamp;
use uuid::Uuid;
use waypost_problem::nearest;
use waypost_wire::error::Problem;

use crate::error::ApiError;

/// A request's query parameters. Whoever reads them ends with [`Query::finish`], which also refuses those that nobody asked
/// for: a misspelt filter must not answer everything.
#[derive(Debug, Default)]
pub struct Query {
    pairs: Vec<(String, String)>,
    known: Vec<&'static str>,
    problems: Vec<Problem>,
}

impl Query {
    /// Reads a query string.
    pub fn new(text: &str) -> Self {
        let pairs = form_urlencoded::parse(text.as_bytes())
            .filter(|(name, _)| !name.is_empty())
            .map(|(name, value)| (name.into_owned(), value.into_owned()))
            .collect();
        Self { pairs, ..Self::default() }
    }

    /// A text; an empty one counts as absent.
    pub fn text(&mut self, name: &'static str) -> Option<String> {
        self.known.push(name);
        let mut values = self.pairs.iter().filter(|(key, value)| key == name && !value.is_empty());
        let value = values.next().map(|(_, value)| value.clone());
        let found = 1 + values.count();
        if value.is_some() && found > 1 {
            self.problem(name, "appears more than once", "one value", &format!("{found} values"));
        }
        value
    }

    /// Whether a parameter is there at all.
    pub fn says(&self, name: &str) -> bool {
        self.pairs.iter().any(|(key, value)| key == name && !value.is_empty())
    }

    /// Identifiers, in lower case as all are written here: any case is the same identifier (RFC 9562, section 4).
    pub fn ids(&mut self, name: &'static str) -> Vec<String> {
        self.list(name).iter().map(|id| id.to_lowercase()).collect()
    }

    /// A list: repeated, joined by commas as the official SDKs do, or both.
    pub fn list(&mut self, name: &'static str) -> Vec<String> {
        self.known.push(name);
        let values = self.pairs.iter().filter(|(key, _)| key == name).flat_map(|(_, value)| value.split(','));
        values.map(str::trim).filter(|value| !value.is_empty()).map(str::to_owned).collect()
    }

    /// `true` or `false`; absent is `false`.
    pub fn flag(&mut self, name: &'static str) -> bool {
        self.one_of(name, &[("true", true), ("false", false)]).unwrap_or(false)
    }

    /// A whole number in a range.
    pub fn number(&mut self, name: &'static str, range: RangeInclusive<u32>, default: u32) -> u32 {
        let Some(text) = self.text(name) else { return default };
        match text.parse() {
            Ok(number) if range.contains(&number) => number,
            _ => {
                let expected = format!("a whole number from {} to {}", range.start(), range.end());
                self.problem(name, "is not a number that is allowed here", &expected, &text);
                default
            }
        }
    }

    /// One of some words, whatever the case.
    pub fn one_of<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Option<T> {
        let text = self.text(name)?;
        self.word(name, words, &text)
    }

    /// Any of some words, whatever the case: a list as [`Query::list`] reads it. All of them are told which are none of the words.
    pub fn some_of<T: Copy>(&mut self, name: &'static str, words: &[(&str, T)]) -> Vec<T> {
        let asked = self.list(name);
        asked.iter().filter_map(|text| self.word(name, words, text)).collect()
    }

    /// A filter by a word that is none of those that there are would find nothing, as if there were nothing.
    fn word<T: Copy>(&mut self, name: &str, words: &[(&str, T)], text: &str) -> Option<T> {
        let value = words.iter().find(|(word, _)| word.eq_ignore_ascii_case(text)).map(|(_, value)| *value);
        if value.is_none() {
            let known: Vec<&str> = words.iter().map(|(word, _)| *word).collect();
            let expected = format!("one of {}", known.join(", "));
            self.problem(name, "is not a value that is allowed here", &expected, text);
            let near = nearest(text, known).map(|near| format!("did you mean `{near}`?"));
            if let Some(problem) = self.problems.last_mut() {
                problem.suggestion = near;
            }
        }
        value
    }

    /// A value that `read` understands.
    pub fn parsed<T>(&mut self, name: &'static str, expected: &str, read: impl Fn(&str) -> Option<T>) -> Option<T> {
        let text = self.text(name)?;
        let value = read(&text);
        if value.is_none() {
            self.problem(name, "can't be read", expected, &text);
        }
        value
    }

    /// A UUID.
    pub fn uuid(&mut self, name: &'static str) -> Option<Uuid> {
        self.parsed(name, "a UUID", |text| Uuid::parse_str(text).ok())
    }

    /// A point in time in RFC 3339.
    pub fn time(&mut self, name: &'static str) -> Option<Timestamp> {
        self.parsed(name, "a time such as 2026-01-31T12:00:00Z", |text| text.parse().ok())
    }

    /// Takes parameters that make no difference here.
    pub fn ignore(&mut self, names: &[&'static str]) {
        self.known.extend(names);
    }

    /// Adds a problem with a parameter.
    pub fn problem(&mut self, name: &str, message: &str, expected: &str, found: &str) {
        self.problems.push(Problem {
            path: Some(name.to_owned()),
            expected: Some(expected.to_owned()),
            found: Some(found.to_owned()),
            ..Problem::new("invalid.value", format!("the query parameter `{name}` {message}"))
        });
    }

    /// Adds a problem with the parameters as a whole.
    pub fn problem_with_all(&mut self, message: &str, expected: &str, found: &str) {
        self.problems.push(Problem {
            expected: Some(expected.to_owned()),
            found: Some(found.to_owned()),
            ..Problem::new("invalid.value", message)
        });
    }

    /// Ends the reading.
    ///
    /// # Errors
    /// 400 with every problem, parameters that nobody asked for among them.
    pub fn finish(mut self) -> Result<(), ApiError> {
        let mut strangers: Vec<&str> = Vec::new();
        for (name, _) in &self.pairs {
            if !self.known.contains(&name.as_str()) && !strangers.contains(&name.as_str()) {
                strangers.push(name);
            }
        }
        for name in strangers {
            self.problems.push(Problem {
                path: Some(name.to_owned()),
                expected: Some(format!("one of {}", self.known.join(", "))).filter(|_| !self.known.is_empty()),
                suggestion: nearest(name, self.known.iter().copied()).map(|near| format!("did you mean `{near}`?")),
                ..Problem::new("invalid.value", format!("the query parameter `{name}` is not known here"))
            });
        }
        if self.problems.is_empty() { Ok(()) } else { Err(ApiError::invalid("invalid.value", self.problems)) }
    }
}

impl<S: Send + Sync> FromRequestParts<S> for Query {
    type Rejection = Infallible;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Infallible> {
        Ok(Self::new(parts.uri.query().unwrap_or_default()))
    }
}

/// Each value with its word.
pub fn words<T: Copy>(all: &[T], word: impl Fn(T) -> &'static str) -> Vec<(&'static str, T)> {
    all.iter().map(|one| (word(*one), *one)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_that_is_none_of_those_known_is_refused_with_the_nearest() {
        let words = [("flow", 1), ("queue", 2), ("client", 3)];
        let mut query = Query::new("kind=clients&kinds=Queue,flows&kinds=people");
        assert_eq!((query.one_of("kind", &words), query.some_of("kinds", &words)), (None, vec![2]));
        let error = query.finish().unwrap_err();
        let body: serde_json::Value = serde_json::from_slice(&error.body("").unwrap()).unwrap();
        let told = |place: usize, member: &str| body["errors"][place][member].as_str().unwrap_or_default().to_owned();
        assert_eq!((told(0, "found"), told(0, "suggestion")), ("clients".into(), "did you mean `client`?".into()));
        assert_eq!((told(1, "found"), told(1, "suggestion")), ("flows".into(), "did you mean `flow`?".into()));
        assert_eq!((told(2, "found"), told(2, "suggestion")), ("people".into(), String::new()));
        assert_eq!(told(2, "expected"), "one of flow, queue, client");
    }

    #[test]
    fn lists_may_be_joined_or_repeated() {
        for text in ["type=a,b&type=c", "type=a%2Cb%2Cc", "type=a&type=b&type=c&type=", "type=a,%20b%20,,c"] {
            let mut query = Query::new(text);
            assert_eq!(query.list("type"), ["a", "b", "c"], "{text}");
            assert!(query.finish().is_ok());
        }
    }

    #[test]
    fn every_problem_is_told() {
        let mut query = Query::new("pageSize=0&deleted=maybe&since=today&nmae=x&name=a&name=b&cursor=");
        assert_eq!(query.number("pageSize", 1..=500, 25), 25);
        assert!(!query.flag("deleted"));
        assert_eq!(query.time("since"), None);
        assert_eq!(query.text("name").as_deref(), Some("a"));
        assert_eq!(query.text("cursor"), None);
        let error = query.finish().unwrap_err();
        let body: serde_json::Value = serde_json::from_slice(&error.body("").unwrap()).unwrap();
        let paths: Vec<&str> = body["errors"].as_array().unwrap().iter().map(|e| e["path"].as_str().unwrap()).collect();
        assert_eq!(paths, ["pageSize", "deleted", "since", "name", "nmae"]);
        assert_eq!(body["errors"][4]["suggestion"], "did you mean `name`?");
        assert_eq!(body["errors"][0]["expected"], "a whole number from 1 to 500");
    }
}
