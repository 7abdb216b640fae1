//! What a project is called: a server remembers by it which objects were applied from here.

use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::Node;

use crate::{At, Project};
use waypost_flow::source::members::Members;

/// A longer name is nobody's wish.
const MAX_NAME: usize = 64;

impl Project {
    /// What the project is called; none if no document of the folder says so.
    #[must_use]
    pub fn name(&self) -> Option<&str> {
        self.name.as_ref().map(|(_, name)| name.as_str())
    }

    /// Reads the document that names the project.
    pub(crate) fn named(&mut self, at: At, node: &Node) {
        let mut members = match Members::of("", node) {
            Ok(members) => members,
            Err(problem) => return self.add(at, [*problem]),
        };
        let name = members.text("name");
        if name.is_none() && members.problems.is_empty() {
            members.missing("name", "the project's name, such as `support`");
        }
        let mut problems = members.finish(&["name"]);
        if let Some(name) = name.as_deref().filter(|name| !is_name(name)) {
            let problem = Diagnostic::error(Code::InvalidName, "name", format!("`{name}` can't be a project's name"));
            problems.push(problem.expected(format!("1 to {MAX_NAME} letters, digits, `-`, `_` and `.`")));
        }
        if let Some((first, _)) = &self.name {
            let message = format!("the project is already named in `{}`", self.spot(&(*first, "name".to_owned())));
            problems
                .push(Diagnostic::error(Code::DuplicateName, "name", message).expected("one name in the whole folder"));
        }
        match name.filter(|_| problems.is_empty()) {
            Some(name) => self.name = Some((at, name)),
            None => self.add(at, problems),
        }
    }
}

/// Whether a project can be called so.
#[must_use]
pub fn is_name(name: &str) -> bool {
    let kept = |c: char| c.is_alphanumeric() || matches!(c, '-' | '_' | '.');
    name.chars().next().is_some_and(char::is_alphanumeric) && name.chars().all(kept) && name.chars().count() <= MAX_NAME
}
