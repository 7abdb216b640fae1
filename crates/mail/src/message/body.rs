//! The texts of a mail: what is shown to its reader.

use std::borrow::Cow;

use mail_parser::decoders::html::html_to_text;
use mail_parser::{MimeHeaders, PartType};
use memchr::{memchr, memchr_iter};

use super::BODY_LIMIT;

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
        for shown in [&message.text_body, &message.html_body] {
            let plain = Self::joined(parts(message, shown).filter_map(|part| match part {
                PartType::Text(text) => Some(text.clone()),
                _ => None,
            }));
            if !plain.is_blank() {
                return plain;
            }
        }
        let words = Self::joined(html_parts(message).map(|html| Cow::Owned(html_to_text(html))));
        if words.is_blank() { Self::unread_multipart(message) } else { words }
    }

    /// The HTML as written.
    pub(super) fn html(message: &mail_parser::Message<'x>) -> Self {
        Self::joined(html_parts(message).cloned())
    }

    /// All of a mail without one header field.
    pub(super) fn of_headless(content: &'x [u8]) -> Self {
        Self::joined(std::iter::once(String::from_utf8_lossy(content)))
    }

    /// What a mail that calls itself multipart holds, if no part could be found in it.
    fn unread_multipart(message: &mail_parser::Message<'x>) -> Self {
        match message.parts.first() {
            Some(root) if root.content_type().is_some_and(|given| given.ctype() == "multipart") => match &root.body {
                PartType::Binary(bytes) | PartType::InlineBinary(bytes) => {
                    Self::joined(std::iter::once(Cow::Owned(String::from_utf8_lossy(bytes).into_owned())))
                }
                PartType::Text(text) => Self::joined(std::iter::once(text.clone())),
                _ => Self::default(),
            },
            _ => Self::default(),
        }
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
    fn joined(parts: impl Iterator<Item = Cow<'x, str>>) -> Self {
        let mut joined = Self::default();
        for part in parts.filter(|part| !part.is_empty()) {
            if joined.text.len() > BODY_LIMIT {
                break;
            }
            if joined.text.is_empty() {
                joined.text = with_lf(part);
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

fn parts<'a, 'x>(message: &'a mail_parser::Message<'x>, ids: &'a [u32]) -> impl Iterator<Item = &'a PartType<'x>> {
    ids.iter().filter_map(|id| message.parts.get(*id as usize)).map(|part| &part.body)
}

/// The HTML parts that are shown. An HTML part without an alternative is listed as both text and HTML.
fn html_parts<'a, 'x>(message: &'a mail_parser::Message<'x>) -> impl Iterator<Item = &'a Cow<'x, str>> {
    let html = |ids| {
        parts(message, ids).filter_map(|part| match part {
            PartType::Html(html) => Some(html),
            _ => None,
        })
    };
    let alone = if html(&message.html_body).next().is_none() { &message.text_body[..] } else { &[] };
    html(&message.html_body).chain(html(alone))
}

/// The longest prefix of at most `limit` bytes that ends between characters.
fn prefix(text: &str, limit: usize) -> &str {
    text.get(..text.floor_char_boundary(limit)).unwrap_or(text)
}

fn with_lf(text: Cow<'_, str>) -> Cow<'_, str> {
    if memchr(b'\r', text.as_bytes()).is_none() {
        return text;
    }
    let needed = prefix(&text, NEEDED);
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
        Text::joined(parts.iter().map(|part| Cow::Borrowed(*part)))
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
        let text = Text::joined(std::iter::once(Cow::Owned(format!("a{long}"))));
        assert!(text.is_truncated());
        assert_eq!(text.as_str().len(), BODY_LIMIT - 1);
        let exact = Text::joined(std::iter::once(Cow::Owned("\r\n".repeat(BODY_LIMIT))));
        assert!(!exact.is_truncated());
        assert_eq!(exact.as_str().len(), BODY_LIMIT);
        let more = Text::joined(std::iter::once(Cow::Owned("\r\n".repeat(BODY_LIMIT) + "x")));
        assert!(more.is_truncated());
    }
}
