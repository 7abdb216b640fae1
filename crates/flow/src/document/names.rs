//! Names: which may be used, and when two are the same.

use std::collections::HashMap;
use std::collections::hash_map::Entry;

use unicode_normalization::UnicodeNormalization;

use super::Document;
use crate::diagnostic::{Code, Diagnostic};

/// CEL's reserved words (its language definition, section "Syntax"), and the names that expressions begin with.
const RESERVED: [&str; 25] = [
    "interaction",
    "input",
    "output",
    "now",
    "as",
    "break",
    "const",
    "continue",
    "else",
    "false",
    "for",
    "function",
    "if",
    "import",
    "in",
    "let",
    "loop",
    "namespace",
    "null",
    "package",
    "return",
    "true",
    "var",
    "void",
    "while",
];

/// A longer name is nobody's wish.
const MAX_NAME: usize = 256;

/// What a name is compared by: in Unicode's composed form (NFC), trimmed, inner white space as one space, in lower case. Computed here and
/// nowhere else, so that uniqueness does not depend on a database's collation. A name typed on one system and a file's from another
/// may look the same and be other characters: they are one name.
pub fn fold_name(name: &str) -> String {
    // Nearly all are, and each check of a flow folds many.
    if name.is_ascii() {
        return fold_key(name);
    }
    // Lower case of what is composed may be decomposed again.
    fold_key(&name.nfc().collect::<String>()).nfc().collect()
}

/// What a table's key is compared by where its case does not count: as a name, but for its Unicode form. Rows are stored by it.
pub fn fold_key(key: &str) -> String {
    key.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Whether a type as written is that of a shared flow.
pub fn is_shared_type(flow_type: &str) -> bool {
    ["shared", "commonmodule"].iter().any(|shared| flow_type.eq_ignore_ascii_case(shared))
}

/// Whether a type as written is a flow's type at all.
pub fn is_type(flow_type: &str) -> bool {
    is_shared_type(flow_type) || ["email", "inboundemail"].iter().any(|email| flow_type.eq_ignore_ascii_case(email))
}

/// What is wrong with a flow's name.
pub(super) fn flow_name_problem(path: &str, name: &str) -> Option<Diagnostic> {
    let problem = |message: &str| {
        Diagnostic::error(Code::InvalidName, path, message)
            .expected(format!("1 to {MAX_NAME} characters, one letter or digit at least, no control characters"))
    };
    if name.chars().count() > MAX_NAME {
        return Some(problem("the name is too long"));
    }
    if name.chars().any(char::is_control) {
        return Some(problem("the name has control characters"));
    }
    (!name.chars().any(char::is_alphanumeric)).then(|| problem("the name has no letter and no digit"))
}

/// What is wrong with the name of an input, output or variable.
pub(crate) fn name_problem(path: &str, name: &str) -> Option<Diagnostic> {
    let mut characters = name.chars();
    let shaped = characters.next().is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && characters.all(|c| c.is_ascii_alphanumeric() || c == '_')
        && name.len() <= MAX_NAME;
    if !shaped {
        return Some(
            Diagnostic::error(Code::InvalidName, path, format!("`{name}` can't be a name here"))
                .expected("letters, digits and `_`, not a digit first")
                .found(format!("`{name}`")),
        );
    }
    RESERVED.contains(&name).then(|| {
        Diagnostic::error(Code::InvalidName, path, format!("`{name}` is a reserved word"))
            .suggestion(format!("use another name, such as `{name}Value`"))
    })
}

/// Inputs, outputs and variables that stand twice or differ from another in case alone; of variables also those that only actions set.
pub(super) fn doubled_names(document: &Document) -> Vec<Diagnostic> {
    let (mut inputs, mut outputs, mut variables) = (Known::default(), Known::default(), Known::default());
    let mut problems = Vec::new();
    for (index, input) in document.inputs.iter().enumerate() {
        problems.extend(inputs.declare(format!("inputs[{index}].name"), &input.name));
    }
    for (index, output) in document.outputs.iter().enumerate() {
        problems.extend(outputs.declare(format!("outputs[{index}].name"), &output.name));
    }
    for (index, variable) in document.variables.iter().enumerate() {
        problems.extend(variables.declare(format!("variables[{index}].name"), &variable.name));
    }
    for (path, action) in document.actions() {
        let facts = action.kind.facts();
        if let Some(assigns) = facts.assigns {
            problems.extend(variables.set(format!("{path}.{}", assigns.name_member), assigns.variable));
        }
        for mapping in facts.outputs {
            for (index, line) in mapping.lines.iter().enumerate() {
                problems.extend(variables.set(format!("{path}.{}[{index}].name", mapping.member), &line.name));
            }
        }
    }
    problems
}

/// Names as they were first written, whatever the case.
#[derive(Default)]
struct Known<'d>(HashMap<String, &'d str>);

impl<'d> Known<'d> {
    /// A declaration, which no other may repeat.
    fn declare(&mut self, path: String, name: &'d str) -> Option<Diagnostic> {
        if name.is_empty() {
            return None;
        }
        let first = match self.0.entry(name.to_ascii_lowercase()) {
            Entry::Occupied(first) => *first.get(),
            Entry::Vacant(place) => {
                place.insert(name);
                return None;
            }
        };
        let message = if first == name {
            format!("`{name}` appears twice")
        } else {
            format!("`{first}` and `{name}` differ only in case")
        };
        Some(Diagnostic::error(Code::DuplicateName, path, message).suggestion("give one of them another name"))
    }

    /// A variable that is set, which may be set elsewhere, too.
    fn set(&mut self, path: String, name: &'d str) -> Option<Diagnostic> {
        let first = *self.0.entry(name.to_ascii_lowercase()).or_insert(name);
        (first != name).then(|| {
            Diagnostic::error(Code::DuplicateName, path, format!("`{first}` and `{name}` differ only in case"))
                .suggestion(format!("write `{first}` if you mean that variable, or give this one another name"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_that_look_the_same_are_the_same() {
        for (a, b, same) in [
            ("Caf\u{e9}", "Cafe\u{301}", true),
            ("CAFE\u{301}", "caf\u{e9}", true),
            (" Big   Orders ", "big orders", true),
            ("\u{212b}ngstr\u{f6}m", "\u{c5}ngstr\u{f6}m", true),
            ("\u{1100}\u{1161}", "\u{ac00}", true),
            ("Cafe", "Caf\u{e9}", false),
            // Compatible is not the same.
            ("\u{fb01}le", "file", false),
        ] {
            assert_eq!(fold_name(a) == fold_name(b), same, "{a} and {b}");
            assert_eq!(fold_name(&fold_name(a)), fold_name(a), "{a} stays as it is");
        }
    }
}
