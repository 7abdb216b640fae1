//! What keeps a text from being YAML, in plain words, and what to do about it: by what the parser says, and by the line where reading stopped.

use super::{SyntaxError, pairs};

const UNQUOTED: &str = "put the value in quotes: `\"${…}\"`, with texts in it in single quotes";
const QUOTES_WITHIN: &str = "write texts within double quotes in single quotes: `\"${x.contains('a')}\"`";
const COLON: &str = "put the value in quotes: unquoted, `: ` begins another value";
const TAB: &str = "indent with spaces: YAML takes no tabs there";
const QUOTE: &str = "put the value in quotes";
const CLOSE_QUOTE: &str = "close the quote; further lines of the text are indented";
const OWN_LINE: &str = "begin it in a line of its own, below its key";
const ALIKE: &str = "indent what belongs together by the same number of spaces";

/// What is said of an escape that is half of a pair.
pub(super) const HALF: (&str, &str) = (
    "an escape that is half of a pair, without the other half",
    "write both halves, as in `\\ud83c\\udf89`, or the character itself",
);
const ITSELF: &str = "write the character itself";

/// A part of what the parser says, the same in plain words, and what to do if the line itself shows nothing.
const WORDS: [(&str, &str, &str); 23] = [
    ("must be followed by a valid YAML whitespace", "a tab between `:` and the value", "write a space in its place"),
    (NO_CHARACTER, "an escape that is no character", ITSELF),
    (WITHOUT_COLON, "a key without `:`", "write `:` behind it"),
    ("a tab", ONLY_SPACES, TAB),
    ("tabs disallowed", ONLY_SPACES, TAB),
    ("tab cannot", ONLY_SPACES, TAB),
    ("expected '-' indicator", "a line that is neither an entry of the list before it nor part of one", ALIKE),
    ("did not find expected key", "a line that is neither a key of the map before it nor part of a value", ALIKE),
    (
        "mapping values are not allowed",
        "a `:` that belongs to no key",
        "indent keys alike; put a text that has `: ` in it in quotes",
    ),
    ("entries are not allowed", "a list that can't begin here", OWN_LINE),
    ("invalid indentation in quoted", "a quote that is opened and not closed", CLOSE_QUOTE),
    ("quoted scalar, found unexpected", "a quote that is opened and not closed", CLOSE_QUOTE),
    (
        "invalid indentation in flow",
        "a line within brackets that is not indented",
        "close the bracket before, or indent the line further than the bracket's",
    ),
    ("illegal placement of ':'", "a `:` within brackets that are not closed", "close the bracket before"),
    (
        "expected ',' or '}'",
        "a `{` that is not closed, or members without `,` between them",
        "write `,` between members, and `}` at the end",
    ),
    (
        "expected ',' or ']'",
        "a `[` that is not closed, or entries without `,` between them",
        "write `,` between entries, and `]` at the end",
    ),
    ("expected node content", "a value is missing: a bracket may be open", "write the value, or close the bracket"),
    ("misplaced bracket", "a bracket that closes nothing", "leave it out, or open one before"),
    ("trailing content after double-quoted", "text behind a closing quote", "put all of it within the quotes"),
    ("unexpected character", "a value can't begin with this character", QUOTE),
    ("cannot start with '-'", "a value can't begin with `-` and a bracket", QUOTE),
    ("unknown anchor", "`*` stands for an anchor, and there is none", QUOTE),
    (
        "unknown escape character",
        "`\\` before a character that needs none",
        "write `\\\\` for a backslash, or use single quotes",
    ),
];

const ONLY_SPACES: &str = "a tab where only spaces can be";

/// What the parser says of a key without a colon, where the next one has its own.
const WITHOUT_COLON: &str = "simple key expect";

/// What the parser says of an escape that is no character.
const NO_CHARACTER: &str = "invalid Unicode character escape";

