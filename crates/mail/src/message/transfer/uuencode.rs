//! Uuencoded text, from before MIME.

use super::Sink;

/// Decodes the first file of a text; whether there is one.
pub(super) fn decode(raw: &[u8], to: &mut impl Sink) -> bool {
    let mut lines = raw.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
    if !lines.any(|line| line.starts_with(b"begin ")) {
        return false;
    }
    for line in lines {
        if line.trim_ascii() == b"end" {
            break;
        }
        let Some((&length, data)) = line.split_first() else { continue };
        let mut left = usize::from(value(length));
        for group in data.chunks(4) {
            // White space at the end of lines, which stands for zeros, was removed on the way.
            let digit = |at: usize| u32::from(group.get(at).map_or(0, |byte| value(*byte)));
            let [_, a, b, c] = (digit(0) << 18 | digit(1) << 12 | digit(2) << 6 | digit(3)).to_be_bytes();
            let bytes = [a, b, c];
            let taken = left.min(3);
            left -= taken;
            if !to.put(bytes.get(..taken).unwrap_or_default()) {
                return true;
            }
        }
    }
    true
}

fn value(byte: u8) -> u8 {
    byte.wrapping_sub(b' ') & 0x3F
}
