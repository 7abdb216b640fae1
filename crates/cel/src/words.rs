//! Words that stand between operands, or before one, in other languages.

use crate::tree::Operator;

/// What a word between two operands means.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Infix {
    /// An operator of CEL.
    Operator(Operator),
    /// A method of what stands before it.
    Method(&'static str),
    /// `LIKE` with its signs for anything.
    Like,
    /// `between x and y`.
    Between,
    /// `is`, `is not`, `is null`.
    Is,
    /// `not in` and its like.
    Not,
    /// `a if c else b`.
    If,
}

/// Words that mean something between operands, in lower case.
const INFIX: [(&str, Infix); 48] = [
    ("in", Infix::Operator(Operator::In)),
    ("and", Infix::Operator(Operator::And)),
    ("andalso", Infix::Operator(Operator::And)),
    ("or", Infix::Operator(Operator::Or)),
    ("orelse", Infix::Operator(Operator::Or)),
    ("eq", Infix::Operator(Operator::Equal)),
    ("equal", Infix::Operator(Operator::Equal)),
    ("equals", Infix::Operator(Operator::Equal)),
    ("ne", Infix::Operator(Operator::NotEqual)),
    ("neq", Infix::Operator(Operator::NotEqual)),
    ("xor", Infix::Operator(Operator::NotEqual)),
    ("lt", Infix::Operator(Operator::Less)),
    ("le", Infix::Operator(Operator::LessOrEqual)),
    ("lte", Infix::Operator(Operator::LessOrEqual)),
    ("gt", Infix::Operator(Operator::Greater)),
    ("ge", Infix::Operator(Operator::GreaterOrEqual)),
    ("gte", Infix::Operator(Operator::GreaterOrEqual)),
    ("mod", Infix::Operator(Operator::Remainder)),
    ("div", Infix::Operator(Operator::Divide)),
    ("contains", Infix::Method("contains")),
    ("contain", Infix::Method("contains")),
    ("includes", Infix::Method("contains")),
    ("include", Infix::Method("contains")),
    ("has", Infix::Method("contains")),
    ("startswith", Infix::Method("startsWith")),
    ("starts_with", Infix::Method("startsWith")),
    ("beginswith", Infix::Method("startsWith")),
    ("begins_with", Infix::Method("startsWith")),
    ("starts", Infix::Method("startsWith")),
    ("begins", Infix::Method("startsWith")),
    ("endswith", Infix::Method("endsWith")),
    ("ends_with", Infix::Method("endsWith")),
    ("ends", Infix::Method("endsWith")),
    ("matches", Infix::Method("matches")),
    ("match", Infix::Method("matches")),
    ("matching", Infix::Method("matches")),
    ("regexp", Infix::Method("matches")),
    ("regex", Infix::Method("matches")),
    ("rlike", Infix::Method("matches")),
    ("like", Infix::Like),
    ("ilike", Infix::Like),
    ("between", Infix::Between),
    ("is", Infix::Is),
    ("not", Infix::Not),
    ("notin", Infix::Not),
    ("nin", Infix::Not),
    ("doesnot", Infix::Not),
    ("if", Infix::If),
];

/// What a word between operands means, whatever its case.
pub(crate) fn infix(word: &str) -> Option<Infix> {
    if word.len() > 11 {
        return None;
    }
    let lower = word.to_ascii_lowercase();
    INFIX.iter().find(|(known, _)| *known == lower).map(|(_, meaning)| *meaning)
}

/// Whether a word may stand between operands.
pub(crate) fn is_infix(word: &str) -> bool {
    infix(word).is_some() || word == "else" || word == "then"
}

/// Words that CEL keeps for itself (cel-spec, `RESERVED`).
pub(crate) const RESERVED: [&str; 17] = [
    "as",
    "break",
    "const",
    "continue",
    "else",
    "for",
    "function",
    "if",
    "import",
    "let",
    "loop",
    "package",
    "namespace",
    "return",
    "var",
    "void",
    "while",
];

/// Functions that take a condition for each element: what is compared in their brackets belongs there.
pub(crate) fn takes_condition(function: &str) -> bool {
    let known = [
        "all",
        "any",
        "every",
        "exists",
        "exists_one",
        "existsOne",
        "filter",
        "find",
        "has",
        "if",
        "If",
        "IF",
        "iif",
        "IIF",
        "iff",
        "map",
        "not",
        "NOT",
        "some",
        "sortBy",
        "transformList",
        "transformMap",
        "where",
    ];
    known.contains(&function)
}
