//! Texts in quotes, and what people write as quotes.

use crate::lex::Lexer;
use crate::mistake::{Mistake, quoted, short};
use crate::token::{Text, Tok};
use crate::tree::Span;
use crate::words;

/// More unmarked quotes within a text are not understood as such.
const MAX_INNER_QUOTES: usize = 8;

/// Quotes of one kind that are drawn for reading. A straight quote ends each of them as well.
const SINGLE: &[char] = &['‘', '’', '‚', '‛', '′', '´', '‹', '›'];
const DOUBLE: &[char] = &['“', '”', '„', '‟', '″', '«', '»'];

/// Whether a character is a quote to readers and none to CEL.
pub(crate) fn is_curly(c: char) -> bool {
    SINGLE.contains(&c) || DOUBLE.contains(&c)
}

/// A text whose quote stands here; it begins at `start`, with a prefix perhaps.
pub(crate) fn text(lexer: &mut Lexer<'_>, start: usize) {
    let prefix = lexer.source.get(start..lexer.at).unwrap_or_default();
    let raw = prefix.contains(['r', 'R']);
    let bytes = prefix.contains(['b', 'B']);
    let Some(quote) = lexer.peek() else { return };
    let triple: String = [quote; 3].iter().collect();
    let close: &str = if lexer.rest().starts_with(&triple) { &triple } else { triple.get(..1).unwrap_or_default() };
    let content = lexer.at + close.len();
    let end = end_of_text(lexer.source, content, close, raw).or_else(|| over_lines(lexer, content, close, raw));
    let Some(end) = end else {
        return unclosed(lexer, start, content, close, (raw, bytes));
    };
    let end = if close.len() == 1 && !raw { inner_quotes(lexer, content, end, quote) } else { end };
    lexer.at = end + close.len();
    lexer.push(Tok::Text(Text { content: Span::new(content, end), raw, bytes }), start);
}

/// Where the quotes that end a text stand.
fn end_of_text(source: &str, content: usize, close: &str, raw: bool) -> Option<usize> {
    let bytes = source.as_bytes();
    let mut at = content;
    loop {
        let rest = bytes.get(at..).filter(|rest| !rest.is_empty())?;
        if rest.starts_with(close.as_bytes()) {
            return Some(at);
        }
        match rest.first()? {
            // A line break ends a text in single quotes, and whoever wrote it meant to end it before.
            b'\n' | b'\r' if close.len() == 1 => return None,
            b'\\' if !raw => at += 2,
            _ => at += 1,
        }
    }
}

/// Where a text ends that goes over lines, though texts in single quotes can't: its line breaks are meant. They are there where a file's own
/// quotes made them of `\n`. A quote that ends another text further down is followed by that text.
fn over_lines(lexer: &mut Lexer<'_>, content: usize, close: &str, raw: bool) -> Option<usize> {
    if close.len() > 1 {
        return None;
    }
    let rest = lexer.source.get(content..)?;
    // Escapes as in triple quotes, which may hold line breaks.
    let mut at = 0;
    while !rest.get(at..)?.starts_with(close) {
        let is_escape = !raw && rest.get(at..)?.starts_with('\\');
        at += usize::from(is_escape);
        at += rest.get(at..)?.chars().next()?.len_utf8();
    }
    let end = content + at;
    if !ends_a_text(lexer.source, end + close.len()) {
        return None;
    }
    let breaks = breaks_in(rest.get(..at)?).map(|(from, to)| Span::new(content + from, content + to));
    let first = breaks.clone().next()?;
    let mut mistake = Mistake::new(first, format!("a text in `{close}` can't go over lines"));
    if raw {
        let closing = [close; 3].concat();
        mistake = mistake.help(format!("put the text in `{closing}`"));
        mistake = mistake.edit(Span::new(content - close.len(), content), closing.as_str());
        mistake = mistake.edit(Span::new(end, end + close.len()), closing);
    } else {
        mistake = mistake.help("write `\\n` for a line break; in a file's double quotes that is `\\\\n`");
        for span in breaks {
            mistake = mistake.edit(span, "\\n");
        }
    }
    lexer.mistakes.push(mistake);
    Some(end)
}

