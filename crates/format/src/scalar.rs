//! Scalars as they are written.

use saphyr_parser::ScalarStyle;

use crate::tree::{Scalar, Style};

/// Reads the scalar that begins at a byte and ends no later than another; answers where it ends.
pub(crate) fn read(text: &str, start: usize, end: usize, style: ScalarStyle, value: String) -> (Scalar, usize) {
    let written = text.get(start..).unwrap_or_default();
    let (style, length) = match style {
        ScalarStyle::SingleQuoted => {
            let length = single_quoted(written);
            (Style::Quoted(lines(written.get(..length).unwrap_or_default())), length)
        }
        ScalarStyle::DoubleQuoted => {
            let length = double_quoted(written);
            (Style::Quoted(lines(written.get(..length).unwrap_or_default())), length)
        }
        _ if value.is_empty() => (Style::Empty, 0),
        _ => {
            let written = text.get(start..end).unwrap_or_default().trim_end();
            (Style::Plain(lines(written)), written.len())
        }
    };
    (Scalar { value, style }, start + length)
}

/// The length of a text in single quotes, in bytes.
fn single_quoted(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1).peekable();
    while let Some((at, c)) = characters.next() {
        if c == '\'' && characters.next_if(|(_, next)| *next == '\'').is_none() {
            return at + 1;
        }
    }
    text.len()
}

/// The length of a text in double quotes, in bytes.
fn double_quoted(text: &str) -> usize {
    let mut characters = text.char_indices().skip(1);
    while let Some((at, c)) = characters.next() {
        match c {
            '\\' => drop(characters.next()),
            '"' => return at + 1,
            _ => {}
        }
    }
    text.len()
}

/// Lines without the indentation and the spaces at their ends, which say nothing (YAML 1.2.2, section 6.5).
fn lines(written: &str) -> Vec<String> {
    let all: Vec<&str> = written.split('\n').collect();
    let last = all.len().saturating_sub(1);
    let line = |(index, line): (usize, &&str)| {
        let line = if index == 0 { line } else { line.trim_start_matches([' ', '\t']) };
        if index == last { line.to_owned() } else { without_spaces(line).to_owned() }
    };
    all.iter().enumerate().map(line).collect()
}

/// A line without the spaces at its end, but for one that is escaped.
fn without_spaces(line: &str) -> &str {
    let trimmed = line.trim_end_matches([' ', '\t']);
    let escapes = trimmed.len() - trimmed.trim_end_matches('\\').len();
    if escapes % 2 == 1 { line.get(..trimmed.len() + 1).unwrap_or(line) } else { trimmed }
}

/// Reads a block scalar whose header begins at a byte, and whose content ends at another; answers the scalar, the comment behind the
/// header with its byte, where the scalar ends, and whether blank lines follow that say nothing.
pub(crate) fn read_block(
    text: &str,
    header: usize,
    end: usize,
    value: String,
) -> (Scalar, Option<(usize, &str)>, usize, bool) {
    let rest = text.get(header..).unwrap_or_default();
    let first = rest.split('\n').next().unwrap_or_default();
    let indicators = first.split([' ', '\t', '\r']).next().unwrap_or_default();
    let comment = first.find('#').map(|at| (header + at, first.get(at..).unwrap_or_default().trim_end()));
    let content = header + (first.len() + 1).min(rest.len());
    let written = text.get(content..end.max(content)).unwrap_or_default();
    // The indentation of what follows, such as of a comment, is no line of the content.
    let whole = written.rfind('\n').map_or(0, |at| at + 1);
    let partial = written.get(whole..).unwrap_or_default();
    let at_end = end >= text.len() && !partial.trim().is_empty();
    let written = if at_end { written } else { written.get(..whole).unwrap_or_default() };
    let ends = content + written.len();
    let margin = margin(written, &value);
    let mut lines: Vec<String> = written.lines().map(|line| cut(line, margin).to_owned()).collect();
    let keeps = indicators.contains('+');
    let mut blank = false;
    while !keeps && lines.last().is_some_and(String::is_empty) {
        lines.pop();
        blank = true;
    }
    let mut header: String = indicators.chars().filter(|c| !c.is_ascii_digit()).collect();
    if !value.is_empty() && !value.ends_with('\n') && !header.ends_with('-') {
        // The file ended without a line break, and so did the text.
        header = header.trim_end_matches('+').to_owned() + "-";
    }
    (Scalar { value, style: Style::Block { header, lines } }, comment, ends, blank)
}

/// How far a block's lines are indented together: the first one that is not blank says so, less the spaces that it means.
fn margin(written: &str, value: &str) -> usize {
    let indent = |text: &str| {
        let line = text.lines().find(|line| !line.trim_matches(' ').is_empty());
        line.map(|line| line.len() - line.trim_start_matches(' ').len())
    };
    match (indent(written), indent(value)) {
        (Some(written), meant) => written.saturating_sub(meant.unwrap_or(0)),
        (None, _) => usize::MAX,
    }
}

fn cut(line: &str, margin: usize) -> &str {
    let spaces = line.len() - line.trim_start_matches(' ').len();
    line.get(margin.min(spaces)..).unwrap_or_default()
}

impl Scalar {
    /// On one line, as within brackets; none for what can't be.
    pub(crate) fn on_one_line(&self) -> String {
        match &self.style {
            Style::Empty => "null".to_owned(),
            Style::Plain(lines) => match lines.as_slice() {
                [line] => line.clone(),
                _ if self.value.contains('\n') => escaped(&self.value),
                lines => lines.join(" "),
            },
            Style::Quoted(lines) => match lines.as_slice() {
                [line] => requoted(line),
                _ => escaped(&self.value),
            },
            Style::Block { .. } => escaped(&self.value),
        }
    }

    /// The lines of a scalar that is no block.
    pub(crate) fn lines(&self) -> Vec<String> {
        match &self.style {
            Style::Empty => vec![String::new()],
            Style::Plain(lines) => lines.clone(),
            Style::Quoted(lines) => match lines.as_slice() {
                [line] => vec![requoted(line)],
                lines => lines.to_vec(),
            },
            Style::Block { .. } => vec![escaped(&self.value)],
        }
    }
}

/// Double quotes, unless that would need escapes.
fn requoted(written: &str) -> String {
    let inner = written.strip_prefix('\'').and_then(|rest| rest.strip_suffix('\''));
    match inner {
        Some(inner) if !inner.contains(['"', '\\']) => format!("\"{}\"", inner.replace("''", "'")),
        _ => written.to_owned(),
    }
}

/// A text in double quotes: JSON's escapes are YAML's.
fn escaped(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}
