//! How two documents differ in what they mean: the order of keys, spellings of types, and blanks in expressions don't count;
//! nodes are known by their ids, and inputs, outputs, variables and mappings by their names.

mod exact;

use std::collections::{HashMap, HashSet};

use serde_json::{Map, Value as Json};

use crate::actions;
use crate::document::Document;
use crate::path::FieldPath;
use crate::types::Type;

pub use exact::exactly;

/// What became of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// It was not there before.
    Added,
    /// It is not there any more.
    Removed,
    /// It is another.
    Changed,
    /// It stands elsewhere among its like, where order matters.
    Moved,
}

impl Change {
    /// The change in one word.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Added => "added",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Moved => "moved",
        }
    }
}

/// One difference.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The part, such as `nodes[triage].actions[0].queue`: parts that have an id or a name go by it, others by their position
    /// (for what was removed, in the first document; else in the second).
    pub path: String,
    /// What became of it.
    pub change: Change,
    /// What it was.
    pub before: Option<Json>,
    /// What it is.
    pub after: Option<Json>,
}

/// Lists of the document whose parts go by a member, and whether their order matters.
const KEYED: [(&str, &str, bool); 4] =
    [("inputs", "name", false), ("outputs", "name", false), ("variables", "name", false), ("nodes", "id", true)];

/// The member that a list's parts go by, and whether their order matters. The lines of an action's mappings go by their names.
fn key_of(list: &str) -> Option<(&'static str, bool)> {
    let known = KEYED.iter().find(|(known, ..)| *known == list).map(|(_, member, ordered)| (*member, *ordered));
    known.or_else(|| actions::is_mapping(list).then_some(("name", false)))
}

/// Members that are the flow's and not the version's.
const OF_THE_FLOW: [&str; 3] = ["name", "type", "description"];

/// Every difference in meaning, in the order of the document.
#[must_use]
pub fn diff(before: &Document, after: &Document) -> Vec<Difference> {
    let mut differences = Differences::default();
    objects(&FieldPath::Root(""), &content(before), &content(after), &mut differences);
    differences.0
}

/// More differences are not listed: then it is another document.
pub const MAX_DIFFERENCES: usize = 10_000;

/// What a version says, without what is the flow's.
fn content(document: &Document) -> Map<String, Json> {
    match serde_json::to_value(document) {
        Ok(Json::Object(mut members)) => {
            OF_THE_FLOW.iter().for_each(|member| drop(members.shift_remove(*member)));
            members
        }
        _ => Map::new(),
    }
}

#[derive(Default)]
struct Differences(Vec<Difference>);

impl Differences {
    fn add(&mut self, path: &FieldPath<'_>, change: Change, before: Option<&Json>, after: Option<&Json>) {
        if self.0.len() < MAX_DIFFERENCES {
            self.0.push(Difference { path: path.text(), change, before: before.cloned(), after: after.cloned() });
        }
    }

    fn push(&mut self, path: &FieldPath<'_>, before: Option<&Json>, after: Option<&Json>) {
        let change = match (before, after) {
            (None, _) => Change::Added,
            (_, None) => Change::Removed,
            _ => Change::Changed,
        };
        self.add(path, change, before, after);
    }
}

fn objects(path: &FieldPath<'_>, before: &Map<String, Json>, after: &Map<String, Json>, into: &mut Differences) {
    let added = after.keys().filter(|key| !before.contains_key(*key));
    for key in before.keys().chain(added) {
        match (before.get(key), after.get(key)) {
            (Some(old), Some(new)) => values(&path.member(key), key, old, new, into),
            (old, new) if is_nothing(old.or(new)) => {}
            (old, new) => into.push(&path.member(key), old, new),
        }
    }
}

/// An empty list that stands on one side alone says nothing.
fn is_nothing(value: Option<&Json>) -> bool {
    matches!(value, Some(Json::Array(items)) if items.is_empty())
}

fn values(path: &FieldPath<'_>, key: &str, before: &Json, after: &Json, into: &mut Differences) {
    match (before, after) {
        (Json::Object(old), Json::Object(new)) => objects(path, old, new, into),
        (Json::Array(old), Json::Array(new)) => match key_of(key) {
            Some((member, ordered)) => keyed(path, member, ordered, old, new, into),
            None => in_order(path, old, new, into),
        },
        (old, new) if same(key, old, new) => {}
        (old, new) => into.push(path, Some(old), Some(new)),
    }
}

