//! Quoted-printable (RFC 2045, section 6.7). What is no escape is left as it is.

use memchr::{memchr, memchr_iter};

use super::Sink;

/// Decodes a text.
pub(super) fn decode(raw: &[u8], to: &mut impl Sink) {
    let mut rest = raw;
    while !rest.is_empty() {
        let end = memchr(b'\n', rest).map_or(rest.len(), |at| at + 1);
        let (line, after) = rest.split_at_checked(end).unwrap_or((rest, &[]));
        rest = after;
        let text = line.strip_suffix(b"\n").unwrap_or(line);
        let ends = text.iter().rev().take_while(|byte| **byte == b'\r').count();
        let text = text.get(..text.len() - ends).unwrap_or_default();
        let line_end = line.get(text.len()..).unwrap_or_default();
        // White space at the end of a line was added on the way (section 6.7, rule 3).
        let trimmed = text.len() - text.iter().rev().take_while(|byte| matches!(byte, b' ' | b'\t')).count();
        let text = text.get(..trimmed).unwrap_or_default();
        let soft = text.ends_with(b"=");
        let text = text.strip_suffix(b"=").unwrap_or(text);
        if !escapes(text, to) || (!soft && !to.put(line_end)) {
            return;
        }
    }
}

fn escapes(text: &[u8], to: &mut impl Sink) -> bool {
    let mut copied = 0;
    for at in memchr_iter(b'=', text) {
        let byte = text.get(at + 1..at + 3).and_then(hex);
        let Some(byte) = byte.filter(|_| at >= copied) else { continue };
        if !to.put(text.get(copied..at).unwrap_or_default()) || !to.put(&[byte]) {
            return false;
        }
        copied = at + 3;
    }
    to.put(text.get(copied..).unwrap_or_default())
}

/// The byte that two hexadecimal digits are.
pub(in super::super) fn hex(digits: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match digits {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}

/// The text of an encoded word (RFC 2047, section 4.2).
pub(in super::super) fn decode_word(encoded: &[u8], to: &mut Vec<u8>) {
    let mut bytes = encoded.iter().enumerate();
    while let Some((at, &byte)) = bytes.next() {
        match byte {
            b'_' => to.push(b' '),
            b'=' => match encoded.get(at + 1..at + 3).and_then(hex) {
                Some(escaped) => {
                    to.push(escaped);
                    bytes.nth(1);
                }
                None => to.push(byte),
            },
            byte => to.push(byte),
        }
    }
}
