//! The hash by which two deliveries of one mail are known as the same.

use memchr::memchr;
use sha2::{Digest, Sha256};

/// The trace fields that each relay puts on top (RFC 5321 section 4.4): two copies of one mail differ in them.
const TRACE_FIELDS: [&[u8]; 2] = [b"Received:", b"Return-Path:"];

/// SHA-256 of a message without the `Received` and `Return-Path` fields at its top.
///
/// Only leading fields are left aside: one further down was there when the sender wrote or signed the message.
#[must_use]
pub fn content_hash(raw: &[u8]) -> [u8; 32] {
    Sha256::digest(without_leading_trace(raw)).into()
}

fn without_leading_trace(raw: &[u8]) -> &[u8] {
    let mut rest = raw;
    while TRACE_FIELDS.iter().any(|name| starts_with_field(rest, name)) {
        rest = after_field(rest);
    }
    rest
}

fn starts_with_field(text: &[u8], name: &[u8]) -> bool {
    text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name))
}

/// What follows a field and its folded lines.
fn after_field(text: &[u8]) -> &[u8] {
    let mut rest = text;
    loop {
        let Some(end) = memchr(b'\n', rest) else { return &[] };
        rest = rest.get(end + 1..).unwrap_or_default();
        if !matches!(rest.first(), Some(b' ' | b'\t')) {
            return rest;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leading_trace_fields_do_not_count() {
        let bare = content_hash(b"Subject: a\r\n\r\nbody\r\n");
        let relayed =
            b"Return-Path: <a@b>\r\nreceived: from x\r\n\tby y; now\r\nReceived: from z\r\nSubject: a\r\n\r\nbody\r\n";
        assert_eq!(content_hash(relayed), bare);
    }

    #[test]
    fn everything_else_counts() {
        let bare = content_hash(b"Subject: a\r\n\r\nbody\r\n");
        for other in [
            &b"Subject: a\r\n\r\nbody"[..],
            b"Subject: a\r\nReceived: from x\r\n\r\nbody\r\n",
            b"Delivered-To: a\r\nSubject: a\r\n\r\nbody\r\n",
            b"",
        ] {
            assert_ne!(content_hash(other), bare);
        }
    }

    #[test]
    fn a_message_of_trace_fields_alone_is_empty() {
        assert_eq!(content_hash(b"Received: from x\r\n by y"), content_hash(b""));
    }
}
