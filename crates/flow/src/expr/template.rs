//! Texts with `${…}` in them: where expressions begin and end.

use std::ops::Range;

use crate::diagnostic::{Code, Diagnostic};

/// A part of a text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Literal text, `$${` undone.
    Text(String),
    /// An expression: its place in the text, without `${` and `}`.
    Expression(Range<usize>),
}

/// Whether there is an expression in a text, or the beginning of one.
pub(super) fn holds_expression(text: &str) -> bool {
    text.replace("$${", "").contains("${")
}

/// A text without expressions as it is meant: `$${` undone.
pub(super) fn unescaped(text: &str) -> String {
    text.replace("$${", "${")
}

/// Splits a text. Braces inside CEL's string literals and braces that are opened inside the expression don't end it.
pub(super) fn split(path: &str, text: &str) -> Result<Vec<Part>, Vec<Diagnostic>> {
    let mut parts = Vec::new();
    let mut literal = String::new();
    let mut at = 0;
    while let Some(rest) = text.get(at..) {
        let Some(found) = rest.find('$') else {
            literal.push_str(rest);
            break;
        };
        literal.push_str(rest.get(..found).unwrap_or_default());
        let tail = rest.get(found..).unwrap_or_default();
        if tail.starts_with("$${") {
            literal.push_str("${");
            at += found + 3;
        } else if tail.starts_with("${") {
            let start = at + found + 2;
            let Some(length) = waypost_cel::length_to_closing_brace(text.get(start..).unwrap_or_default()) else {
                return Err(vec![unclosed(path, text, at + found)]);
            };
            if !literal.is_empty() {
                parts.push(Part::Text(std::mem::take(&mut literal)));
            }
            parts.push(Part::Expression(start..start + length));
            at = start + length + 1;
        } else {
            literal.push('$');
            at += found + 1;
        }
    }
    if !literal.is_empty() {
        parts.push(Part::Text(literal));
    }
    Ok(parts)
}

/// A `${` without its `}`.
fn unclosed(path: &str, text: &str, start: usize) -> Diagnostic {
    let problem = Diagnostic::error(Code::ExpressionSyntax, path, "`${` is never closed")
        .expected("a `}` that ends the expression")
        .at(start..text.len());
    let rest = text.get(start + 2..).unwrap_or_default().trim_end();
    let end = start + 2 + rest.len();
    let is_expression = !rest.is_empty() && waypost_cel::parse(rest).mistakes.is_empty();
    match rest.ends_with('}') && rest.contains("//") {
        true if is_expression => problem
            .suggestion("end the line before `}`: a comment goes on to the end of its line")
            .edit(end - 1..end - 1, "\n"),
        false if is_expression => {
            problem.suggestion("add `}` at the end, or write `$${` for a literal `${`").edit(end..end, "}")
        }
        _ => problem.suggestion("write `$${` for a literal `${`").edit(start..start, "$"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[&str]) {
        let shown = match split("p", text) {
            Ok(parts) => parts
                .into_iter()
                .map(|part| match part {
                    Part::Text(text) => format!("text {text}"),
                    Part::Expression(range) => format!("expr {}", text.get(range).unwrap()),
                })
                .collect(),
            Err(problems) => vec![format!("error {:?}", problems[0].range)],
        };
        assert_eq!(shown, expected, "{text}");
    }

    #[test]
    fn parts() {
        check("", &[]);
        check("plain $5", &["text plain $5"]);
        check("${a}", &["expr a"]);
        check("a ${b} c${d}", &["text a ", "expr b", "text  c", "expr d"]);
        check("$${a} ${b}", &["text ${a} ", "expr b"]);
        check("$$${a}", &["text $${a}"]);
        check("${ {'a': 1}['a'] }", &["expr  {'a': 1}['a'] "]);
        check("${'}'}", &["expr '}'"]);
        check(r#"${"\"}"}x"#, &[r#"expr "\"}""#, "text x"]);
        check(r"${r'\'}x", &[r"expr r'\'", "text x"]);
        check("${'''a'}'''}", &["expr '''a'}'''"]);
        check("${a", &["error Some(0..3)"]);
        // What is wrong with the quote is for the expression's parser to say.
        check("x ${'a}", &["text x ", "expr 'a"]);
    }
}
