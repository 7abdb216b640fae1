//! Finding the structure of a mail.

use std::sync::LazyLock;

use mail_parser::MessageParser;
use memchr::memchr;

/// Reads only the fields that make up the structure; all others are read when a flow asks for them.
static PARSER: LazyLock<MessageParser> =
    LazyLock::new(|| MessageParser::new().with_mime_headers().default_header_ignore());

/// The message without the `From ` line that mbox files put before each: programs that export single messages leave
/// it there.
pub(super) fn without_mbox_line(raw: &[u8]) -> &[u8] {
    if !raw.starts_with(b"From ") && !raw.starts_with(b">From ") {
        return raw;
    }
    memchr(b'\n', raw).and_then(|end| raw.get(end + 1..)).unwrap_or(raw)
}

/// The MIME structure; `None` if there is not one header field.
pub(super) fn structure(content: &[u8]) -> Option<mail_parser::Message<'_>> {
    PARSER.parse(content)
}
