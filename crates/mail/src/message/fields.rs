//! Header fields: where they stand, and their values, each decoded when first asked for.

use std::borrow::Cow;
use std::sync::OnceLock;

use memchr::memchr;

use super::charset::Charset;
use super::unread::{FIELD_BYTES, FIELDS, NAME_BYTES};
use super::words;

/// A field as it stands in the mail: its value with its folds, without the last line end.
#[derive(Clone, Copy, Debug)]
pub(super) struct RawField<'x> {
    pub(super) name: &'x str,
    pub(super) value: &'x [u8],
}

impl RawField<'_> {
    pub(super) fn is(&self, name: &str) -> bool {
        self.name.eq_ignore_ascii_case(name)
    }
}

/// Finds the fields of a header, and returns where the body begins.
///
/// A header ends at a blank line, or where `ends` says so of a line. One line that is no field is left aside; two of them in
/// a row are the beginning of a body that has no blank line before it, as are all lines where there is no field.
pub(super) fn split<'x>(
    content: &'x [u8],
    line_end: u8,
    ends: impl Fn(&[u8]) -> bool,
    mut field: impl FnMut(RawField<'x>),
) -> usize {
    let next = |from: usize| {
        memchr(line_end, content.get(from..).unwrap_or_default()).map_or(content.len(), |at| from + at + 1)
    };
    let (mut at, mut any, mut stray) = (0, false, None);
    while at < content.len() {
        let mut end = next(at);
        let line = trim_line_end(content.get(at..end).unwrap_or_default());
        if line.is_empty() {
            return if any || stray.is_none() { end } else { 0 };
        }
        if line.starts_with(b"--") && ends(line) {
            return stray.unwrap_or(at);
        }
        match field_name(line) {
            Some((name, colon)) => {
                while matches!(content.get(end), Some(b' ' | b'\t')) {
                    end = next(end);
                }
                let value = content.get(at + colon + 1..end).unwrap_or_default();
                field(RawField { name, value: trim_line_end(value) });
                (any, stray) = (true, None);
            }
            // What is folded below a line goes with it.
            None if line.starts_with(b" ") || line.starts_with(b"\t") => stray = stray.or(Some(at)),
            None => match stray {
                Some(start) => return start,
                None => stray = Some(at),
            },
        }
        at = end;
    }
    stray.unwrap_or(content.len())
}

pub(super) fn trim_line_end(line: &[u8]) -> &[u8] {
    let ends = line.iter().rev().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
    line.get(..line.len() - ends).unwrap_or_default()
}

/// The name before the colon, if there is one, and where the colon is. White space between them is obsolete but legal (RFC 5322,
/// section 4.5).
fn field_name(line: &[u8]) -> Option<(&str, usize)> {
    let colon = memchr(b':', line.get(..NAME_BYTES).unwrap_or(line))?;
    let name = line.get(..colon)?.trim_ascii();
    let is_name = !name.is_empty() && name.iter().all(u8::is_ascii_graphic);
    Some((std::str::from_utf8(name).ok().filter(|_| is_name)?, colon))
}

/// One field, and its value once decoded.
#[derive(Debug)]
struct Field<'x> {
    name: &'x str,
    raw: &'x [u8],
    text: OnceLock<Cow<'x, str>>,
}

/// The header fields of the message, in order.
#[derive(Debug)]
pub(super) struct Fields<'x> {
    fields: Vec<Field<'x>>,
    more: bool,
    /// What bytes outside of ASCII are in, if they are not UTF-8.
    charset: Charset,
}

impl<'x> Fields<'x> {
    /// The fields at the beginning of a mail, and where its body begins.
    pub(super) fn read(content: &'x [u8], line_end: u8) -> (Self, usize) {
        let mut fields = Vec::with_capacity(32);
        let mut more = false;
        let body = split(
            content,
            line_end,
            |_| false,
            |field| {
                // Structure and sender count wherever they stand.
                if fields.len() < FIELDS || (fields.len() < FIELDS + 100 && is_vital(&field)) {
                    fields.push(Field { name: field.name, raw: field.value, text: OnceLock::new() });
                } else {
                    more = true;
                }
            },
        );
        (Self { fields, more, charset: Charset::Unsaid }, body)
    }

    /// Whether there are more fields than are read.
    pub(super) fn has_more(&self) -> bool {
        self.more
    }

    /// Whether a field is longer than what is read of it.
    pub(super) fn has_long(&self) -> bool {
        self.fields.iter().any(|field| field.raw.len() > FIELD_BYTES)
    }

    /// All fields as they stand.
    pub(super) fn raw(&self) -> impl Iterator<Item = RawField<'x>> {
        self.fields.iter().map(|field| RawField { name: field.name, value: field.raw })
    }

    /// The fields of a name as they stand, each as far as it is read.
    pub(super) fn raw_named(&self, name: &str) -> impl Iterator<Item = &'x [u8]> {
        self.named(name).map(|field| capped(field.raw))
    }

    /// The fields of a name, unfolded but not decoded.
    pub(super) fn unfolded(&self, name: &str) -> impl Iterator<Item = Cow<'x, str>> {
        self.raw_named(name).map(|raw| words::unfold(raw, || self.charset))
    }

    /// Names and decoded values.
    pub(super) fn iter(&self) -> impl Iterator<Item = (&str, &str)> {
        self.fields.iter().map(|field| (field.name, self.text(field)))
    }

    /// The first decoded value of a field.
    pub(super) fn first(&self, name: &str) -> Option<&str> {
        self.named(name).next().map(|field| self.text(field))
    }

    /// The position of the first field of a name, for [`Fields::at`].
    pub(super) fn position(&self, name: &str) -> Option<usize> {
        self.fields.iter().position(|field| field.name.eq_ignore_ascii_case(name))
    }

    /// The decoded value of the field at a position.
    pub(super) fn at(&self, position: usize) -> Option<&str> {
        self.fields.get(position).map(|field| self.text(field))
    }

    /// Says what bytes outside of ASCII are in, if they are not UTF-8: before any value is asked for.
    pub(super) fn assume(&mut self, charset: Charset) {
        self.charset = charset;
    }

    fn text<'a>(&'a self, field: &'a Field<'x>) -> &'a str {
        field.text.get_or_init(|| words::decode(words::unfold(capped(field.raw), || self.charset)))
    }

    fn named(&self, name: &str) -> impl Iterator<Item = &Field<'x>> {
        self.fields.iter().filter(move |field| field.name.eq_ignore_ascii_case(name))
    }
}

fn capped(raw: &[u8]) -> &[u8] {
    raw.get(..FIELD_BYTES).unwrap_or(raw)
}

fn is_vital(field: &RawField<'_>) -> bool {
    const VITAL: [&str; 11] = [
        "from",
        "to",
        "cc",
        "reply-to",
        "subject",
        "date",
        "message-id",
        "in-reply-to",
        "references",
        "auto-submitted",
        "return-path",
    ];
    VITAL.iter().any(|name| field.is(name))
        || field.name.get(..8).is_some_and(|start| start.eq_ignore_ascii_case("content-"))
}
