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

/// Base64, and the text around it. `encoded` is empty if nothing is base64; `before` and `after`, if there is nothing but white
/// space.
#[derive(Debug, Default)]
pub(super) struct Split<'x> {
    pub(super) before: &'x [u8],
    pub(super) encoded: &'x [u8],
    pub(super) after: &'x [u8],
}

/// Where base64 stands among the lines of a part.
#[derive(Default)]
struct Scan {
    begin: usize,
    /// The length of its first line; 0 if there is none.
    full: usize,
    /// The end of the last line that is as long.
    last_full: usize,
    /// Whether a line can be nothing but words.
    prose: bool,
    /// Whether every line may be a word.
    words: bool,
    /// Whether a line is base64 for sure.
    certain: bool,
    /// The length of all lines, and whether one but the last is shorter than the first, or one longer.
    length: usize,
    uneven: bool,
}

fn scan(raw: &[u8], among_words: bool) -> Scan {
    let mut found = Scan { words: true, ..Scan::default() };
    let mut shorter = false;
    // Where lines begin that stand right before the first good one, and are base64 with bad bytes.
    let mut damaged = None;
    let mut from = 0;
    for (line, end) in lines(raw) {
        let start = std::mem::replace(&mut from, end);
        match classify(line) {
            Line::Blank => damaged = None,
            Line::Pure { .. } => {
                found.words = found.words && is_word(line);
                found.certain = found.certain || is_certain(line);
                if found.full == 0 && (!among_words || is_certain(line)) {
                    found.full = line.len();
                    found.begin = damaged.unwrap_or(start);
                }
                found.length += line.len();
                found.uneven |= shorter || line.len() > found.full;
                shorter |= line.len() < found.full;
                let fits = found.full > 0 && line.len() >= found.full;
                let as_long = line.len() == found.full && (!among_words || line.len() >= 24);
                if fits && (as_long || !is_word(line)) {
                    found.last_full = end;
                }
                damaged = None;
            }
            Line::Mixed { .. } if is_damaged(line) => damaged = damaged.or(Some(start)),
            Line::Mixed { .. } => {
                found.prose = true;
                damaged = None;
            }
        }
    }
    found
}

/// Whether a part is base64 as an encoder writes it: lines of whole groups, padded at their ends if at all, without a blank line within. What
/// it decodes to does not matter: a file may be zeros, and one letter of a charset with 8 bits is as good as text.
fn is_well_formed(raw: &[u8]) -> bool {
    let mut blank = false;
    let mut begun = false;
    for (line, _) in lines(raw) {
        let digits = line.iter().take_while(|byte| value(**byte) < PADDING).count();
        let padding = line.get(digits..).unwrap_or_default();
        let whole = line.len().is_multiple_of(4) && matches!(padding, b"" | b"=" | b"==");
        if !whole || (blank && begun && !line.is_empty()) {
            return false;
        }
        blank = line.is_empty();
        begun |= !blank;
    }
    true
}

/// Splits what is base64 from the text before it, such as a banner, and the text that follows it, such as the footer of a list.
///
/// A part that is well-formed is base64, as it says of itself. All else is guessed, of a part that is damaged or is none. Many words are base64 by their letters. If there are other lines that are words for sure, base64 begins at the first line that
/// can't be one. It goes on to the last line that is as long as the first one, whatever is broken in between; then there may be
/// one shorter line, after a blank one only if it can't be a word.
pub(super) fn split(raw: &[u8]) -> Split<'_> {
    if is_well_formed(raw) {
        return Split { encoded: raw, ..Split::default() };
    }
    let mut found = scan(raw, false);
    if found.prose {
        found = scan(raw, true);
    }
    let none = Split { after: raw, ..Split::default() };
    if found.full == 0 {
        let text = raw.trim_ascii();
        return if is_damaged(text) || is_unbroken(text) { Split { encoded: raw, ..Split::default() } } else { none };
    }
    // Words alone, or lines that no encoder writes.
    let odd = !found.length.is_multiple_of(4) || !found.full.is_multiple_of(4);
    if !found.certain && (found.words || found.uneven || odd) && !is_text(&decoded(raw)) {
        return none;
    }
    let begin = if found.prose { found.begin } else { 0 };
    // Padding ends a text; what comes then is base64 only if a full line comes, too.
    let last_full = found.last_full;
    let mut end = last_full;
    let full = raw.get(begin..last_full).unwrap_or_default().trim_ascii();
    let mut ended = full.ends_with(b"=");
    let mut last = full.rsplit(|byte| *byte == b'\n').next().unwrap_or_default();
    let mut apart = false;
    for (line, length) in lines(raw.get(last_full..).unwrap_or_default()) {
        let goes_on = match classify(line) {
            Line::Blank => {
                apart = true;
                continue;
            }
            Line::Pure { padded } => {
                let goes_on = if apart {
                    !ended && last.len().is_multiple_of(4) && is_certain(line) && (is_clean(line) || !is_clean(last))
                } else {
                    !ended || line.len().is_multiple_of(4)
                };
                ended |= padded;
                goes_on
            }
            Line::Mixed { .. } => !apart && !ended && is_damaged(line),
        };
        if !goes_on {
            break;
        }
        end = last_full + length;
        last = line;
        apart = false;
    }
    Split {
        before: raw.get(..begin).unwrap_or_default().trim_ascii(),
        encoded: raw.get(begin..end).unwrap_or_default(),
        after: match raw.get(end..).unwrap_or_default() {
            rest if rest.trim_ascii().is_empty() => &[],
            rest => rest.trim_ascii_start(),
        },
    }
}