/// The line breaks in a text, each from where to where.
fn breaks_in(text: &str) -> impl Iterator<Item = (usize, usize)> + Clone {
    text.match_indices(['\n', '\r']).filter_map(move |(at, found)| {
        let is_second = found == "\n" && text.get(..at).is_some_and(|before| before.ends_with('\r'));
        let is_pair = found == "\r" && text.get(at + 1..).is_some_and(|behind| behind.starts_with('\n'));
        (!is_second).then_some((at, at + if is_pair { 2 } else { 1 }))
    })
}

/// Where a text ends whose quotes stand within it, unmarked: `'don't'`, `'it''s'`. No expression has a letter or another quote behind
/// a text.
fn inner_quotes(lexer: &mut Lexer<'_>, content: usize, end: usize, quote: char) -> usize {
    let close: String = quote.into();
    let mut found = Vec::new();
    let mut at = end;
    loop {
        let behind = lexer.source.get(at + 1..).unwrap_or_default();
        let doubled = behind.starts_with(quote) && at > content;
        let word = behind.find(|c: char| !c.is_alphabetic()).unwrap_or(behind.len());
        let word = behind.get(..word).unwrap_or_default();
        let apostrophe = !word.is_empty() && !words::is_infix(word) && at > content;
        if !(doubled || apostrophe) {
            break;
        }
        let width = if doubled { 2 } else { 1 };
        found.push(Span::new(at, at + width));
        // Nobody writes more of them, and each text would be looked through to the end of the line.
        if found.len() > MAX_INNER_QUOTES {
            return end;
        }
        match end_of_text(lexer.source, at + width, &close, false) {
            Some(next) => at = next,
            // With no quote left to end it, the text ended where it seemed to.
            None => return end,
        }
    }
    if let Some(first) = found.first() {
        let message = format!("the `{quote}` here ends the text");
        let mut mistake = Mistake::new(*first, message).help(format!("write `\\{quote}` for a quote within a text"));
        for span in found {
            mistake = mistake.edit(span, format!("\\{quote}"));
        }
        lexer.mistakes.push(mistake);
    }
    at
}

/// A text without an end: it is taken to go as far as it can.
fn unclosed(lexer: &mut Lexer<'_>, start: usize, content: usize, close: &str, (raw, bytes): (bool, bool)) {
    let rest = lexer.source.get(content..).unwrap_or_default();
    let line = match close.len() {
        1 => rest.split(['\n', '\r']).next().unwrap_or_default(),
        _ => rest,
    };
    let family = if close.starts_with('"') { DOUBLE } else { SINGLE };
    let opening = Span::new(start, content);
    let mistake = Mistake::new(opening, format!("the text after this `{close}` is never closed"));
    let other = if close == "'" { '"' } else { '\'' };
    let trimmed = without_closers(line, lexer.open);
    let curly = line.find(|c: char| family.contains(&c));
    let (length, closed) = match curly {
        Some(at) => (at, line.get(at..).and_then(|rest| rest.chars().next()).map_or(0, char::len_utf8)),
        None => match line.char_indices().find(|(at, c)| *c == other && *at > 0 && ends_a_text(line, at + 1)) {
            Some((at, _)) => (at, 1),
            None => (trimmed.len(), 0),
        },
    };
    let end = content + length;
    let last = Span::new(end, end + closed);
    let help = match closed {
        0 => format!("add `{close}` after {}", quoted(tail(Span::new(content, end).of(lexer.source)))),
        _ => format!("write `{close}` instead of {}", quoted(last.of(lexer.source))),
    };
    lexer.mistakes.push(mistake.expected(format!("`{close}`")).help(help).edit(last, close));
    lexer.at = end + closed;
    lexer.push(Tok::Text(Text { content: Span::new(content, end), raw, bytes }), start);
}

/// Whether what stands here may follow a text: an operator, a bracket, a comma, or nothing.
fn ends_a_text(line: &str, at: usize) -> bool {
    let behind = line.get(at..).unwrap_or_default().trim_start();
    behind.is_empty() || behind.starts_with([')', ']', '}', ',', '=', '!', '<', '>', '&', '|', '+', '?', ':', '.', ';'])
}

/// The end of a text, as far as it helps to find the place.
fn tail(text: &str) -> &str {
    let start = text.char_indices().rev().nth(19).map_or(0, |(at, _)| at);
    text.get(start..).unwrap_or_default()
}

