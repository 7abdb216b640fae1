//! Signs of no width that say in which direction a text runs. Programs for Hebrew, Arabic and Persian put them around whole lines.

use std::borrow::Cow;

/// Whether a character only sets the direction of those around it (Unicode, UAX #9 section 2).
pub(super) fn is_mark(c: char) -> bool {
    matches!(c, '\u{61c}' | '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

/// A text without them, as its words are compared.
pub(super) fn without_marks(text: &str) -> Cow<'_, str> {
    if text.contains(is_mark) { Cow::Owned(text.replace(is_mark, "")) } else { Cow::Borrowed(text) }
}
