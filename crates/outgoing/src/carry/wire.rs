//! Content as it goes over the wire.

use std::borrow::Cow;

/// Content with CRLF at the end of each line, whatever was there. A bare CR or LF means different things to different servers, and what
/// one takes for the end of the content would be commands to the next.
pub(super) fn with_crlf(content: &[u8]) -> Cow<'_, [u8]> {
    if is_clean(content) {
        return Cow::Borrowed(content);
    }
    let mut written = Vec::with_capacity(content.len() + content.len() / 32 + 2);
    let mut bytes = content.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match byte {
            b'\r' => {
                bytes.next_if_eq(&b'\n');
                written.extend_from_slice(b"\r\n");
            }
            b'\n' => written.extend_from_slice(b"\r\n"),
            byte => written.push(byte),
        }
    }
    if !written.ends_with(b"\r\n") {
        written.extend_from_slice(b"\r\n");
    }
    Cow::Owned(written)
}

fn is_clean(content: &[u8]) -> bool {
    let mut before = 0;
    for byte in content {
        if (*byte == b'\n') != (before == b'\r') {
            return false;
        }
        before = *byte;
    }
    content.ends_with(b"\r\n")
}

/// Whether the header has text in UTF-8, so that only SMTPUTF8 may carry it (RFC 6531 section 3.4). Other bytes beyond ASCII are in no
/// charset that a header can have: they go as they came.
pub(super) fn has_utf8_header(content: &[u8]) -> bool {
    let end = content.windows(4).position(|four| four == b"\r\n\r\n");
    let header = content.get(..end.unwrap_or(content.len())).unwrap_or_default();
    !header.is_ascii() && std::str::from_utf8(header).is_ok()
}

/// Content of CRLF lines with the dots of its lines doubled (RFC 5321 section 4.5.2), and the end.
pub(super) fn stuffed(content: &[u8]) -> Vec<u8> {
    let mut written = Vec::with_capacity(content.len() + content.len() / 64 + 3);
    for line in content.split_inclusive(|byte| *byte == b'\n') {
        if line.starts_with(b".") {
            written.push(b'.');
        }
        written.extend_from_slice(line);
    }
    written.extend_from_slice(b".\r\n");
    written
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_header_in_utf8_is_told_from_a_body_and_from_other_bytes() {
        for (content, expected) in [
            (&b"Subject: x\r\n\r\nGr\xC3\xBC\xC3\x9Fe\r\n"[..], false),
            (b"Subject: Gr\xC3\xBC\xC3\x9Fe\r\n\r\nx\r\n", true),
            (b"Subject: Gr\xC3\xBC\xC3\x9Fe\r\n", true),
            (b"Subject: Gr\xFC\xDFe\r\n\r\nx\r\n", false),
            (b"", false),
        ] {
            assert_eq!(has_utf8_header(content), expected, "{content:?}");
        }
    }

    #[test]
    fn no_end_is_within() {
        for (content, wire) in [
            ("a\r\n", "a\r\n.\r\n"),
            ("", "\r\n.\r\n"),
            ("a", "a\r\n.\r\n"),
            ("a\r\n.\r\nMAIL\r\n", "a\r\n..\r\nMAIL\r\n.\r\n"),
            ("a\n.\nMAIL\n", "a\r\n..\r\nMAIL\r\n.\r\n"),
            ("a\r.\rMAIL", "a\r\n..\r\nMAIL\r\n.\r\n"),
            ("a\r\n.\nb\n.\r\nc\n.\rd", "a\r\n..\r\nb\r\n..\r\nc\r\n..\r\nd\r\n.\r\n"),
            ("\r\r\n\n", "\r\n\r\n\r\n.\r\n"),
            (".", "..\r\n.\r\n"),
            ("..a\r\n", "...a\r\n.\r\n"),
            ("a\r", "a\r\n.\r\n"),
        ] {
            let written = stuffed(&with_crlf(content.as_bytes()));
            assert_eq!(String::from_utf8(written).unwrap(), wire, "{content:?}");
        }
        assert!(matches!(with_crlf(b"a\r\n\r\nb\r\n"), Cow::Borrowed(_)));
    }
}