/// A text without the brackets at its end that were opened before it.
fn without_closers(line: &str, mut open: usize) -> &str {
    let mut text = line.trim_end();
    while open > 0
        && let Some(shorter) = text.strip_suffix([')', ']', '}'])
    {
        text = shorter.trim_end();
        open -= 1;
    }
    text
}

/// A word of one or two letters right before a quote. Whether it begins a text.
pub(crate) fn prefixed(lexer: &mut Lexer<'_>, word: &str) -> bool {
    let start = lexer.at;
    let lower = word.to_ascii_lowercase();
    let meant = match lower.as_str() {
        "r" | "b" | "br" => None,
        "f" | "u" | "l" | "n" | "e" | "t" => Some(""),
        "fr" | "rf" | "ur" => Some("r"),
        "rb" => Some("br"),
        _ => return false,
    };
    lexer.at += word.len();
    if let Some(meant) = meant {
        let span = Span::new(start, lexer.at);
        let mistake = Mistake::new(span, format!("`{word}` is not allowed before a text"));
        let help = if meant.is_empty() { "remove it".to_owned() } else { format!("write `{meant}`") };
        lexer.mistakes.push(mistake.help(help).edit(span, meant));
        // The quote follows with no prefix.
        if meant.is_empty() {
            text(lexer, lexer.at);
            return true;
        }
    }
    text(lexer, start);
    true
}

/// Quotes for a text that is taken over as it stands.
fn quotes_for(content: &str) -> &'static str {
    match (content.contains('\''), content.contains('"')) {
        (false, _) => "'",
        (true, false) => "\"",
        (true, true) => "'''",
    }
}

/// A text in curly quotes.
pub(crate) fn curly(lexer: &mut Lexer<'_>, opening: char) {
    let start = lexer.at;
    let content = start + opening.len_utf8();
    let (family, straight) = if SINGLE.contains(&opening) { (SINGLE, '\'') } else { (DOUBLE, '"') };
    let line = lexer.source.get(content..).unwrap_or_default().split('\n').next().unwrap_or_default();
    let closing = line.char_indices().find(|(at, c)| {
        let letter = |text: Option<&str>, last: bool| {
            text.and_then(|text| if last { text.chars().next_back() } else { text.chars().next() })
                .is_some_and(char::is_alphabetic)
        };
        // The apostrophe of `don’t` is the same character.
        let inner = *c == '’' && letter(line.get(..*at), true) && letter(line.get(at + c.len_utf8()..), false);
        (family.contains(c) || *c == straight) && !inner
    });
    let (length, width) = match closing {
        Some((at, c)) => (at, c.len_utf8()),
        None => (without_closers(line, lexer.open).len(), 0),
    };
    let end = content + length;
    let text = Span::new(content, end);
    let quote = quotes_for(text.of(lexer.source));
    lexer.at = end + width;
    let mistake = Mistake::new(Span::new(start, content), format!("`{opening}` is not a quotation mark of CEL"))
        .expected("straight quotes, `'` or `\"`")
        .help(format!("write {quote}{}{quote}", short(text.of(lexer.source))))
        .edit(Span::new(start, content), quote)
        .edit(Span::new(end, lexer.at), quote);
    lexer.mistakes.push(mistake);
    lexer.push(Tok::Text(Text { content: text, raw: false, bytes: false }), start);
}

/// A text in quotes that were escaped for HTML.
pub(crate) fn entity(lexer: &mut Lexer<'_>, entity: &str) {
    let start = lexer.at;
    let content = start + entity.len();
    let line = lexer.source.get(content..).unwrap_or_default().split('\n').next().unwrap_or_default();
    let (length, width) = match line.find(entity) {
        Some(at) => (at, entity.len()),
        None => (without_closers(line, lexer.open).len(), 0),
    };
    let end = content + length;
    let text = Span::new(content, end);
    let quote = quotes_for(text.of(lexer.source));
    lexer.at = end + width;
    let mistake = Mistake::new(Span::new(start, content), format!("`{entity}` is a quotation mark in HTML alone"))
        .help(format!("write {quote}{}{quote}", short(text.of(lexer.source))))
        .edit(Span::new(start, content), quote)
        .edit(Span::new(end, lexer.at), quote);
    lexer.mistakes.push(mistake);
    lexer.push(Tok::Text(Text { content: text, raw: false, bytes: false }), start);
}

