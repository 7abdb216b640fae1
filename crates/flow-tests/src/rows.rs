//! Tables of cases: one case that is written once, and rows of values for the `<names>` in it.

use std::collections::BTreeSet;

use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::source::members::wrong;
use waypost_flow::source::{self, Node};

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
pub(crate) fn filled(case_path: &str, case: &Node, rows: &Node, problems: &mut Vec<Diagnostic>) -> Vec<Filled> {
    let path = format!("{case_path}.{KEY}");
    let Node::List(rows) = rows else {
        problems.push(wrong(&path, "a list of rows, each a map").found(rows.kind()));
        return Vec::new();
    };
    if rows.is_empty() {
        let problem = Diagnostic::error(Code::InvalidValue, &path, "there are no rows, so the case never runs");
        problems.push(problem.expected("at least one row"));
    }
    let names: BTreeSet<&str> = rows.iter().flat_map(names_of).collect();
    let mut marks = BTreeSet::new();
    marks_of(&source::without(case, &[KEY]), &mut marks);
    for mark in marks.iter().filter(|mark| !names.contains(mark.as_str())) {
        let message = format!("no row has a value for `<{mark}>`");
        let problem = Diagnostic::error(Code::UnknownKey, case_path, message).nearest(mark, names.iter().copied());
        // Other text in angle brackets may be HTML, or an address.
        problems.extend(problem.suggestion.is_some().then_some(problem));
    }
    let mut all = Vec::new();
    for (row, values) in rows.iter().enumerate() {
        let at = format!("{path}[{row}]");
        let Node::Map(values) = values else {
            problems.push(wrong(&at, "a map of values by name").found(values.kind()));
            continue;
        };
        let lacks = |name: &&&str| marks.contains(**name) && !values.iter().any(|(known, _)| known == **name);
        for name in names.iter().filter(lacks) {
            let problem = Diagnostic::error(Code::MissingKey, &at, format!("the row has no value for `<{name}>`"));
            problems.push(problem.suggestion(format!("add `{name}`; where the text is to be empty, `{name}: \"\"`")));
        }
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

fn names_of(row: &Node) -> impl Iterator<Item = &str> {
    let values: &[(String, Node)] = if let Node::Map(values) = row { values } else { &[] };
    values.iter().map(|(name, _)| name.as_str())
}

/// The names in angle brackets in a case's texts.
fn marks_of(node: &Node, marks: &mut BTreeSet<String>) {
    match node {
        Node::String(text) => {
            let ends = text.split('<').skip(1).filter_map(|rest| rest.split_once('>'));
            let is_name = |name: &str| {
                name.starts_with(|c: char| c.is_alphabetic())
                    && name.chars().all(|c| c.is_alphanumeric() || matches!(c, '_' | '-' | ' '))
            };
            marks.extend(ends.map(|(name, _)| name).filter(|name| is_name(name)).map(str::to_owned));
        }
        Node::List(elements) => elements.iter().for_each(|element| marks_of(element, marks)),
        Node::Map(members) => members.iter().for_each(|(_, value)| marks_of(value, marks)),
        Node::Null | Node::Boolean(_) | Node::Integer(_) | Node::Number(_) => {}
    }
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

/// A text that is exactly one `<name>` becomes the value as it is. Within a text values are inserted as text: what one of them has in angle
/// brackets is not filled in again.
fn fill_text<'v>(text: &str, values: &'v [(String, Node)], used: &mut BTreeSet<&'v str>) -> Node {
    let marked = |from: &'_ str| {
        let inside = from.strip_prefix('<')?;
        let value = |(name, value): &'v (String, Node)| {
            let after = inside.strip_prefix(name.as_str())?.strip_prefix('>')?;
            Some((name.as_str(), value, from.len() - after.len()))
        };
        values.iter().find_map(value)
    };
    let (mut filled, mut rest) = (String::with_capacity(text.len()), text);
    while let Some((before, from)) = rest.find('<').and_then(|at| rest.split_at_checked(at)) {
        let (inserted, length) = match marked(from) {
            Some((name, value, length)) => {
                used.insert(name);
                if length == text.len() {
                    return value.clone();
                }
                (printed(value), length)
            }
            None => ("<".to_owned(), 1),
        };
        filled.push_str(before);
        filled.push_str(&inserted);
        rest = from.get(length..).unwrap_or_default();
    }
    filled.push_str(rest);
    Node::String(filled)
}

fn printed(value: &Node) -> String {
    match value {
        Node::String(text) => text.clone(),
        Node::Null => String::new(),
        other => other.to_json().to_string(),
    }
}
