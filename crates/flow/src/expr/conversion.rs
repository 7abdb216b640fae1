//! What to write to make a value of the type that is wanted.

use std::ops::Range;

use crate::diagnostic::Edit;
use crate::types::{ObjectType, Type};

/// How to make a value of one type of one of another.
pub(super) struct Conversion {
    before: &'static str,
    behind: &'static str,
    advice: &'static str,
}

impl Conversion {
    /// Whether it makes a text.
    pub(super) fn makes_text(&self) -> bool {
        self.before == "string("
    }

    /// In words.
    pub(super) fn help(&self) -> String {
        let Self { before, behind, advice } = self;
        if before.is_empty() { format!("{advice}: `{behind}`") } else { format!("{advice}: `{before}…{behind}`") }
    }

    /// As changes of the text, the value standing at `range`.
    pub(super) fn edits(&self, range: Range<usize>, closed: bool) -> Vec<Edit> {
        let (open, close) = if closed || !self.before.is_empty() { ("", "") } else { ("(", ")") };
        let edit = |at: usize, text: String| Edit { range: at..at, text };
        let mut edits = vec![
            edit(range.start, format!("{}{open}", self.before)),
            edit(range.end, format!("{close}{}", self.behind)),
        ];
        edits.retain(|edit| !edit.text.is_empty());
        edits
    }
}

/// How to make a value of the expected type, if there is a simple way.
pub(super) fn conversion(expected: &str, found: &Type) -> Option<Conversion> {
    let of = |advice, before, behind| Some(Conversion { before, behind, advice });
    let plain = |before| of("convert it", before, ")");
    let defaulted = |before, behind| of("convert it, with a default", before, behind);
    match (expected, found) {
        ("string", Type::Integer | Type::Number | Type::Boolean | Type::Datetime | Type::Duration | Type::Json) => {
            plain("string(")
        }
        (either, Type::Json) if either.starts_with("string or ") => plain("string("),
        (either, Type::Object(ObjectType::Address)) if either == "string" || either.starts_with("string or ") => {
            of("name a member, such as its address", "", ".address")
        }
        ("integer", Type::Json) => defaulted("int(", ", 0)"),
        ("number", Type::Json) => defaulted("double(", ", 0.0)"),
        ("boolean", Type::Json) => of("compare it, or convert it with a default", "bool(", ", false)"),
        ("datetime", Type::Json) => defaulted("timestamp(", ", now)"),
        ("duration", Type::Json) => defaulted("duration(", ", duration('0s'))"),
        ("list<string>", Type::Json) => defaulted("strings(", ", [])"),
        ("integer", Type::String | Type::Number) => plain("int("),
        ("number", Type::String | Type::Integer) => plain("double("),
        ("datetime", Type::String) => plain("timestamp("),
        ("duration", Type::String) => plain("duration("),
        ("boolean", Type::String) => of("compare it, or convert it", "bool(", ")"),
        (_, Type::Json) if expected.starts_with("a list") || expected.starts_with("list<") => {
            defaulted("list(", ", [])")
        }
        (_, Type::Json) if expected.starts_with("a map") || expected.starts_with("map<") => defaulted("map(", ", {})"),
        _ => None,
    }
}