fn keyed(path: &FieldPath<'_>, member: &str, ordered: bool, before: &[Json], after: &[Json], into: &mut Differences) {
    let name = |item| name_of(member, item);
    let old: HashMap<&str, &Json> = before.iter().map(|item| (name(item), item)).collect();
    let new: HashSet<&str> = after.iter().map(name).collect();
    // Parts go by their names: `inputs[text]`.
    let list = path.text();
    let at = |key: &str| format!("{list}[{key}]");
    for item in before.iter().filter(|item| !new.contains(name(item))) {
        into.push(&FieldPath::Root(&at(name(item))), Some(item), None);
    }
    // Of those that stay, as few as possible count as moved.
    let was: Vec<&str> = before.iter().map(name).filter(|key| new.contains(key)).collect();
    let is: Vec<&str> = after.iter().map(name).filter(|key| old.contains_key(key)).collect();
    let in_place: HashSet<usize> = match ordered {
        true => common(was.len(), is.len(), |i, j| was.get(i) == is.get(j)).into_iter().map(|(_, at)| at).collect(),
        false => HashSet::new(),
    };
    let mut position = 0;
    for item in after {
        let path = at(name(item));
        let path = FieldPath::Root(&path);
        let Some(was) = old.get(name(item)) else {
            into.push(&path, None, Some(item));
            continue;
        };
        if ordered && !in_place.contains(&position) {
            into.add(&path, Change::Moved, None, None);
        }
        position += 1;
        if let (Json::Object(old), Json::Object(new)) = (was, item) {
            objects(&path, old, new, into);
        }
    }
}

/// Parts without names: what is the same on both sides stays, and between those, parts of one type are the same part changed.
fn in_order(path: &FieldPath<'_>, before: &[Json], after: &[Json], into: &mut Differences) {
    let (mut left, mut right) = (0, 0);
    let alike = |old: usize, new: usize| match (before.get(old), after.get(new)) {
        (Some(old), Some(new)) => means_same("", old, new),
        _ => false,
    };
    let same = common(before.len(), after.len(), alike);
    for (old, new) in same.into_iter().chain([(before.len(), after.len())]) {
        let (gone, come) = (before.get(left..old).unwrap_or_default(), after.get(right..new).unwrap_or_default());
        between(path, (left, gone), (right, come), into);
        (left, right) = (old + 1, new + 1);
    }
}

fn between(
    path: &FieldPath<'_>,
    (left, before): (usize, &[Json]),
    (right, after): (usize, &[Json]),
    into: &mut Differences,
) {
    let kind = |item: &Json| item.get("type").and_then(Json::as_str).map(str::to_owned);
    let mut taken = 0;
    for (offset, item) in after.iter().enumerate() {
        let at = path.element(right + offset);
        let rest = before.get(taken..).unwrap_or_default();
        let wanted = kind(item);
        match rest.iter().take(MAX_LOOKED_AT).position(|old| kind(old) == wanted) {
            None => into.push(&at, None, Some(item)),
            Some(skipped) => {
                for (number, old) in rest.iter().take(skipped).enumerate() {
                    into.push(&path.element(left + taken + number), Some(old), None);
                }
                if let Some(old) = rest.get(skipped) {
                    values(&at, "", old, item, into);
                }
                taken += skipped + 1;
            }
        }
    }
    for (number, old) in before.iter().enumerate().skip(taken) {
        into.push(&path.element(left + number), Some(old), None);
    }
}

/// Whether two values mean the same: whether there would be no difference between them.
fn means_same(key: &str, before: &Json, after: &Json) -> bool {
    match (before, after) {
        (Json::Object(old), Json::Object(new)) => {
            let added = new.iter().filter(|(key, _)| !old.contains_key(*key));
            old.iter().all(|(key, value)| match new.get(key) {
                Some(now) => means_same(key, value, now),
                None => is_nothing(Some(value)),
            }) && added.into_iter().all(|(_, value)| is_nothing(Some(value)))
        }
        (Json::Array(old), Json::Array(new)) => match key_of(key) {
            Some((member, ordered)) => keyed_same(member, ordered, old, new),
            None => old.len() == new.len() && old.iter().zip(new).all(|(old, new)| means_same("", old, new)),
        },
        (old, new) => same(key, old, new),
    }
}

