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
            let Some(length) = expression_length(text.get(start..).unwrap_or_default()) else {
                return Err(vec![
                    Diagnostic::error(Code::ExpressionSyntax, path, "`${` is never closed")
                        .expected("a `}` that ends the expression")
                        .suggestion("write `$${` for a literal `${`")
                        .at(at + found..text.len()),
                ]);
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

/// How long the expression at the start of `text` is, up to its closing brace; `None` if there is none.
fn expression_length(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut depth = 0usize;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'{' => depth += 1,
            b'}' if depth == 0 => return Some(at),
            b'}' => depth -= 1,
            b'\'' | b'"' => {
                at = string_end(bytes, at)?;
                continue;
            }
            b'/' if bytes.get(at + 1) == Some(&b'/') => {
                // A comment runs to the end of the line.
                at += bytes.get(at..)?.iter().position(|byte| *byte == b'\n')?;
            }
            _ => {}
        }
        at += 1;
    }
    None
}

/// The position after the string literal that starts at `start`; `None` if it is not closed.
pub(super) fn string_end(bytes: &[u8], start: usize) -> Option<usize> {
    let quote = *bytes.get(start)?;
    let raw = start > 0 && matches!(bytes.get(start - 1), Some(b'r' | b'R'));
    let tripled = bytes.get(start..start + 3) == Some(&[quote, quote, quote]);
    let close: &[u8] = if tripled { &[quote, quote, quote] } else { &[quote] };
    let mut at = start + close.len();
    loop {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        if rest.starts_with(close) {
            return Some(at + close.len());
        }
        at += if !raw && rest.starts_with(b"\\") { 2 } else { 1 };
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
        check("x ${'a}", &["error Some(2..7)"]);
    }
}
