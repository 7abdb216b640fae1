//! Names: which may be used, and when two are the same.

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

/// What a name is compared by: trimmed, inner white space as one space, in lower case. Computed here and nowhere else, so that
/// uniqueness does not depend on a database's collation.
pub fn fold_name(name: &str) -> String {
    name.split_whitespace().collect::<Vec<_>>().join(" ").to_lowercase()
}

/// Whether a type as written is that of a shared flow.
pub fn is_shared_type(flow_type: &str) -> bool {
    ["shared", "commonmodule"].iter().any(|shared| flow_type.eq_ignore_ascii_case(shared))
}

/// Whether a type as written is a flow's type at all.
pub(super) fn is_type(flow_type: &str) -> bool {
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
