//! The texts of a mail: what is shown to its reader.

use std::borrow::Cow;

use mail_parser::PartType;
use memchr::{memchr, memchr_iter};

use super::BODY_LIMIT;
use super::shown::Shown;
use crate::html::{self, Page};

/// A line end may be two bytes in the mail and one here: this much always fills the limit, and shows whether there
/// is more.
const NEEDED: usize = BODY_LIMIT * 2 + 2;

/// A text of a mail, with LF line ends. Borrowed from the raw bytes if it stands there as it is to be shown.
#[derive(Debug, Default)]
pub(super) struct Text<'x> {
    text: Cow<'x, str>,
    truncated: bool,
}

impl<'x> Text<'x> {
    /// What the text parts say; else the HTML in words.
    pub(super) fn body(message: &mail_parser::Message<'x>) -> Self {
        let shown = Shown::of(message);
        let plain = Self::joined(texts(message, &shown.text));
        if !plain.is_blank() || shown.html.is_empty() {
            return plain;
        }
        Self::pages(message, &shown.html, |page| page.text)
    }

    /// What the HTML has in it without showing it.
    pub(super) fn hidden(message: &mail_parser::Message<'x>) -> Self {
        Self::pages(message, &Shown::of(message).html, |page| page.hidden)
    }

    /// A text of HTML parts.
    fn pages(message: &mail_parser::Message<'x>, ids: &[u32], text: fn(Page) -> String) -> Self {
        let mut is_cut = false;
        let mut joined = Self::joined(texts(message, ids).map(|html| {
            let page = html::read(&html);
            is_cut |= page.truncated;
            Cow::Owned(Cow::Owned(text(page)))
        }));
        joined.truncated |= is_cut;
        joined
    }

    /// The HTML as written.
    pub(super) fn html(message: &mail_parser::Message<'x>) -> Self {
        Self::joined(texts(message, &Shown::of(message).html))
    }

    /// What could not be taken apart.
    pub(super) fn unread(content: &'x [u8]) -> Self {
        Self::joined(std::iter::once(Cow::Owned(String::from_utf8_lossy(content))))
    }

    pub(super) fn as_str(&self) -> &str {
        &self.text
    }

    pub(super) fn is_truncated(&self) -> bool {
        self.truncated
    }

    fn is_blank(&self) -> bool {
        self.text.trim_start().is_empty()
    }

    /// Parts in order, each starting on a line of its own.
    fn joined<'a>(parts: impl Iterator<Item = Cow<'a, Cow<'x, str>>>) -> Self
    where
        'x: 'a,
    {
        let mut joined = Self::default();
        for part in parts {
            if part.is_empty() {
                continue;
            }
            if joined.text.len() > BODY_LIMIT {
                break;
            }
            if joined.text.is_empty() {
                joined.text = with_lf(&part);
                continue;
            }
            let text = joined.text.to_mut();
            if !text.ends_with('\n') {
                text.push('\n');
            }
            push_with_lf(text, prefix(&part, NEEDED));
        }
        let kept = prefix(&joined.text, BODY_LIMIT).len();
        if kept < joined.text.len() {
            joined.truncated = true;
            match &mut joined.text {
                Cow::Borrowed(text) => *text = prefix(text, kept),
                Cow::Owned(text) => text.truncate(kept),
            }
        }
        joined
    }
}

/// The texts of parts. The outer `Cow` spares a copy of those that the parser had to decode.
fn texts<'a, 'x>(message: &'a mail_parser::Message<'x>, ids: &'a [u32]) -> impl Iterator<Item = Cow<'a, Cow<'x, str>>> {
    ids.iter().filter_map(|id| message.parts.get(*id as usize)).map(|part| match &part.body {
        PartType::Text(text) | PartType::Html(text) => Cow::Borrowed(text),
        other => Cow::Owned(Cow::Owned(String::from_utf8_lossy(bytes(other)).into_owned())),
    })
}

fn bytes<'a>(part: &'a PartType<'_>) -> &'a [u8] {
    match part {
        PartType::Binary(bytes) | PartType::InlineBinary(bytes) => bytes,
        _ => &[],
    }
}

/// The longest prefix of at most `limit` bytes that ends between characters.
fn prefix(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

fn with_lf<'x>(text: &Cow<'x, str>) -> Cow<'x, str> {
    if let Cow::Borrowed(text) = text
        && memchr(b'\r', text.as_bytes()).is_none()
    {
        return Cow::Borrowed(text);
    }
    let needed = prefix(text, NEEDED);
    let mut converted = String::with_capacity(needed.len());
    push_with_lf(&mut converted, needed);
    Cow::Owned(converted)
}

/// Appends a text, each CRLF and each lone CR as LF.
fn push_with_lf(to: &mut String, text: &str) {
    let mut start = 0;
    for at in memchr_iter(b'\r', text.as_bytes()) {
        to.push_str(text.get(start..at).unwrap_or_default());
        start = at + 1;
        if text.as_bytes().get(start) != Some(&b'\n') {
            to.push('\n');
        }
    }
    to.push_str(text.get(start..).unwrap_or_default());
}

#[cfg(test)]
mod tests {
    use super::*;

    fn joined(parts: &[&'static str]) -> Text<'static> {
        Text::joined(parts.iter().map(|part| Cow::Owned(Cow::Borrowed(*part))))
    }

    #[test]
    fn line_ends_are_lf() {
        for (given, expected) in [
            ("a\r\nb\r\n", "a\nb\n"),
            ("a\rb", "a\nb"),
            ("\r\r\n\r", "\n\n\n"),
            ("a\nb", "a\nb"),
            ("é\r\nü", "é\nü"),
            ("", ""),
        ] {
            assert_eq!(joined(&[given]).as_str(), expected, "{given:?}");
        }
    }

    #[test]
    fn parts_start_on_their_own_line() {
        assert_eq!(joined(&["a", "b\r\n", "", "c"]).as_str(), "a\nb\nc");
    }

    #[test]
    fn a_text_that_needs_no_change_is_not_copied() {
        assert!(matches!(joined(&["a\nb"]).text, Cow::Borrowed(_)));
    }

    #[test]
    fn the_limit_falls_between_characters() {
        let long = "é".repeat(BODY_LIMIT / 2 + 1);
        let text = Text::joined(std::iter::once(Cow::Owned(Cow::Owned(format!("a{long}")))));
        assert!(text.is_truncated());
        assert_eq!(text.as_str().len(), BODY_LIMIT - 1);
        let exact = Text::joined(std::iter::once(Cow::Owned(Cow::Owned("\r\n".repeat(BODY_LIMIT)))));
        assert!(!exact.is_truncated());
        assert_eq!(exact.as_str().len(), BODY_LIMIT);
        let more = Text::joined(std::iter::once(Cow::Owned(Cow::Owned("\r\n".repeat(BODY_LIMIT) + "x"))));
        assert!(more.is_truncated());
    }
}
