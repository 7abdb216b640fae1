//! Mails within mails within mails, made to exhaust the parser.
//!
//! The parser recurses over inner messages when it frees them, and over those in an encoded one also when it copies
//! them, so that some ten thousand levels (a mail of a few hundred kB) would end the process. They are looked for
//! beforehand. RFC 2046 section 5.2.1 forbids to encode an inner message, so nothing legal is lost.

use memchr::{memchr_iter, memchr2_iter, memmem};

/// The longest mail, in bytes, in which there is no room for enough levels.
const HARMLESS: usize = 32 * 1024;
/// The most inner messages of a longer mail.
const MAX_MESSAGES: usize = 100;
/// The longest header of an inner message, in bytes, in which an encoding is looked for.
const MAX_HEADER: usize = 64 * 1024;
/// The encodings that are undone.
const ENCODINGS: [&[u8]; 2] = [b"base64", b"quoted-printable"];

/// Whether a mail has to be read without looking for parts in it. May be wrong about a long mail that speaks of media
/// types a lot. Knows the ways to write a type that the tests below list, which is not a proof that there are no others.
pub(super) fn is_too_deep(content: &[u8]) -> bool {
    if content.len() <= HARMLESS {
        return false;
    }
    let mut messages = 0;
    for slash in memchr_iter(b'/', content) {
        let subtype = content.get(slash + 1..).unwrap_or_default().trim_ascii_start();
        let is = |name: &[u8]| subtype.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name));
        // A comment (RFC 822) may hide any subtype.
        if is(b"rfc822") || is(b"global") || (is(b"(") && has_type_before(content, slash)) {
            messages += 1;
            if messages > MAX_MESSAGES || is_encoded(content, slash) {
                return true;
            }
        } else if is(b"digest") {
            messages += 1;
            // The parts of a digest are messages without saying so.
            if messages > MAX_MESSAGES || ENCODINGS.iter().any(|encoding| contains(content, encoding)) {
                return true;
            }
        }
    }
    false
}

fn has_type_before(content: &[u8], slash: usize) -> bool {
    let before = content.get(..slash).unwrap_or_default().trim_ascii_end();
    [&b"message"[..], b"multipart", b")"].iter().any(|name| {
        let start = before.len().saturating_sub(name.len());
        before.get(start..).is_some_and(|end| end.eq_ignore_ascii_case(name))
    })
}

/// Whether the header around a position names an encoding, or is too long to tell.
fn is_encoded(content: &[u8], at: usize) -> bool {
    let before = content.get(at.saturating_sub(MAX_HEADER)..at).unwrap_or_default();
    let after = content.get(at..content.len().min(at + MAX_HEADER)).unwrap_or_default();
    let start = [&b"\n\n"[..], b"\n\r\n"].iter().filter_map(|blank| memmem::rfind(before, blank)).max();
    let end = [&b"\n\n"[..], b"\n\r\n"].iter().filter_map(|blank| memmem::find(after, blank)).min();
    let cut = (start.is_none() && at > MAX_HEADER) || (end.is_none() && content.len() - at > MAX_HEADER);
    let before = before.get(start.unwrap_or(0)..).unwrap_or_default();
    let after = after.get(..end.unwrap_or(after.len())).unwrap_or_default();
    cut || ENCODINGS.iter().any(|encoding| contains(before, encoding) || contains(after, encoding))
}

/// Whether a text stands somewhere, in any case. The text is in lower case.
fn contains(content: &[u8], text: &[u8]) -> bool {
    let first = text.first().copied().unwrap_or_default();
    memchr2_iter(first, first.to_ascii_uppercase(), content)
        .any(|at| content.get(at..at + text.len()).is_some_and(|found| found.eq_ignore_ascii_case(text)))
}

#[cfg(test)]
mod tests {
    use super::super::Message;
    use super::*;

    const INNER: &str = "Content-Type:message/rfc822\n\n";

    #[test]
    fn depth_is_noticed_in_any_dress() {
        let padding = "x".repeat(HARMLESS);
        for (mail, expected) in [
            (INNER.repeat(101) + &padding, true),
            (INNER.repeat(100) + &padding, false),
            (INNER.to_uppercase().repeat(101) + &padding, true),
            ("Content-Type: message / Global\n\n".repeat(101) + &padding, true),
            ("Content-Type: message/(x)rfc822\n\n".repeat(101) + &padding, true),
            (format!("Content-Transfer-Encoding: BASE64\nContent-Type: message/rfc822\n\n{padding}"), true),
            (
                format!("Content-Type: message/rfc822\r\nX: y\r\nContent-Transfer-Encoding: Base64\r\n\r\n{padding}"),
                true,
            ),
            (format!("Content-Type: message/rfc822\n\nContent-Transfer-Encoding: base64\n\n{padding}"), false),
            (format!("Content-Type: multipart/digest\n\nContent-Transfer-Encoding: base64\n\n{padding}"), true),
            (format!("Content-Type: text/plain\nContent-Transfer-Encoding: base64\n\n{padding}"), false),
        ] {
            assert_eq!(is_too_deep(mail.as_bytes()), expected, "{}", mail.get(..80).unwrap());
        }
    }

    #[test]
    fn a_mail_too_deep_is_read_as_text() {
        let mail = format!("Subject: deep\n{}", INNER.repeat(100_000));
        let message = Message::parse(mail.as_bytes());
        assert_eq!(message.subject(), "deep");
        assert!(message.body().starts_with("Content-Type:message/rfc822\n\nContent-Type"));
        assert!(message.attachments().is_empty());
    }

    #[test]
    fn the_deepest_that_is_parsed_is_survived() {
        let mail = format!("Subject: deep\n{}", INNER.repeat(HARMLESS / INNER.len() - 1));
        assert!(!is_too_deep(mail.as_bytes()));
        assert_eq!(Message::parse(mail.as_bytes()).attachments().len(), 1);
    }
}
