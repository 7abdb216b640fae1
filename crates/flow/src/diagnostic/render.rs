//! Problems as people read them: the place, the line of the file with the part that is meant underlined, what to do.

use std::borrow::Cow;
use std::fmt::Write;
use std::ops::Range;

use super::{Diagnostic, Edit, Severity, edited};
use crate::source::{Place, Places};

/// A longer line of a file is shown in part.
const MAX_LINE: usize = 160;

/// A problem in a file. `places` are those of the file's values; a path without a place falls back to what it is part of.
pub fn in_file(diagnostic: &Diagnostic, file: &str, text: &str, places: &Places, colour: bool) -> String {
    let paint = Paint { colour };
    let mut out = String::new();
    let severity = match diagnostic.severity {
        Severity::Error => paint.red("error"),
        Severity::Warning => paint.yellow("warning"),
    };
    // Writing to a String can't fail.
    let _ = writeln!(out, "{severity}[{}]: {}", diagnostic.code, visible(&diagnostic.message));
    match place(diagnostic, places) {
        None => {
            let _ = writeln!(out, "  --> {file}");
        }
        Some(place) => {
            let range = meant(diagnostic, place, places, text);
            let (line, column) = position(text, range.start);
            let _ = writeln!(out, "  --> {file}:{line}:{column}");
            if !diagnostic.unshown {
                underline(&mut out, text, range, line, &paint);
            }
        }
    }
    if !diagnostic.path.is_empty() {
        let _ = writeln!(out, "  at: {}", diagnostic.path);
    }
    for (label, value) in
        [("expected", &diagnostic.expected), ("found", &diagnostic.found), ("help", &diagnostic.suggestion)]
    {
        if let Some(value) = value {
            let _ = writeln!(out, "  {label}: {}", visible(value));
        }
    }
    if let Some(line) = mended(diagnostic, text, places) {
        let _ = writeln!(out, "  write: {}", visible(&line));
    }
    out
}

/// Line and column, counted from 1, of a path in a file's text, or of the nearest thing that it is part of; with a range, of that part of
/// its string value.
#[must_use]
pub fn spot(path: &str, range: Option<Range<usize>>, text: &str, places: &Places) -> Option<(usize, usize)> {
    let mut diagnostic = Diagnostic::error(super::Code::InvalidValue, path, "");
    diagnostic.range = range;
    let place = place(&diagnostic, places)?;
    Some(position(text, meant(&diagnostic, place, places, text).start))
}

/// The line as it reads with the suggestion applied, if that is not said by the suggestion.
fn mended(diagnostic: &Diagnostic, text: &str, places: &Places) -> Option<String> {
    let place = places.get(&diagnostic.path)?;
    let is_said = match diagnostic.edits.as_slice() {
        [] => true,
        [edit] => diagnostic.range.as_ref() == Some(&edit.range),
        _ => false,
    };
    if is_said {
        return None;
    }
    let start = text.get(..place.bytes.start)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..)?.lines().next()?;
    let at = |byte: usize| place.within(text, byte).map(|at| at - start);
    let edits = diagnostic.edits.iter().map(|edit| {
        Some(Edit { range: at(edit.range.start)?..at(edit.range.end)?, text: place.form.escaped(&edit.text)? })
    });
    let edits: Vec<Edit> = edits.collect::<Option<_>>()?;
    let fits = line.len() <= MAX_LINE && edits.iter().all(|edit| edit.range.end <= line.len());
    fits.then(|| edited(line, &edits).trim().to_owned())
}

/// The place of the path, or of the nearest thing that it is part of.
fn place<'p>(diagnostic: &Diagnostic, places: &'p Places) -> Option<&'p Place> {
    let mut path = diagnostic.path.as_str();
    loop {
        if let Some(place) =
            places.get(&format!("{path}#key")).filter(|_| path == diagnostic.path && !is_value(diagnostic))
        {
            return Some(place);
        }
        if let Some(place) = places.get(path) {
            return Some(place);
        }
        if path.is_empty() {
            return None;
        }
        path = path.rfind(['.', '[']).and_then(|end| path.get(..end)).unwrap_or_default();
    }
}

/// Whether the problem is about the value and not about its key.
fn is_value(diagnostic: &Diagnostic) -> bool {
    !matches!(diagnostic.code, super::Code::UnknownKey | super::Code::DuplicateKey)
}

/// The bytes of the file that are meant.
fn meant(diagnostic: &Diagnostic, place: &Place, places: &Places, text: &str) -> Range<usize> {
    let exact = places.get(&diagnostic.path).is_some_and(|exact| exact == place);
    match &diagnostic.range {
        Some(range) if exact => {
            let (start, end) = (place.within(text, range.start), place.within(text, range.end));
            start.zip(end).map_or_else(|| place.bytes.clone(), |(start, end)| start..end.max(start))
        }
        _ => place.bytes.clone(),
    }
}

