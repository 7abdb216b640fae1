//! Finding the structure of a mail.

use std::sync::LazyLock;

use mail_parser::MessageParser;
use memchr::memchr;

use super::{nesting, parts};

/// Reads only the fields that make up the structure; all others are read when a flow asks for them.
static PARSER: LazyLock<MessageParser> =
    LazyLock::new(|| MessageParser::new().with_mime_headers().default_header_ignore());

/// The message without what may stand above its first field: blank lines, and the `From ` line that mbox files put
/// before each message and programs that export single ones leave there.
pub(super) fn from_first_field(raw: &[u8]) -> &[u8] {
    let start = raw.iter().position(|byte| !matches!(byte, b'\r' | b'\n')).unwrap_or(raw.len());
    let text = raw.get(start..).unwrap_or_default();
    let Some(rest) = text.strip_prefix(b"From ").or_else(|| text.strip_prefix(b">From ")) else { return text };
    // `From : a@b` is a field in obsolete form.
    if rest.trim_ascii_start().first() == Some(&b':') {
        return text;
    }
    memchr(b'\n', rest).and_then(|end| rest.get(end + 1..)).unwrap_or(text)
}

/// What was found in a mail.
pub(super) struct Structure<'x> {
    /// The parts; `None` if there is not one header field.
    pub(super) parsed: Option<mail_parser::Message<'x>>,
    /// What is no header and was not taken apart.
    pub(super) unread: Option<&'x [u8]>,
}

/// Takes a mail apart. One without a header field, and one that would be too much, is left in one piece.
pub(super) fn structure(content: &[u8]) -> Structure<'_> {
    if nesting::is_too_deep(content) || parts::are_too_many(content) {
        let parsed = PARSER.parse_headers(content);
        let last = parsed.as_ref().and_then(|message| message.parts.first()?.headers.last());
        let body = last.map_or(0, |header| header.offset_end as usize);
        return Structure { unread: content.get(body..).map(trim_line_end), parsed };
    }
    let parsed = PARSER.parse(content);
    Structure { unread: parsed.is_none().then_some(content), parsed }
}

/// Without the blank line that ends a header.
fn trim_line_end(body: &[u8]) -> &[u8] {
    body.strip_prefix(b"\r\n").or_else(|| body.strip_prefix(b"\n")).unwrap_or(body)
}