/// Whether a name in backticks stands here with a colon behind it: the field of a message.
pub(crate) fn names_a_field(rest: &str) -> bool {
    let behind = rest.strip_prefix('`').and_then(|rest| rest.split_once('`')).map(|(_, behind)| behind);
    behind.is_some_and(|behind| behind.trim_start().starts_with(':'))
}

/// A name in backticks, which CEL has behind a dot alone.
pub(crate) fn escaped(lexer: &mut Lexer<'_>) {
    let start = lexer.at;
    let rest = lexer.rest().get(1..).unwrap_or_default();
    let length = rest.find(|c: char| !(c.is_ascii_alphanumeric() || "_.-/ ".contains(c))).unwrap_or(rest.len());
    let closed = rest.get(length..).is_some_and(|rest| rest.starts_with('`'));
    lexer.at = start + 1 + length + usize::from(closed);
    if closed && length > 0 {
        lexer.push(Tok::Escaped, start);
        return;
    }
    let mistake = Mistake::new(Span::new(start, lexer.at), "the name in backticks is not one")
        .expected("letters, digits, spaces and `_.-/` in backticks; other keys as `['key']`");
    lexer.mistakes.push(mistake);
    lexer.push(Tok::Wrong, start);
}

/// A text in backticks, as JavaScript has them.
pub(crate) fn template(lexer: &mut Lexer<'_>) {
    let start = lexer.at;
    let content = start + 1;
    let rest = lexer.source.get(content..).unwrap_or_default();
    let (length, width) = match rest.find('`') {
        Some(at) => (at, 1),
        None => (without_closers(rest, lexer.open).len(), 0),
    };
    let end = content + length;
    let text = Span::new(content, end);
    lexer.at = end + width;
    let written = text.of(lexer.source);
    let quote = quotes_for(written);
    let mut mistake = Mistake::new(Span::new(start, content), "a text is not written in backticks")
        .expected("straight quotes, `'` or `\"`")
        .edit(Span::new(start, content), quote);
    let computed = written.contains("${");
    if computed {
        // `a ${b} c` is 'a ' + string(b) + ' c'.
        let mut at = 0;
        while let Some(found) = written.get(at..).and_then(|rest| rest.find("${")) {
            let opening = at + found;
            let Some(closing) = written.get(opening..).and_then(|rest| rest.find('}')) else { break };
            let place = |at: usize, width: usize| Span::new(content + at, content + at + width);
            mistake = mistake
                .edit(place(opening, 2), format!("{quote} + string("))
                .edit(place(opening + closing, 1), format!(") + {quote}"));
            at = opening + closing + 1;
        }
    }
    mistake = mistake.edit(Span::new(end, lexer.at), quote);
    mistake = mistake.help(match computed {
        true => format!("join texts with `+`: `{quote}…{quote} + string(x)`"),
        false => format!("write {quote}{}{quote}", short(written)),
    });
    lexer.mistakes.push(mistake);
    let kind = match computed {
        true => Tok::Wrong,
        false => Tok::Text(Text { content: text, raw: false, bytes: false }),
    };
    lexer.push(kind, start);
}

/// A pattern between slashes.
pub(crate) fn pattern(lexer: &mut Lexer<'_>) {
    let start = lexer.at;
    let content = start + 1;
    let Some(end) = end_of_text(lexer.source, content, "/", false).filter(|end| *end > content) else {
        lexer.at += 1;
        lexer.push(Tok::Operator(crate::tree::Operator::Divide), start);
        return;
    };
    lexer.at = end + 1;
    let flags = lexer.word_length(lexer.at);
    lexer.at += flags;
    let flags = Span::new(end + 1, lexer.at).of(lexer.source).replace('g', "");
    let text = Span::new(content, end);
    let quote = quotes_for(text.of(lexer.source));
    let flags = if flags.is_empty() { flags } else { format!("(?{flags})") };
    let mistake = Mistake::new(Span::new(start, lexer.at), "a pattern is not written between slashes")
        .expected("a text")
        .help(format!("write r{quote}{flags}{}{quote}", short(text.of(lexer.source))))
        .edit(Span::new(start, content), format!("r{quote}{flags}"))
        .edit(Span::new(end, lexer.at), quote);
    lexer.mistakes.push(mistake);
    lexer.push(Tok::Text(Text { content: text, raw: true, bytes: false }), start);
}
