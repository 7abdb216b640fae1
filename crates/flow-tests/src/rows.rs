//! Tables of cases: one case that is written once, and rows of values for the `<names>` in it.

use std::collections::BTreeSet;

use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::Node;
use waypost_flow::source::members::wrong;

/// The member that holds the rows.
pub(crate) const KEY: &str = "rows";

/// A case as one row makes it.
pub(crate) struct Filled {
    /// The row's position.
    pub(crate) row: usize,
    /// The case.
    pub(crate) node: Node,
}

/// Fills a case with each of its rows; none if there are problems with them.
pub(crate) fn filled(path: &str, case: &Node, rows: &Node, problems: &mut Vec<Diagnostic>) -> Vec<Filled> {
    let path = format!("{path}.{KEY}");
    let Node::List(rows) = rows else {
        problems.push(wrong(&path, "a list of rows, each a map").found(rows.kind()));
        return Vec::new();
    };
    if rows.is_empty() {
        let problem = Diagnostic::error(Code::InvalidValue, &path, "there are no rows, so the case never runs");
        problems.push(problem.expected("at least one row"));
    }
    let mut all = Vec::new();
    for (row, values) in rows.iter().enumerate() {
        let at = format!("{path}[{row}]");
        let Node::Map(values) = values else {
            problems.push(wrong(&at, "a map of values by name").found(values.kind()));
            continue;
        };
        let mut used = BTreeSet::new();
        let node = fill(case, values, &mut used);
        for (name, _) in values.iter().filter(|(name, _)| !used.contains(name.as_str())) {
            let message = format!("the case does not use `<{name}>`");
            let problem = Diagnostic::error(Code::UnknownKey, format!("{at}.{name}"), message);
            problems.push(problem.suggestion(format!("write `<{name}>` where the value belongs, or remove the value")));
        }
        all.push(Filled { row, node });
    }
    all
}

fn fill<'v>(node: &Node, values: &'v [(String, Node)], used: &mut BTreeSet<&'v str>) -> Node {
    match node {
        Node::String(text) => fill_text(text, values, used),
        Node::List(elements) => Node::List(elements.iter().map(|element| fill(element, values, used)).collect()),
        Node::Map(members) => {
            Node::Map(members.iter().map(|(key, value)| (key.clone(), fill(value, values, used))).collect())
        }
        other => other.clone(),
    }
}

/// A text that is exactly one `<name>` becomes the value as it is.
fn fill_text<'v>(text: &str, values: &'v [(String, Node)], used: &mut BTreeSet<&'v str>) -> Node {
    let mut text = text.to_owned();
    for (name, value) in values {
        let mark = format!("<{name}>");
        if text == mark {
            used.insert(name);
            return value.clone();
        }
        if text.contains(&mark) {
            used.insert(name);
            text = text.replace(&mark, &printed(value));
        }
    }
    Node::String(text)
}

fn printed(value: &Node) -> String {
    match value {
        Node::String(text) => text.clone(),
        Node::Null => String::new(),
        other => other.to_json().to_string(),
    }
}