/// What the parser said, in plain words, and what to do about it; the line, counted from 1, is moved to where the mistake is.
pub(super) fn of(text: &str, refused: SyntaxError) -> SyntaxError {
    let Some((said, message, otherwise)) = WORDS.iter().find(|(said, ..)| refused.message.contains(said)) else {
        let suggestion = text.lines().nth(refused.line.saturating_sub(1)).and_then(in_line);
        return SyntaxError { suggestion, ..refused };
    };
    let message = (*message).to_owned();
    if *said == NO_CHARACTER {
        return no_character(text, SyntaxError { message, suggestion: Some(otherwise), ..refused });
    }
    if *said == WITHOUT_COLON {
        let (line, column) = without_colon(text, refused.line).unwrap_or((refused.line, refused.column));
        return SyntaxError { line, column, message, suggestion: Some(otherwise) };
    }
    if *otherwise == TAB {
        let (line, column) = indented_by_tab(text, refused.line).unwrap_or((refused.line, refused.column));
        return SyntaxError { line, column, message, suggestion: Some(otherwise) };
    }
    let by_line = match *otherwise {
        OWN_LINE => None,
        _ => text.lines().nth(refused.line.saturating_sub(1)).and_then(in_line),
    };
    SyntaxError { message, suggestion: by_line.or(Some(otherwise)), ..refused }
}

/// The escape that is no character, in the quoted text that is refused.
fn no_character(text: &str, refused: SyntaxError) -> SyntaxError {
    let mut rest = text.get(refused.place(text).bytes.start..).unwrap_or_default();
    let (mut line, mut column) = (refused.line, refused.column);
    while let Some(c) = rest.chars().next() {
        let half = pairs::escape(rest).filter(|number| pairs::is_surrogate(*number));
        let is_beyond = || {
            let digits = rest.strip_prefix("\\U").and_then(|rest| rest.get(..8));
            digits
                .and_then(|digits| u32::from_str_radix(digits, 16).ok())
                .is_some_and(|code| char::from_u32(code).is_none())
        };
        let (message, suggestion) = match half {
            Some(_) if pairs::pair(rest).is_some() => ("a pair of escapes, which only JSON has", ITSELF),
            Some(_) => HALF,
            None if is_beyond() => return SyntaxError { line, column, ..refused },
            None => {
                // What is escaped is no escape itself.
                let length = if c == '\\' { 1 + rest.chars().nth(1).map_or(0, char::len_utf8) } else { c.len_utf8() };
                let passed = rest.get(..length).unwrap_or_default();
                column = if passed.ends_with('\n') { 1 } else { column + passed.chars().count() };
                line += usize::from(passed.ends_with('\n'));
                rest = rest.get(length..).unwrap_or_default();
                continue;
            }
        };
        return SyntaxError { line, column, message: message.to_owned(), suggestion: Some(suggestion) };
    }
    refused
}

/// Line and column of the last line before one that has no colon.
fn without_colon(text: &str, line: usize) -> Option<(usize, usize)> {
    let lines: Vec<&str> = text.lines().take(line.saturating_sub(1)).collect();
    let (at, found) = lines.iter().enumerate().rev().find(|(_, line)| {
        let line = line.trim();
        !line.is_empty() && !line.starts_with('#') && !line.contains(':')
    })?;
    Some((at + 1, found.chars().take_while(|c| *c == ' ').count() + 1))
}

/// Line and column of the first tab that indents, from a line on: the parser stops at the end of the line before.
fn indented_by_tab(text: &str, line: usize) -> Option<(usize, usize)> {
    text.lines().enumerate().skip(line.saturating_sub(1)).find_map(|(at, line)| {
        let indent = line.chars().take_while(|c| [' ', '\t'].contains(c));
        indent.enumerate().find(|(_, c)| *c == '\t').map(|(column, _)| (at + 1, column + 1))
    })
}

fn in_line(line: &str) -> Option<&'static str> {
    let mut quote = None;
    // Whether an expression is open within quotes.
    let mut open = false;
    let mut colons = 0;
    let mut before = ':';
    let mut escaped = false;
    for (at, c) in line.char_indices() {
        let rest = line.get(at..).unwrap_or_default();
        match quote {
            Some(_) if std::mem::take(&mut escaped) => {}
            Some('"') if c == '\\' => escaped = true,
            Some('"') if c == '"' && open => return Some(QUOTES_WITHIN),
            Some(quoted) if c == quoted => (quote, open) = (None, false),
            Some(_) if rest.starts_with("${") => open = true,
            Some(_) => open &= c != '}',
            None if ['"', '\''].contains(&c) && [':', ',', '[', '{', '-'].contains(&before) => quote = Some(c),
            None if rest.starts_with("${") => return Some(UNQUOTED),
            None if c == '#' && line.get(..at).is_some_and(|all| all.ends_with(' ')) => break,
            None if ['{', '[', ','].contains(&c) => colons = 0,
            None => colons += usize::from(rest.starts_with(": ")),
        }
        if c != ' ' {
            before = c;
        }
    }
    (colons > 1).then_some(COLON)
}
