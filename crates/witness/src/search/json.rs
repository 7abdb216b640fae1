//! Members of JSON, a text or a value, solved backwards: the JSON that has what is wanted at their path.

use serde_json::{Map, Value as Json};
use waypost_cel::{Expr, Kind};

use super::goal::Goal;
use super::inverse::{number, text};

/// A step to a part of a JSON text.
#[derive(Debug)]
pub(super) enum Step {
    Member(String),
    Element(usize),
}

/// A part of a text that is parsed as JSON, or of a value that is JSON.
pub(super) struct Parsed<'e> {
    /// The text, or the value.
    pub(super) of: &'e Expr,
    /// The way to the part.
    steps: Vec<Step>,
    /// Whether it is read as a list, of which one element is meant.
    is_list: bool,
    /// Whether it is read as a text.
    is_text: bool,
}

/// The part of a JSON text that an expression reads: `string(parseJson(x, null).a.b, '')`.
pub(super) fn parsed(part: &Expr) -> Option<Parsed<'_>> {
    read(part, &|of| match &of.kind {
        Kind::Call(call) if &*call.function == "parseJson" => call.of.as_ref().or_else(|| call.arguments.first()),
        _ => None,
    })
}

/// The part of a value that an expression reads, by the name of the value: `string(x.a.b, '')`, `list(output.a, [])`.
pub(super) fn value(part: &Expr) -> Option<Parsed<'_>> {
    read(part, &|of| match &of.kind {
        Kind::Name(_) => Some(of),
        Kind::Member(member) => {
            matches!(&member.of.kind, Kind::Name(name) if ["input", "output"].contains(&&**name)).then_some(of)
        }
        _ => None,
    })
}

/// The part of what `root` finds.
fn read<'e>(part: &'e Expr, root: &dyn Fn(&'e Expr) -> Option<&'e Expr>) -> Option<Parsed<'e>> {
    if let Some(of) = root(part) {
        return Some(Parsed { of, steps: Vec::new(), is_list: false, is_text: false });
    }
    let parsed = |of: &'e Expr| read(of, root);
    match &part.kind {
        Kind::Member(member) => below(parsed(&member.of)?, Step::Member(member.field.to_string())),
        Kind::Index(index) => {
            let step = match (text(Some(&index.index)), number(Some(&index.index))) {
                (Some(name), _) => Step::Member(name.to_owned()),
                (_, Some(at)) => Step::Element(usize::try_from(at).ok().filter(|at| *at < 100)?),
                _ => return None,
            };
            below(parsed(&index.of)?, step)
        }
        Kind::Call(call) => {
            let first = call.of.as_ref().or_else(|| call.arguments.first())?;
            match &*call.function {
                "get" => {
                    let key = call.arguments.get(usize::from(call.of.is_none()))?;
                    below(parsed(first)?, Step::Member(text(Some(key))?.to_owned()))
                }
                // Of a list another `map` is the macro.
                "list" | "strings" if call.of.is_none() => Some(Parsed { is_list: true, ..parsed(first)? }),
                "string" => Some(Parsed { is_text: true, ..parsed(first)? }),
                "int" | "double" | "bool" | "timestamp" | "duration" => parsed(first),
                "map" if call.of.is_none() => parsed(first),
                _ => None,
            }
        }
        _ => None,
    }
}

fn below(mut of: Parsed<'_>, step: Step) -> Option<Parsed<'_>> {
    if of.is_list && matches!(step, Step::Member(_)) {
        of.steps.push(Step::Element(0));
    }
    of.is_list = false;
    of.steps.push(step);
    Some(of)
}

impl Parsed<'_> {
    /// A member of it; of a list, of its first element.
    pub(super) fn member(self, name: &str) -> Option<Self> {
        below(self, Step::Member(name.to_owned()))
    }

    /// The same of the first element of the value.
    pub(super) fn of_first(mut self) -> Self {
        self.steps.insert(0, Step::Element(0));
        self
    }

    /// Whether it is all of the value, as it is.
    pub(super) fn is_whole(&self) -> bool {
        self.steps.is_empty() && !self.is_list
    }

    /// The expression that reads the same of another one.
    pub(super) fn below(&self, of: &str) -> String {
        let part = self.steps.iter().fold(format!("({of})"), |of, step| match step {
            Step::Member(name) => format!("{of}[{name:?}]"),
            Step::Element(at) => format!("{of}[{at}]"),
        });
        match (self.is_list, self.is_text) {
            (true, _) => format!("list({part}, [])"),
            (_, true) => format!("string({part}, '')"),
            _ => part,
        }
    }

    /// The JSON with what is wanted at the path, made of what it says so far.
    pub(super) fn with(&self, goal: &Goal, said: &str) -> Option<String> {
        let value = match goal {
            Goal::Text(text) | Goal::With(text) | Goal::Begin(text) | Goal::End(text) => Json::from(text.as_str()),
            Goal::Other(text) => Json::from(format!("{text}x")),
            Goal::Number(number) if self.is_text => Json::from(number.to_string()),
            Goal::Number(number) => Json::from(*number),
            Goal::Holds(holds) => Json::from(*holds),
            Goal::Time(time) => Json::from(time.to_string()),
            Goal::Length(length) if self.is_list => {
                vec![Json::from("a"); usize::try_from(*length).ok().filter(|length| *length < 1_000)?].into()
            }
            Goal::Length(length) => Json::from("a".repeat(usize::try_from(*length).ok()?.min(100_000))),
            Goal::Present => Json::from("a"),
            Goal::Empty => Json::Null,
            Goal::Without(_) | Goal::Matching(_) | Goal::At(..) => return None,
        };
        let value = if self.is_list && !value.is_array() { Json::Array(vec![value]) } else { value };
        let mut whole = serde_json::from_str(said).unwrap_or(Json::Null);
        put(&mut whole, &self.steps, value);
        Some(whole.to_string())
    }
}

fn put(whole: &mut Json, steps: &[Step], value: Json) {
    match steps.split_first() {
        None => *whole = value,
        Some((Step::Member(name), rest)) => {
            if !whole.is_object() {
                *whole = Json::Object(Map::new());
            }
            if let Some(members) = whole.as_object_mut() {
                put(members.entry(name.clone()).or_insert(Json::Null), rest, value);
            }
        }
        Some((Step::Element(at), rest)) => {
            if !whole.is_array() {
                *whole = Json::Array(Vec::new());
            }
            if let Some(elements) = whole.as_array_mut() {
                if elements.len() <= *at {
                    let others = if rest.is_empty() { value.clone() } else { Json::Null };
                    elements.resize(*at + 1, others);
                }
                if let Some(element) = elements.get_mut(*at) {
                    put(element, rest, value);
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_part_is_put_where_it_is_read() {
        let tree = waypost_cel::parse("string(parseJson(x, null).orders[1]['id'], '')").tree;
        let found = parsed(&tree).and_then(|parsed| parsed.with(&Goal::Text("4711".to_owned()), r#"{"a":1}"#));
        assert_eq!(found.as_deref(), Some(r#"{"a":1,"orders":[null,{"id":"4711"}]}"#));
        assert!(parsed(&waypost_cel::parse("size(x)").tree).is_none());
    }
}
