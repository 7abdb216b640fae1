//! Text to CEL's syntax tree, by the parser of the `cel` crate.

use std::ops::Range;
use std::sync::{Arc, LazyLock};

use cel::Env;
use cel::parser::Expression;

use super::known::{self, Syntax};
use super::template::string_end;
use crate::diagnostic::{Code, Diagnostic};
use crate::work::Work;

/// A longer expression is refused: nobody can read it, and parsing costs memory.
pub(crate) const MAX_BYTES: usize = 16 * 1024;

/// Brackets nested deeper are refused before the parser sees them: it descends on the stack.
const MAX_DEPTH: usize = 48;

/// Chains of operators and members become trees as deep as they are long, which are walked on the stack too.
const MAX_TREE_DEPTH: usize = 80;

/// What a token of an expression counts for among the steps of checking a document: the parser takes some microseconds for it.
const STEPS_OF_TOKEN: usize = 8;

/// Macros stay as they are written: what they expand to has lost where names are bound, and hides what they were.
static WITHOUT_MACROS: LazyLock<Env> = LazyLock::new(Env::default);

/// A syntax tree with the places of its parts.
pub(super) struct Parsed {
    syntax: Arc<Syntax>,
    /// Where the source begins in the whole value.
    base: usize,
    length: usize,
}

impl Parsed {
    /// The tree.
    pub(super) fn tree(&self) -> &Expression {
        &self.syntax.tree
    }

    /// How long the source is, in bytes.
    pub(super) fn length(&self) -> usize {
        self.length
    }

    /// The place of a part, in bytes of the whole value.
    pub(super) fn place(&self, id: u64) -> Range<usize> {
        let whole = self.base..self.base + self.length;
        let Some((start, stop)) = self.syntax.places.offset_for(id) else { return whole };
        // The parser counts bytes here, and `stop` is the last one.
        let (start, end) = (start as usize, (stop as usize).saturating_add(1).min(self.length));
        if start < end { self.base + start..self.base + end } else { whole }
    }
}

/// Parses one expression, which begins at `base` in the value at `path`.
pub(super) fn parse(path: &str, source: &str, base: usize, work: &Work<'_>) -> Result<Parsed, Vec<Diagnostic>> {
    let whole = base..base + source.len();
    let refuse = |message: String| vec![Diagnostic::error(Code::ExpressionSyntax, path, message).at(whole.clone())];
    if source.trim().is_empty() {
        return Err(refuse("the expression is empty".to_owned()));
    }
    if source.len() > MAX_BYTES {
        return Err(refuse(format!("the expression has {} bytes; at most {MAX_BYTES} are allowed", source.len())));
    }
    let shape = Shape::of(source);
    // Whether the text is known is not counted: then it would hang on what else was published whether a flow is refused.
    if !work.take(shape.tokens * STEPS_OF_TOKEN) {
        return Err(Vec::new());
    }
    if let Some(syntax) = known::find(source) {
        return Ok(Parsed { syntax, base, length: source.len() });
    }
    if shape.depth > MAX_DEPTH {
        return Err(refuse(format!("the expression is nested deeper than {MAX_DEPTH}")));
    }
    if shape.tree > MAX_TREE_DEPTH {
        return Err(refuse(format!(
            "the expression makes a tree deeper than {MAX_TREE_DEPTH}: shorten its chains of operators"
        )));
    }
    // The generated parser is known to panic on some malformed input; what a user writes must not end the process.
    let result = std::panic::catch_unwind(|| {
        WITHOUT_MACROS
            .parser()
            .enable_optional_syntax(false)
            .max_recursion_depth(96)
            .error_recovery_limit(8)
            .parse_with_source_info(source)
    });
    match result {
        Ok(Ok((tree, places))) => {
            let syntax = Arc::new(Syntax { tree, places });
            known::keep(source, &syntax);
            Ok(Parsed { syntax, base, length: source.len() })
        }
        Ok(Err(errors)) => {
            // One mistake makes the parser stumble on: the first message is the one that helps.
            let first = errors.errors.first();
            let place = first.and_then(|error| position(source, error.pos));
            let message = first.map_or_else(|| "the expression can't be parsed".to_owned(), |error| tidy(&error.msg));
            let range = place.map_or(whole, |at| {
                let length = source.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8);
                base + at..base + at + length
            });
            Err(vec![Diagnostic::error(Code::ExpressionSyntax, path, message).at(range)])
        }
        Err(_) => Err(refuse("the expression can't be parsed".to_owned())),
    }
}

/// What bounds the parser's work: found without parsing, strings left aside. Both are never less than the truth.
struct Shape {
    /// How deep brackets, conditionals and prefixes nest.
    depth: usize,
    /// How deep the syntax tree is.
    tree: usize,
    /// How many names, numbers, texts and signs there are.
    tokens: usize,
}

/// What stands between a bracket and its end, up to the place that is looked at.
#[derive(Clone, Copy, Default)]
struct Level {
    conditionals: usize,
    chain: usize,
}

impl Shape {
    fn of(source: &str) -> Self {
        let bytes = source.as_bytes();
        let mut shape = Self { depth: 0, tree: 0, tokens: 0 };
        // What encloses the innermost level, added up.
        let (mut outer, mut level) = (Vec::new(), Level::default());
        let (mut depth, mut tree, mut prefix, mut at) = (0usize, 0usize, 0usize, 0usize);
        let mut in_word = false;
        while let Some(byte) = bytes.get(at) {
            match byte {
                b'\'' | b'"' => {
                    let Some(end) = string_end(bytes, at) else { break };
                    (at, prefix, in_word) = (end, 0, false);
                    shape.tokens += 1;
                    continue;
                }
                b'(' | b'[' | b'{' => {
                    level.chain += 1;
                    outer.push((level, depth, tree));
                    depth += 1 + level.conditionals;
                    tree += level.conditionals + level.chain;
                    level = Level::default();
                }
                b')' | b']' | b'}' => (level, depth, tree) = outer.pop().unwrap_or((level, depth, tree)),
                b',' => level = Level::default(),
                // The parser balances chains of `&&` and `||`; what they join stands side by side.
                b'&' | b'|' | b':' => level.chain = 0,
                b'?' => level = Level { conditionals: level.conditionals + 1, chain: 0 },
                b'+' | b'-' | b'*' | b'/' | b'%' | b'<' | b'>' | b'=' | b'!' | b'.' => level.chain += 1,
                // `in` is the one operator that is a word.
                b'i' if bytes.get(at + 1) == Some(&b'n') => level.chain += 1,
                _ => {}
            }
            let word = byte.is_ascii_alphanumeric() || *byte == b'_' || !byte.is_ascii();
            shape.tokens += usize::from(!(word && in_word || byte.is_ascii_whitespace()));
            in_word = word;
            prefix = match byte {
                b'!' | b'-' => prefix + 1,
                b' ' | b'\t' | b'\n' | b'\r' => prefix,
                _ => 0,
            };
            shape.depth = shape.depth.max(depth + level.conditionals + prefix);
            shape.tree = shape.tree.max(tree + level.conditionals + level.chain);
            at += 1;
        }
        shape
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