/// A text without what a terminal would obey.
fn visible(text: &str) -> Cow<'_, str> {
    let obeyed = |c: char| c.is_control() && !matches!(c, '\n' | '\t');
    if !text.contains(obeyed) {
        return Cow::Borrowed(text);
    }
    let mut shown = String::with_capacity(text.len());
    for c in text.chars() {
        if obeyed(c) { shown.extend(c.escape_default()) } else { shown.push(c) }
    }
    Cow::Owned(shown)
}

/// Line and column of a byte, both counted from 1, columns in characters.
fn position(text: &str, byte: usize) -> (usize, usize) {
    let before = text.get(..byte).unwrap_or(text);
    let line = before.bytes().filter(|byte| *byte == b'\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |at| at + 1);
    (line, before.get(start..).unwrap_or_default().chars().count() + 1)
}

fn underline(out: &mut String, text: &str, range: Range<usize>, line: usize, paint: &Paint) {
    let start = text.get(..range.start).and_then(|before| before.rfind('\n')).map_or(0, |at| at + 1);
    let whole = text.get(start..).unwrap_or_default().lines().next().unwrap_or_default();
    let (length, before) = (whole.chars().count(), text.get(start..range.start).unwrap_or_default().chars().count());
    // Of a long line what is around the place is shown.
    let from =
        if before < MAX_LINE / 2 || length <= MAX_LINE { 0 } else { (before - MAX_LINE / 2).min(length - MAX_LINE) };
    let (cut_before, cut_behind) = (if from > 0 { "…" } else { "" }, if length - from > MAX_LINE { "…" } else { "" });
    let part: String = whole.chars().skip(from).take(MAX_LINE).collect();
    // A line may have more in it than what the problem is about.
    if names_user(whole) {
        return;
    }
    // One sign for one: the marks below stand where they should.
    let obeyed = |c: char| c.is_control() && c != '\t';
    let shown = format!("{cut_before}{part}{cut_behind}").replace(obeyed, "\u{fffd}");
    let before = before.saturating_sub(from) + cut_before.chars().count();
    let meant = text.get(range).unwrap_or_default();
    let room = shown.chars().count().saturating_sub(before).max(1);
    let marks = meant.lines().next().unwrap_or_default().chars().count().clamp(1, room);
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    // Tabs keep their width under the line that holds them.
    let indent: String = shown.chars().take(before).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let _ = writeln!(out, "{margin} |");
    let _ = writeln!(out, "{number} | {shown}");
    let _ = writeln!(out, "{margin} | {indent}{}", paint.red(&"^".repeat(marks)));
}

/// Whether a line has what may be a user with a password: `care:word@`, or in a URL what is neither host nor port.
fn names_user(line: &str) -> bool {
    let mut words = line.split(|c: char| c.is_whitespace() || matches!(c, '"' | '\'' | '`' | '{' | '}' | ','));
    words.any(|word| {
        let authority = word.split_once("://").and_then(|(_, rest)| rest.split(['/', '?', '#']).next());
        let is_odd = authority.is_some_and(|authority| {
            let port = authority.rsplit_once(':').map_or("0", |(_, port)| port);
            let is_port = port.ends_with(']') || (!port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()));
            authority.contains(['@', '%']) || !is_port
        });
        let user = word.strip_prefix("mailto:").unwrap_or(word).split_once('@').map_or("", |(user, _)| user);
        is_odd || user.split_once(':').is_some_and(|(_, password)| !password.is_empty())
    })
}

struct Paint {
    colour: bool,
}

impl Paint {
    fn red(&self, text: &str) -> String {
        self.paint(text, "31")
    }

    fn yellow(&self, text: &str) -> String {
        self.paint(text, "33")
    }

    fn paint(&self, text: &str, code: &str) -> String {
        if self.colour { format!("\x1b[1;{code}m{text}\x1b[0m") } else { text.to_owned() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The line and the marks that are shown for the word `HERE` of a text.
    fn shown(text: &str) -> Vec<String> {
        let start = text.find("HERE").unwrap_or_default();
        let mut out = String::new();
        underline(&mut out, text, start..start + 4, 1, &Paint { colour: false });
        out.lines().skip(1).map(str::to_owned).collect()
    }

    #[test]
    fn of_a_long_line_what_is_around_the_place_is_shown() {
        for (before, behind) in [(0, 0), (0, 500), (79, 500), (80, 500), (300, 0), (300, 40), (300, 500), (156, 0)] {
            let lines = shown(&format!("{}HERE{}\nmore", "ä".repeat(before), "b".repeat(behind)));
            let [line, marks] = lines.as_slice() else { unreachable!("two lines") };
            let at = marks.chars().position(|c| c == '^');
            let marked: String = line.chars().skip(at.unwrap_or_default()).take(4).collect();
            assert_eq!((marked.as_str(), marks.matches('^').count()), ("HERE", 4), "{before}, {behind}: {line}");
            assert!(line.chars().count() <= MAX_LINE + 6, "{before}, {behind}: {line}");
            assert_eq!(line.contains('…'), before + behind + 4 > MAX_LINE, "{before}, {behind}: {line}");
        }
    }
}