fn keyed_same(member: &str, ordered: bool, before: &[Json], after: &[Json]) -> bool {
    let same = |old: &Json, new: &Json| match (old, new) {
        (Json::Object(_), Json::Object(_)) => means_same("", old, new),
        _ => true,
    };
    if before.len() != after.len() {
        return false;
    }
    if ordered {
        return before
            .iter()
            .zip(after)
            .all(|(old, new)| name_of(member, old) == name_of(member, new) && same(old, new));
    }
    let known: HashMap<&str, &Json> = before.iter().map(|item| (name_of(member, item), item)).collect();
    after.iter().all(|new| known.get(name_of(member, new)).is_some_and(|old| same(old, new)))
}

fn name_of<'j>(member: &str, item: &'j Json) -> &'j str {
    item.get(member).and_then(Json::as_str).unwrap_or_default()
}

/// Longer lists are not aligned, beyond what is the same at their ends: that takes the product of their lengths.
const MAX_ALIGNED: usize = 1_000_000;

/// Among so many parts one of the same type is looked for.
const MAX_LOOKED_AT: usize = 500;

/// The longest common subsequence of two lists of these lengths, as positions in both.
#[must_use]
pub fn common(before: usize, after: usize, alike: impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    let shorter = before.min(after);
    let start = (0..shorter).take_while(|at| alike(*at, *at)).count();
    let end = (1..=shorter - start).take_while(|at| alike(before - at, after - at)).count();
    let middle = inner(start, before - start - end, after - start - end, &alike);
    let ends = (1..=end).rev().map(|at| (before - at, after - at));
    (0..start).map(|at| (at, at)).chain(middle).chain(ends).collect()
}

/// The same between what is alike at both ends.
fn inner(start: usize, before: usize, after: usize, alike: &impl Fn(usize, usize) -> bool) -> Vec<(usize, usize)> {
    if before.saturating_mul(after) > MAX_ALIGNED {
        return Vec::new();
    }
    let same: Vec<Vec<bool>> =
        (0..before).map(|old| (0..after).map(|new| alike(start + old, start + new)).collect()).collect();
    let at = |old: usize, new: usize| same.get(old).and_then(|row| row.get(new)).copied().unwrap_or_default();
    // `longest[i][j]`: of what starts at i and j.
    let mut longest = vec![vec![0_usize; after + 1]; before + 1];
    let read =
        |longest: &[Vec<usize>], i: usize, j: usize| longest.get(i).and_then(|row| row.get(j)).copied().unwrap_or(0);
    for i in (0..before).rev() {
        for j in (0..after).rev() {
            let best = if at(i, j) {
                read(&longest, i + 1, j + 1) + 1
            } else {
                read(&longest, i + 1, j).max(read(&longest, i, j + 1))
            };
            if let Some(cell) = longest.get_mut(i).and_then(|row| row.get_mut(j)) {
                *cell = best;
            }
        }
    }
    let (mut i, mut j, mut pairs) = (0, 0, Vec::new());
    while i < before && j < after {
        if at(i, j) {
            pairs.push((start + i, start + j));
            (i, j) = (i + 1, j + 1);
        } else if read(&longest, i + 1, j) >= read(&longest, i, j + 1) {
            i += 1;
        } else {
            j += 1;
        }
    }
    pairs
}

fn same(key: &str, before: &Json, after: &Json) -> bool {
    match (before, after) {
        (Json::String(old), Json::String(new)) if key == "dataType" => match (Type::parse(old), Type::parse(new)) {
            (Some(old), Some(new)) => old == new,
            _ => old == new,
        },
        (Json::String(old), Json::String(new)) => old == new || normal(old) == normal(new),
        _ => before == after,
    }
}

/// A text with the blanks inside of `${…}` taken out that mean nothing there.
pub(crate) fn normal(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut rest = text;
    while let Some(start) = rest.find("${") {
        let (literal, expression) = rest.split_at(start);
        out.push_str(literal);
        // `$${` is text.
        if literal.ends_with('$') {
            out.push_str("${");
            rest = expression.get(2..).unwrap_or_default();
            continue;
        }
        let used = expression_into(expression, &mut out);
        rest = expression.get(used..).unwrap_or_default();
    }
    out.push_str(rest);
    out
}

