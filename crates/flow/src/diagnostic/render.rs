//! Problems as people read them: the place, the line of the file with the part that is meant underlined, what to do.

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
    let _ = writeln!(out, "{severity}[{}]: {}", diagnostic.code, diagnostic.message);
    match place(diagnostic, places) {
        None => {
            let _ = writeln!(out, "  --> {file}");
        }
        Some(place) => {
            let range = meant(diagnostic, place, places);
            let (line, column) = position(text, range.start);
            let _ = writeln!(out, "  --> {file}:{line}:{column}");
            underline(&mut out, text, range, line, &paint);
        }
    }
    if !diagnostic.path.is_empty() {
        let _ = writeln!(out, "  at: {}", diagnostic.path);
    }
    for (label, value) in
        [("expected", &diagnostic.expected), ("found", &diagnostic.found), ("help", &diagnostic.suggestion)]
    {
        if let Some(value) = value {
            let _ = writeln!(out, "  {label}: {value}");
        }
    }
    if let Some(line) = mended(diagnostic, text, places) {
        let _ = writeln!(out, "  write: {line}");
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
    Some(position(text, meant(&diagnostic, place, places).start))
}

/// The line as it reads with the suggestion applied, if that is not said by the suggestion.
fn mended(diagnostic: &Diagnostic, text: &str, places: &Places) -> Option<String> {
    let place = places.get(&diagnostic.path).filter(|place| place.verbatim)?;
    let base = place.bytes.start + usize::from(place.quoted);
    let quote = text.get(place.bytes.start..base).unwrap_or_default();
    let is_said = match diagnostic.edits.as_slice() {
        [] => true,
        [edit] => diagnostic.range.as_ref() == Some(&edit.range),
        _ => false,
    };
    // Within quotes of YAML, quotes and backslashes would have to be escaped.
    let is_plain = |edit: &Edit| !edit.text.contains('\n') && (quote.is_empty() || !edit.text.contains(['\\', '"']));
    let is_single = |edit: &Edit| quote != "'" || !edit.text.contains('\'');
    if is_said || !diagnostic.edits.iter().all(|edit| is_plain(edit) && is_single(edit)) {
        return None;
    }
    let start = text.get(..base)?.rfind('\n').map_or(0, |at| at + 1);
    let line = text.get(start..)?.lines().next()?;
    let edits: Vec<Edit> = diagnostic
        .edits
        .iter()
        .map(|edit| {
            let at = |byte: usize| base + byte - start;
            Edit { range: at(edit.range.start)..at(edit.range.end), text: edit.text.clone() }
        })
        .collect();
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
fn meant(diagnostic: &Diagnostic, place: &Place, places: &Places) -> Range<usize> {
    let exact = places.get(&diagnostic.path).is_some_and(|exact| exact == place);
    match &diagnostic.range {
        // Inside a value that stands in the file as it is, offsets can be added; quotes come first.
        Some(range) if exact && place.verbatim => {
            let quote = usize::from(place.quoted);
            let start = place.bytes.start + quote + range.start;
            start..(place.bytes.start + quote + range.end).max(start)
        }
        _ => place.bytes.clone(),
    }
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
    let rest = text.get(start..).unwrap_or_default();
    let shown: String = rest.lines().next().unwrap_or_default().chars().take(MAX_LINE).collect();
    let before = text.get(start..range.start).unwrap_or_default().chars().count().min(MAX_LINE);
    let meant = text.get(range).unwrap_or_default();
    let marks =
        meant.lines().next().unwrap_or_default().chars().count().clamp(1, MAX_LINE.saturating_sub(before).max(1));
    let number = line.to_string();
    let margin = " ".repeat(number.len());
    // Tabs keep their width under the line that holds them.
    let indent: String = shown.chars().take(before).map(|c| if c == '\t' { '\t' } else { ' ' }).collect();
    let _ = writeln!(out, "{margin} |");
    let _ = writeln!(out, "{number} | {shown}");
    let _ = writeln!(out, "{margin} | {indent}{}", paint.red(&"^".repeat(marks)));
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
