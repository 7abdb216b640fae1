//! What stands between two values: comments, blank lines, and marks that say nothing by themselves.

use crate::tree::{Trailing, Trivia};

/// What was between two values.
#[derive(Debug, Default)]
pub(crate) struct Gap {
    /// A comment on the line that the value before ends on.
    pub(crate) trailing: Option<Trailing>,
    /// What stands on lines of its own.
    pub(crate) lines: Vec<Trivia>,
    /// The first character that belongs to no value and is no mark either: its byte.
    pub(crate) unknown: Option<usize>,
}

/// Reads what is between two bytes of a text. With `until`, it ends behind that mark, should it be there; answers where it ended.
pub(crate) fn gap(text: &str, from: usize, to: usize, until: Option<char>) -> (Gap, usize) {
    let mut gap = Gap::default();
    let mut breaks = 0;
    let mut seen = false;
    let mut at = from;
    while at < to {
        let Some(next) = text.get(at..).and_then(|rest| rest.chars().next()) else { break };
        let fresh = text.get(..at).is_none_or(|before| before.is_empty() || before.ends_with(char::is_whitespace));
        match next {
            '\n' => breaks += 1,
            '#' if fresh => {
                let comment = text.get(at..).unwrap_or_default().lines().next().unwrap_or_default();
                let start = text.get(..at).map_or(0, |before| before.rfind('\n').map_or(0, |line| line + 1));
                let column = text.get(start..at).map_or(0, |line| line.chars().count());
                let words = comment.trim_end().to_owned();
                let line = text.get(..at).map_or(0, |before| before.matches('\n').count());
                if breaks == 0 && !seen {
                    gap.trailing = Some(Trailing { text: words, column, line });
                } else {
                    if breaks > 1 {
                        gap.lines.push(Trivia::Blank);
                    }
                    gap.lines.push(Trivia::Comment(words, column));
                }
                // The line's end is the one before whatever follows.
                (breaks, seen) = (0, true);
                at += comment.len();
                continue;
            }
            mark if until == Some(mark) => {
                if breaks > 1 {
                    gap.lines.push(Trivia::Blank);
                }
                return (gap, at + mark.len_utf8());
            }
            ':' | ',' | '?' | '-' | '.' | '{' | '}' | '[' | ']' | ' ' | '\t' | '\r' | '\u{feff}' => {}
            _ => gap.unknown = gap.unknown.or(Some(at)),
        }
        at += next.len_utf8();
    }
    if breaks > 1 {
        gap.lines.push(Trivia::Blank);
    }
    (gap, to.max(from))
}
