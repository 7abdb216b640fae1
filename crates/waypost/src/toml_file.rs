//! Reads TOML files of settings, and reports all problems of a file at once, each with its line.

use std::fs;
use std::path::Path;

use toml::de::{DeTable, DeValue};
use waypost_problem::nearest;

use crate::failure::Failure;

/// A file's longest useful size, in bytes.
const MAX_BYTES: u64 = 1 << 20;

/// So many characters say which name is meant, where only one begins with them.
const START: usize = 4;

/// What is wrong with a file.
pub(crate) struct Problems<'a> {
    text: &'a str,
    found: Vec<(usize, String)>,
}

impl Problems<'_> {
    /// Something is wrong at this place, in bytes.
    pub(crate) fn add(&mut self, at: usize, problem: String) {
        let line = self.text.get(..at).unwrap_or(self.text).matches('\n').count() + 1;
        self.found.push((line, problem));
    }
}

/// Reads each key of a file: its name, where it stands in bytes, and its value.
///
/// # Errors
/// The file can't be read, or each of its problems with file and line.
pub(crate) fn read<T>(
    file: &Path,
    mut each: impl FnMut(&str, usize, &DeValue<'_>, &mut Problems<'_>) -> Option<T>,
) -> Result<Vec<T>, Failure> {
    let fail = |error: &dyn std::fmt::Display| Failure::of(format!("can't read {}", file.display()))(error);
    let about = fs::metadata(file).map_err(|error| fail(&error))?;
    if about.is_dir() {
        return Err(fail(&"it is a directory: expected a file"));
    }
    if about.len() > MAX_BYTES {
        return Err(fail(&"it is too large to be a file of settings"));
    }
    let text = fs::read_to_string(file).map_err(|error| fail(&error))?;
    let (table, errors) = DeTable::parse_recoverable(&text);
    let mut problems = Problems { text: &text, found: Vec::new() };
    for error in &errors {
        problems.add(error.span().map_or(0, |span| span.start), error.message().to_owned());
    }
    let mut read = Vec::new();
    // What was read of a file that is no TOML says little of what is meant.
    let keys = if errors.is_empty() { Some(table.get_ref()) } else { None };
    for (key, value) in keys.into_iter().flatten() {
        read.extend(each(key.get_ref(), key.span().start, value.get_ref(), &mut problems));
    }
    let mut found = problems.found;
    if found.is_empty() {
        return Ok(read);
    }
    found.sort();
    let lines: Vec<String> =
        found.iter().map(|(line, problem)| format!("{}:{line}: {problem}", file.display())).collect();
    Err(Failure::Failed(lines.join("\n")))
}

/// What to write instead of a name that is none of these.
pub(crate) fn instead(names: &[&str], word: &str) -> String {
    nearest(word, names.iter().copied())
        .or_else(|| same_start(word, names))
        .map_or_else(|| format!("expected one of {}", names.join(", ")), |name| format!("did you mean `{name}`?"))
}

/// The only name that begins as the word does: `stage` for `staging`.
fn same_start<'n>(word: &str, names: &[&'n str]) -> Option<&'n str> {
    let start: String = word.chars().take(START).collect();
    let mut found = names.iter().filter(|name| start.chars().count() == START && name.starts_with(&start));
    found.next().filter(|_| found.next().is_none()).copied()
}
