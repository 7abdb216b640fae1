//! Flows that can't be read and whose names can: whoever calls one of them is not told that there is none.

use std::collections::HashSet;

use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document::fold_name;
use waypost_flow::source::{self, Node};

/// Their names, folded.
#[derive(Debug, Default)]
pub(crate) struct Unreadable(HashSet<String>);

impl Unreadable {
    /// Notes what a document calls itself.
    pub(crate) fn document(&mut self, tree: &Node) {
        if let Some(Node::String(name)) = source::member(tree, "name") {
            self.0.insert(fold_name(name));
        }
    }

    /// Notes what the documents of a text that is not YAML call themselves: what stands behind a `name` that nothing is indented before.
    pub(crate) fn text(&mut self, text: &str) {
        let values = text.lines().filter_map(|line| line.strip_prefix("name:"));
        self.0.extend(values.map(|value| fold_name(plain(value))).filter(|name| !name.is_empty()));
    }

    /// Whether a problem only says that one of them is not there.
    pub(crate) fn explains(&self, problem: &Diagnostic) -> bool {
        let found = problem.found.as_deref().map(|found| found.trim_matches('`'));
        problem.code == Code::UnknownFlow && found.is_some_and(|name| self.0.contains(&fold_name(name)))
    }
}

/// A scalar without quotes and comment.
fn plain(value: &str) -> &str {
    let value = value.split_once(" #").map_or(value, |(value, _)| value).trim();
    ['"', '\''].iter().find_map(|quote| value.strip_prefix(*quote)?.strip_suffix(*quote)).unwrap_or(value)
}
