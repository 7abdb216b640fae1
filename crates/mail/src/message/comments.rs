//! Comments within an address (RFC 5322, section 3.2.2).

use std::borrow::Cow;

/// The most of a comment within angle brackets, in bytes: one that is longer was never closed.
const LONGEST_COMMENT: usize = 200;

/// The comments of a text that is read from its beginning to its end.
#[derive(Default)]
pub(super) struct Comments {
    /// Where the last one ends.
    end: usize,
    /// Whether one was never closed: its bracket is a character, and others are not searched.
    open: bool,
}

impl Comments {
    /// Whether what is at an offset is part of a comment.
    pub(super) fn cover(&mut self, text: &str, at: usize) -> bool {
        if at >= self.end && !self.open && text.get(at..).is_some_and(|rest| rest.starts_with('(')) {
            match text.get(at..).and_then(comment_length) {
                Some(length) => self.end = at + length,
                None => self.open = true,
            }
        }
        at < self.end
    }
}

/// How long a comment is, with its brackets and those in it; none if it isn't closed.
fn comment_length(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    let mut chars = text.char_indices().take_while(|(at, _)| *at <= LONGEST_COMMENT);
    while let Some((at, c)) = chars.next() {
        match c {
            '\\' => _ = chars.next(),
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if depth == 0 {
            return Some(at + c.len_utf8());
        }
    }
    None
}

/// What is within angle brackets without comments, which are no part of an address (RFC 5322, section 3.4.1).
pub(super) fn without_comments(inside: &str) -> Cow<'_, str> {
    if !inside.contains('(') {
        return Cow::Borrowed(inside);
    }
    let mut quoted = false;
    let mut comments = Comments::default();
    let is_kept = |(at, c): &(usize, char)| {
        let covered = !quoted && comments.cover(inside, *at);
        quoted ^= *c == '"' && !covered;
        !covered
    };
    Cow::Owned(inside.char_indices().filter(is_kept).map(|(_, c)| c).collect())
}
