//! Base64 (RFC 2045, section 6.8) that may be damaged, badly padded, or followed by text.

use super::Sink;

const FOREIGN: u8 = 0xFF;
const PADDING: u8 = 0xFE;

/// What each byte stands for.
static VALUES: [u8; 256] = values();

#[expect(
    clippy::indexing_slicing,
    clippy::cast_possible_truncation,
    reason = "worked out by the compiler, within bounds"
)]
const fn values() -> [u8; 256] {
    let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut values = [FOREIGN; 256];
    let mut at = 0;
    while at < alphabet.len() {
        values[alphabet[at] as usize] = at as u8;
        at += 1;
    }
    values[b'=' as usize] = PADDING;
    values
}

fn value(byte: u8) -> u8 {
    VALUES.get(usize::from(byte)).copied().unwrap_or(FOREIGN)
}

/// Decodes all groups; bytes outside of the alphabet are left out, and padding ends a group wherever it stands.
pub(super) fn decode(encoded: &[u8], to: &mut impl Sink) {
    let mut group: u32 = 0;
    let mut digits = 0;
    for &byte in encoded {
        match value(byte) {
            FOREIGN => {}
            PADDING => {
                flush(group, digits, to);
                (group, digits) = (0, 0);
            }
            value => {
                group = group << 6 | u32::from(value);
                digits += 1;
                if digits == 4 {
                    let [_, a, b, c] = group.to_be_bytes();
                    (group, digits) = (0, 0);
                    if !to.put(&[a, b, c]) {
                        return;
                    }
                }
            }
        }
    }
    flush(group, digits, to);
}

/// The whole bytes of a group that was not completed.
fn flush(group: u32, digits: u32, to: &mut impl Sink) {
    match digits {
        2 => {
            let [.., a] = (group >> 4).to_be_bytes();
            to.put(&[a]);
        }
        3 => {
            let [.., a, b] = (group >> 2).to_be_bytes();
            to.put(&[a, b]);
        }
        _ => {}
    }
}

/// The text of an encoded word.
pub(in super::super) fn decode_word(encoded: &[u8], to: &mut Vec<u8>) {
    let mut bytes = super::Bytes { kept: std::mem::take(to), limit: usize::MAX };
    decode(encoded, &mut bytes);
    *to = bytes.kept;
}

/// One line, as far as it may be base64.
#[derive(Clone, Copy)]
enum Line {
    Blank,
    /// Nothing but the alphabet; padded at its end or not.
    Pure {
        padded: bool,
    },
    /// Something else is in it: so many bytes, and white space within.
    Mixed {
        foreign: usize,
        spaced: bool,
    },
}

fn classify(line: &[u8]) -> Line {
    let mut foreign = 0;
    let mut spaced = false;
    let mut padded = false;
    for &byte in line {
        match value(byte) {
            PADDING => padded = true,
            FOREIGN => {
                foreign += 1;
                spaced |= byte == b' ' || byte == b'\t';
            }
            _ => {}
        }
    }
    match line {
        [] => Line::Blank,
        [b'=', ..] if line.iter().all(|byte| *byte == b'=') && line.len() > 2 => {
            Line::Mixed { foreign: line.len(), spaced }
        }
        _ if foreign == 0 => Line::Pure { padded },
        _ => Line::Mixed { foreign, spaced },
    }
}

/// Lines, trimmed, with the offset behind each.
fn lines(raw: &[u8]) -> impl Iterator<Item = (&[u8], usize)> {
    let mut end = 0;
    raw.split_inclusive(|byte| *byte == b'\n').map(move |line| {
        end += line.len();
        (line.trim_ascii(), end)
    })
}

/// Whether every line is base64, and there is enough of it to be no word.
pub(super) fn is_all(raw: &[u8]) -> bool {
    let mut length = 0;
    for (line, _) in lines(raw) {
        match classify(line) {
            Line::Blank => {}
            Line::Pure { .. } => length += line.len(),
            Line::Mixed { .. } => return false,
        }
    }
    length >= 24 && length.is_multiple_of(4)
}

/// Splits what is base64 from the text that follows it. The first is empty if nothing is; the second, if nothing but white
/// space follows.
///
/// Base64 goes on to the last line that is as long as the first one, whatever is broken in between; then there may be one
/// shorter line without a blank one before it. That tells it from the words of a footer, many of which are base64 by their
/// letters.
pub(super) fn split(raw: &[u8]) -> (&[u8], &[u8]) {
    let mut full = 0;
    let mut last_full = 0;
    for (line, end) in lines(raw) {
        if matches!(classify(line), Line::Pure { .. }) {
            if full == 0 {
                full = line.len();
            }
            if line.len() >= full {
                last_full = end;
            }
        }
    }
    if full == 0 {
        let text = raw.trim_ascii();
        return if is_damaged(text) || is_unbroken(text) { (raw, &[]) } else { (&[], raw) };
    }
    // Padding ends a text; what comes then is base64 only if a full line comes, too.
    let mut end = last_full;
    let mut ended = raw.get(..last_full).unwrap_or_default().trim_ascii().ends_with(b"=");
    for (line, length) in lines(raw.get(last_full..).unwrap_or_default()) {
        let goes_on = match classify(line) {
            Line::Blank => false,
            Line::Pure { padded } => {
                let goes_on = !ended || line.len().is_multiple_of(4);
                ended |= padded;
                goes_on
            }
            Line::Mixed { .. } => !ended && is_damaged(line),
        };
        if !goes_on {
            break;
        }
        end = last_full + length;
    }
    let (encoded, rest) = raw.split_at_checked(end).unwrap_or((raw, &[]));
    let rest = match rest.trim_ascii() {
        [] => &[],
        _ => rest.trim_ascii_start(),
    };
    (encoded, rest)
}

/// Whether a text is base64 whose line ends became spaces: words of one length.
fn is_unbroken(text: &[u8]) -> bool {
    let mut words = text.split(u8::is_ascii_whitespace).filter(|word| !word.is_empty()).peekable();
    let length = words.peek().map_or(0, |word| word.len());
    let mut fits = length >= 16;
    while let Some(word) = words.next().filter(|_| fits) {
        let last = words.peek().is_none();
        fits = matches!(classify(word), Line::Pure { .. }) && (word.len() == length || (last && word.len() < length));
    }
    fits
}

/// Whether a text is base64 with a few bad bytes rather than words.
fn is_damaged(text: &[u8]) -> bool {
    match classify(text) {
        Line::Blank => false,
        Line::Pure { .. } => true,
        Line::Mixed { foreign, spaced } => !spaced && text.len() >= 12 && foreign <= 1 + text.len() / 16,
    }
}
