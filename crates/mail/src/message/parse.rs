//! Finding the structure of a mail.

use std::sync::LazyLock;

use mail_parser::MessageParser;
use memchr::memchr;

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

/// The MIME structure; `None` if there is not one header field.
pub(super) fn structure(content: &[u8]) -> Option<mail_parser::Message<'_>> {
    PARSER.parse(content)
}
