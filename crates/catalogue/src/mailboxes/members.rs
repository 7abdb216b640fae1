//! Members of an object, as bodies of the API and documents of a folder write them.

use serde_json::{Map, Value as Json};
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_problem::settle;
use waypost_reach::web_url;

use crate::object::found;

/// The longest texts, in bytes.
const LONGEST: usize = 1024;

/// Members whose refused text is repeated. In the others, people write passwords: in URLs, or where the name of a secret is expected.
const REPEATED: [&str; 5] = ["tls", "port", "start", "grant", "after"];

/// Members of an object, read one by one; every problem is kept.
pub(super) struct Members<'j> {
    path: &'static str,
    left: Vec<(&'j str, &'j Json)>,
    pub(super) problems: &'j mut Vec<Diagnostic>,
}

fn below(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

impl<'j> Members<'j> {
    pub(super) fn of(path: &'static str, members: &'j Map<String, Json>, problems: &'j mut Vec<Diagnostic>) -> Self {
        let left = members.iter().filter(|(_, value)| !value.is_null()).map(|(name, value)| (name.as_str(), value));
        Self { path, left: left.collect(), problems }
    }

    pub(super) fn take(&mut self, name: &str) -> Option<&'j Json> {
        let at = self.left.iter().position(|(known, _)| *known == name)?;
        Some(self.left.remove(at).1)
    }

    fn wrong<T>(&mut self, name: &str, expected: &str, value: &Json) -> Option<T> {
        let path = below(self.path, name);
        let problem = Diagnostic::error(Code::InvalidValue, &path, format!("`{name}` must be {expected}"));
        let problem = problem.expected(expected);
        self.problems.push(match value {
            Json::String(_) if !REPEATED.contains(&name) => problem.unshown(),
            _ => problem.found(found(value)),
        });
        None
    }

    pub(super) fn missing<T>(&mut self, name: &str, expected: &str) -> Option<T> {
        let problem = Diagnostic::error(Code::MissingKey, below(self.path, name), format!("`{name}` is missing"));
        self.problems.push(problem.expected(expected).lacking(self.path, &[name]));
        None
    }

    /// A value that `read` understands.
    pub(super) fn parsed<T>(&mut self, name: &str, expected: &str, read: impl Fn(&Json) -> Option<T>) -> Option<T> {
        let value = self.take(name)?;
        read(value).or_else(|| self.wrong(name, expected, value))
    }

    /// The same for one that must be there.
    pub(super) fn required<T>(&mut self, name: &str, expected: &str, read: impl Fn(&Json) -> Option<T>) -> Option<T> {
        match self.take(name) {
            None => self.missing(name, expected),
            Some(value) => read(value).or_else(|| self.wrong(name, expected, value)),
        }
    }

    /// Notes members that nobody read. A misspelt member is not missing as well.
    pub(super) fn finish(self, known: &[&str]) {
        for (name, _) in self.left {
            let problem =
                Diagnostic::error(Code::UnknownKey, below(self.path, name), format!("`{name}` is not known here"));
            // Such as `password: …`.
            self.problems.push(problem.stranger(self.path, name, known.iter().copied()).unshown());
        }
        settle(self.problems);
    }
}

/// A text of some length without control characters.
pub(super) fn line(value: &Json) -> Option<String> {
    let text = value.as_str()?.trim();
    (!text.is_empty() && text.len() <= LONGEST && !text.chars().any(char::is_control)).then(|| text.to_owned())
}

pub(super) fn lines(value: &Json) -> Option<Vec<String>> {
    value.as_array()?.iter().map(line).collect()
}

/// The name of a host alone, as it is compared.
pub(super) fn host(value: &Json) -> Option<String> {
    let written = line(value)?;
    if written.contains(['/', '@', ' ', '?', '#']) || (written.contains(':') && !written.starts_with('[')) {
        return None;
    }
    let url = web_url(&format!("https://{written}/")).ok()?;
    url.host_str().filter(|_| url.port().is_none()).map(|host| host.trim_end_matches('.').to_owned())
}