/// Copies one `${…}` without the blanks outside of its string literals, except between words; answers its length.
fn expression_into(text: &str, out: &mut String) -> usize {
    let word = |c: char| c.is_alphanumeric() || c == '_';
    let (mut depth, mut quote, mut escaped, mut blank) = (0_usize, None, false, false);
    for (position, c) in text.char_indices() {
        if let Some(mark) = quote {
            out.push(c);
            if escaped {
                escaped = false;
            } else if c == '\\' {
                escaped = true;
            } else if c == mark {
                quote = None;
            }
            continue;
        }
        if c.is_whitespace() {
            blank = true;
            continue;
        }
        if blank && word(c) && out.chars().last().is_some_and(word) {
            out.push(' ');
        }
        blank = false;
        out.push(c);
        match c {
            '\'' | '"' => quote = Some(c),
            '{' => depth += 1,
            '}' => {
                depth = depth.saturating_sub(1);
                if depth == 0 {
                    return position + 1;
                }
            }
            _ => {}
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{document, source};

    fn lines(before: &str, after: &str) -> Vec<String> {
        let read = |text: &str| {
            let text = format!("{{ name: F, type: shared, {text} }}");
            document::read(&source::yaml(&text).unwrap().0).document.unwrap_or_else(|| panic!("{text}"))
        };
        let differences = diff(&read(before), &read(after));
        let line = |one: Difference| {
            let side = |value: Option<Json>| value.map(|value| value.to_string()).unwrap_or_default();
            format!("{} {} {} -> {}", one.change.as_str(), one.path, side(one.before), side(one.after))
        };
        differences.into_iter().map(line).collect()
    }

    #[test]
    fn spellings_and_blanks_mean_nothing() {
        let before = r#"inputs: [{name: a, dataType: String}, {name: b, dataType: "List<string>"}], nodes: [{id: x, actions: [{type: log, message: "is ${ input.a=='b c' } so"}]}]"#;
        let after = r#"inputs: [{name: b, dataType: "list<String>"}, {name: a, dataType: string}], nodes: [{id: x, actions: [{type: log, message: "is ${input.a == 'b c'} so"}]}]"#;
        assert_eq!(lines(before, after), Vec::<String>::new());
    }

    #[test]
    fn blanks_in_texts_and_between_words_count() {
        let with = |message: &str| format!(r#"nodes: [{{id: x, actions: [{{type: log, message: "{message}"}}]}}]"#);
        for (before, after, same) in [
            ("${'a b'}", "${'a  b'}", false),
            ("a b", "a  b", false),
            ("${'a' in  ['b']}", "${'a' in ['b']}", true),
            ("$${ a }", "$${a}", false),
            ("${'}' + ' x'} y", "${'}'+' x'} y", true),
        ] {
            assert_eq!(lines(&with(before), &with(after)).is_empty(), same, "{before} {after}");
        }
    }

    #[test]
    fn parts_go_by_their_names() {
        let before = "inputs: [{name: a, dataType: string}, {name: b, dataType: string}], nodes: [{id: x, actions: []}, {id: y, actions: []}]";
        let after = "inputs: [{name: b, dataType: integer}, {name: c, dataType: string}], nodes: [{id: y, actions: []}, {id: x, actions: [{type: return}]}]";
        assert_eq!(
            lines(before, after),
            [
                r#"removed inputs[a] {"name":"a","dataType":"string"} -> "#,
                r#"changed inputs[b].dataType "string" -> "integer""#,
                r#"added inputs[c]  -> {"name":"c","dataType":"string"}"#,
                "moved nodes[x]  -> ",
                r#"added nodes[x].actions[0]  -> {"type":"return"}"#,
            ]
        );
    }

    #[test]
    fn actions_are_aligned() {
        let node = |actions: &str| format!("nodes: [{{id: x, actions: [{actions}]}}]");
        let (log, queue, other) =
            ("{type: log, message: a}", "{type: setPriority, priority: 1}", "{type: setPriority, priority: 2}");
        assert_eq!(
            lines(&node(&format!("{log}, {queue}")), &node(&format!("{{type: return}}, {log}, {other}"))),
            [r#"added nodes[x].actions[0]  -> {"type":"return"}"#, "changed nodes[x].actions[2].priority 1 -> 2",]
        );
        assert_eq!(
            lines(&node(&format!("{log}, {queue}")), &node(queue)),
            [r#"removed nodes[x].actions[0] {"type":"log","message":"a"} -> "#]
        );
    }
}
