//! Text to CEL's syntax tree, by the parser of the `cel` crate.

use std::ops::Range;

use cel::common::ast::SourceInfo;
use cel::parser::{Expression, Parser};

use super::template::string_end;
use crate::diagnostic::{Code, Diagnostic};

/// A longer expression is refused: nobody can read it, and parsing costs memory.
const MAX_BYTES: usize = 16 * 1024;

/// Brackets nested deeper are refused before the parser sees them: it descends on the stack.
const MAX_DEPTH: usize = 48;

/// More operators in one expression are refused: chains become trees as deep as they are long.
const MAX_OPERATORS: usize = 200;

/// A syntax tree with the places of its parts.
pub(super) struct Parsed {
    /// The tree.
    pub(super) tree: Expression,
    places: SourceInfo,
    /// Byte offset of each character of the source: the parser counts characters.
    offsets: Vec<usize>,
    /// Where the source begins in the whole value.
    base: usize,
    length: usize,
}

impl Parsed {
    /// The place of a part, in bytes of the whole value.
    pub(super) fn place(&self, id: u64) -> Range<usize> {
        let whole = self.base..self.base + self.length;
        let Some((start, stop)) = self.places.offset_for(id) else { return whole };
        let byte = |character: u32| self.offsets.get(character as usize).copied().unwrap_or(self.length);
        let (start, end) = (byte(start), byte(stop.saturating_add(1)));
        if start < end { self.base + start..self.base + end } else { whole }
    }
}

/// Parses one expression, which begins at `base` in the value at `path`.
pub(super) fn parse(path: &str, source: &str, base: usize) -> Result<Parsed, Vec<Diagnostic>> {
    let whole = base..base + source.len();
    let refuse = |message: String| vec![Diagnostic::error(Code::ExpressionSyntax, path, message).at(whole.clone())];
    if source.trim().is_empty() {
        return Err(refuse("the expression is empty".to_owned()));
    }
    if source.len() > MAX_BYTES {
        return Err(refuse(format!("the expression has {} bytes; at most {MAX_BYTES} are allowed", source.len())));
    }
    let shape = Shape::of(source);
    if shape.depth > MAX_DEPTH {
        return Err(refuse(format!("the expression is nested deeper than {MAX_DEPTH}")));
    }
    if shape.operators > MAX_OPERATORS {
        return Err(refuse(format!("the expression has more than {MAX_OPERATORS} operators")));
    }
    let offsets: Vec<usize> = source.char_indices().map(|(offset, _)| offset).collect();
    // The generated parser is known to panic on some malformed input; what a user writes must not end the process.
    let result = std::panic::catch_unwind(|| {
        Parser::new().max_recursion_depth(96).error_recovery_limit(8).parse_with_source_info(source)
    });
    match result {
        Ok(Ok((tree, places))) => Ok(Parsed { tree, places, offsets, base, length: source.len() }),
        Ok(Err(errors)) => {
            // One mistake makes the parser stumble on: the first message is the one that helps.
            let first = errors.errors.first();
            let place = first.and_then(|error| position(source, error.pos)).map(|at| base + at);
            let message = first.map_or_else(|| "the expression can't be parsed".to_owned(), |error| tidy(&error.msg));
            let range = place.map_or(whole, |at| at..(at + 1).min(base + source.len()).max(at));
            Err(vec![Diagnostic::error(Code::ExpressionSyntax, path, message).at(range)])
        }
        Err(_) => Err(refuse("the expression can't be parsed".to_owned())),
    }
}

/// What bounds the parser's work: found without parsing, strings left aside.
struct Shape {
    depth: usize,
    operators: usize,
}

impl Shape {
    fn of(source: &str) -> Self {
        let bytes = source.as_bytes();
        let (mut depth, mut deepest, mut prefix, mut operators, mut at) = (0usize, 0usize, 0usize, 0usize, 0usize);
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\'' | b'"' => {
                    let Some(end) = string_end(bytes, at) else { break };
                    at = end;
                    continue;
                }
                b'(' | b'[' | b'{' | b'?' => depth += 1,
                b')' | b']' | b'}' => depth = depth.saturating_sub(1),
                _ => {}
            }
            prefix = if matches!(byte, b'!' | b'-') { prefix + 1 } else { 0 };
            operators += usize::from(b"+-*/%<>=!.[?&|".contains(byte));
            deepest = deepest.max(depth + prefix);
            at += 1;
        }
        Self { depth: deepest, operators }
    }
}

/// Byte offset of a line and column, as the parser counts them: lines from 1, columns in characters from 0 or 1.
fn position(source: &str, (line, column): (isize, isize)) -> Option<usize> {
    let line = usize::try_from(line).ok()?.checked_sub(1)?;
    let column = usize::try_from(column).ok()?.saturating_sub(1);
    let start: usize = source.split_inclusive('\n').take(line).map(str::len).sum();
    let rest = source.get(start..)?;
    let offset = rest.char_indices().nth(column).map_or(rest.len(), |(offset, _)| offset);
    Some((start + offset).min(source.len()))
}

/// The parser's words in our style.
fn tidy(message: &str) -> String {
    let message = message.strip_prefix("Syntax error: ").unwrap_or(message);
    let first = message.lines().next().unwrap_or_default();
    let short = first.split(" expecting {").next().unwrap_or(first);
    let mut text = short.replace('\'', "`");
    if text.is_empty() {
        text.push_str("the expression can't be parsed");
    }
    text
}
