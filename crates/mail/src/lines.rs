//! Line ends of a raw message.

use bytes::Bytes;
use memchr::memchr_iter;

/// A message with each LF that stands alone made CRLF, as it would have come by SMTP: so it is hashed and verified, whichever way it
/// came. A CR that stands alone is no line end, and stays.
#[must_use]
pub fn with_crlf(raw: Bytes) -> Bytes {
    let alone = |at: &usize| at.checked_sub(1).and_then(|before| raw.get(before)) != Some(&b'\r');
    let count = memchr_iter(b'\n', &raw).filter(alone).count();
    if count == 0 {
        return raw;
    }
    let mut converted = Vec::with_capacity(raw.len().saturating_add(count));
    let mut copied = 0;
    for at in memchr_iter(b'\n', &raw).filter(alone) {
        converted.extend_from_slice(raw.get(copied..at).unwrap_or_default());
        converted.extend_from_slice(b"\r\n");
        copied = at + 1;
    }
    converted.extend_from_slice(raw.get(copied..).unwrap_or_default());
    converted.into()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_feed_alone_gets_its_carriage_return() {
        for (raw, expected) in [
            (&b"a\nb\r\nc\n"[..], &b"a\r\nb\r\nc\r\n"[..]),
            (b"\n\n\r\n", b"\r\n\r\n\r\n"),
            (b"a\r\nb", b"a\r\nb"),
            (b"a\rb\r", b"a\rb\r"),
            (b"a\r\r\n", b"a\r\r\n"),
            (b"", b""),
        ] {
            let found = with_crlf(Bytes::from_static(raw));
            assert_eq!(found, expected, "{raw:?}");
            assert_eq!(with_crlf(found.clone()), found, "{raw:?}");
        }
    }
}