/// No word is as long as the lines that encoders write, of 60 bytes or more: a file may be one byte again and again. A line of signs alone
/// may separate two texts.
const LONGEST_WORD: usize = 59;

/// Whether a line may be a word, or a number: its letters are all of one case but for the first one.
fn is_word(line: &[u8]) -> bool {
    if line.len() > LONGEST_WORD && line.iter().any(u8::is_ascii_alphanumeric) {
        return false;
    }
    let mut letters = line.iter().filter(|byte| byte.is_ascii_alphanumeric());
    let first = letters.next();
    let mut kinds = [false; 3];
    for byte in letters {
        let kind = if byte.is_ascii_digit() { 2 } else { usize::from(byte.is_ascii_uppercase()) };
        if let Some(seen) = kinds.get_mut(kind) {
            *seen = true;
        }
        if kinds.iter().filter(|seen| **seen).count() > 1 {
            return false;
        }
    }
    !(first.is_some_and(u8::is_ascii_lowercase) && kinds.get(1) == Some(&true))
}

/// Whether a line of nothing but the alphabet is base64 rather than a word or a number of an order.
fn is_certain(line: &[u8]) -> bool {
    let is_whole = line.len().is_multiple_of(4);
    let is_padded = is_whole && line.ends_with(b"=");
    match is_word(line) {
        true => is_padded && is_clean(line),
        false => line.len() >= 24 || (is_padded && line.len() >= 8) || (is_whole && is_clean(line)),
    }
}

/// Whether a line of base64 decodes to text. A character may be cut at either end.
fn is_clean(line: &[u8]) -> bool {
    let decoded = decoded(line);
    let cut = decoded.iter().take(3).take_while(|byte| matches!(byte, 0x80..=0xBF)).count();
    let text = decoded.get(cut..).unwrap_or_default();
    let whole = std::str::from_utf8(text).map_or_else(
        |error| if error.error_len().is_none() { text.get(..error.valid_up_to()) } else { None },
        |_| Some(text),
    );
    whole.is_some_and(|whole| !whole.is_empty() && is_text(whole))
}

/// Whether bytes are UTF-8 without control characters.
fn is_text(bytes: &[u8]) -> bool {
    std::str::from_utf8(bytes).is_ok() && !bytes.iter().any(|byte| super::is_control(*byte))
}

fn decoded(encoded: &[u8]) -> Vec<u8> {
    let mut decoded = Vec::new();
    decode_word(encoded, &mut decoded);
    decoded
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

/// Whether a text is base64 with a few bad bytes rather than words. A short one must be padded, or decode to text: a word may be followed by
/// a sign.
fn is_damaged(text: &[u8]) -> bool {
    match classify(text) {
        Line::Blank => false,
        Line::Pure { .. } => true,
        Line::Mixed { foreign, spaced } => {
            let few = foreign <= 1 + text.len() / 16 || (text.len() >= 60 && foreign <= text.len() / 7);
            let likely = !spaced && few && memchr::memmem::find(text, b"://").is_none() && !is_word(text);
            let whole = text.len().saturating_sub(foreign).is_multiple_of(4);
            likely && (text.len() >= 12 || (whole && text.len() > 4 && (text.ends_with(b"=") || is_clean(text))))
        }
    }
}
