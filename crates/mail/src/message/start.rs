//! Where a mail begins, and how its lines end.

use memchr::memchr;

/// The message without what may stand above its first field: white space, a byte order mark, and the `From ` line that mbox files
/// put before each message and programs that export single ones leave there.
pub(super) fn from_first_field(raw: &[u8]) -> &[u8] {
    let mut text = raw;
    loop {
        let before = text.len();
        text = text.trim_ascii_start();
        text = text.strip_prefix(b"\xEF\xBB\xBF").unwrap_or(text);
        text = without_mailbox_line(text);
        if text.len() == before {
            return text;
        }
    }
}

fn without_mailbox_line(text: &[u8]) -> &[u8] {
    let Some(rest) = text.strip_prefix(b"From ").or_else(|| text.strip_prefix(b">From ")) else { return text };
    // `From : a@b` is a field in obsolete form.
    if rest.trim_ascii_start().first() == Some(&b':') {
        return text;
    }
    memchr(b'\n', rest).and_then(|end| rest.get(end + 1..)).unwrap_or(text)
}

/// The byte that ends every line: LF, alone or after CR; CR in a mail that has no LF.
pub(super) fn line_end(content: &[u8]) -> u8 {
    if memchr(b'\n', content).is_none() && memchr(b'\r', content).is_some() { b'\r' } else { b'\n' }
}
