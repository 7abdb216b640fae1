//! Unfolding of field values, and encoded words (RFC 2047) as senders write them.

use std::borrow::Cow;

use memchr::{memchr, memchr_iter, memchr2, memmem};

use super::charset::Charset;
use super::transfer::{base64_word, quoted_word};

/// A field's value as text: folds undone, each with its white space one space. Bytes outside of UTF-8, and escapes within ASCII, are in
/// the charset that the message gives for its text.
pub(super) fn unfold(raw: &[u8], charset: impl FnOnce() -> Charset) -> Cow<'_, str> {
    let trimmed = raw.trim_ascii();
    let bytes: Cow<'_, [u8]> = if memchr(b'\n', trimmed).is_none() && memchr(b'\r', trimmed).is_none() {
        Cow::Borrowed(trimmed)
    } else {
        let mut unfolded = Vec::with_capacity(trimmed.len());
        for line in trimmed.split(|byte| matches!(byte, b'\n' | b'\r')) {
            let line = line.trim_ascii();
            if !line.is_empty() {
                if !unfolded.is_empty() {
                    unfolded.push(b' ');
                }
                unfolded.extend_from_slice(line);
            }
        }
        Cow::Owned(unfolded)
    };
    if may_shift(&bytes) {
        let charset = charset();
        let charset = if charset.is_seven_bit() { charset } else { Charset::Unsaid };
        return Cow::Owned(charset.decode(bytes).into_owned());
    }
    match bytes {
        Cow::Borrowed(bytes) => match std::str::from_utf8(bytes) {
            Ok(text) => Cow::Borrowed(text),
            Err(_) => charset().decode(Cow::Borrowed(bytes)),
        },
        Cow::Owned(bytes) => match String::from_utf8(bytes) {
            Ok(text) => Cow::Owned(text),
            Err(error) => Cow::Owned(charset().decode(Cow::Owned(error.into_bytes())).into_owned()),
        },
    }
}

/// Whether a header is UTF-8 and nothing else.
pub(super) fn is_plain(header: &[u8]) -> bool {
    std::str::from_utf8(header).is_ok() && !may_shift(header)
}

/// Whether ASCII may be something else, by the escapes of ISO 2022 (RFC 1468, RFC 1557) or those of HZ (RFC 1843).
fn may_shift(bytes: &[u8]) -> bool {
    bytes.is_ascii() && (memchr2(0x1B, 0x0E, bytes).is_some() || memmem::find(bytes, b"~{").is_some())
}

/// One encoded word of a text.
pub(super) struct Word<'t> {
    charset: &'t str,
    base64: bool,
    text: &'t str,
    /// The offset of what follows it.
    pub(super) end: usize,
}

/// The encoded word that begins at an offset. White space and quotes within it are tolerated, as mail programs do.
pub(super) fn word_at(text: &str, at: usize) -> Option<Word<'_>> {
    let rest = text.get(at..)?.strip_prefix("=?")?;
    let (charset, rest) = rest.split_at_checked(memchr(b'?', rest.as_bytes().get(..80).unwrap_or(rest.as_bytes()))?)?;
    if charset.is_empty() || !charset.bytes().all(|byte| byte.is_ascii_graphic()) {
        return None;
    }
    let base64 = match rest.as_bytes() {
        [b'?', b'B' | b'b', b'?', ..] => true,
        [b'?', b'Q' | b'q', b'?', ..] => false,
        _ => return None,
    };
    let encoded = rest.get(3..)?;
    let bytes = encoded.as_bytes();
    // Another word that begins before this one ends says that it never does.
    let end = memchr_iter(b'?', bytes).find_map(|at| {
        let nested = at > 0 && bytes.get(at - 1) == Some(&b'=');
        match bytes.get(at + 1) {
            Some(b'=') => Some(Some(at)),
            _ if nested => Some(None),
            _ => None,
        }
    })??;
    let end_offset = text.len() - encoded.len() + end + 2;
    // RFC 2231, section 5: a language may follow the charset.
    let charset = charset.split('*').next().unwrap_or_default();
    Some(Word { charset, base64, text: encoded.get(..end)?, end: end_offset })
}

/// Words that follow each other, as bytes: a character may be split between two of them.
#[derive(Default)]
struct Joined {
    charset: Option<Charset>,
    /// Base64 whose last group is not complete yet.
    base64: Vec<u8>,
    bytes: Vec<u8>,
}

impl Joined {
    fn push(&mut self, word: &Word<'_>, out: &mut String) {
        let charset = Charset::named(word.charset.as_bytes());
        if !self.charset.is_some_and(|before| before.is(charset)) || (charset.is_stateful() && !self.goes_on(charset)) {
            self.flush(out);
            self.charset = Some(charset);
        }
        if word.base64 {
            self.base64.extend(word.text.bytes().filter(|byte| !byte.is_ascii_whitespace()));
            if self.base64.len().is_multiple_of(4) || self.base64.ends_with(b"=") {
                self.complete();
            }
        } else {
            self.complete();
            quoted_word(word.text.as_bytes(), &mut self.bytes);
        }
    }

    /// Whether the last word ended within the other set of its charset.
    fn goes_on(&mut self, charset: Charset) -> bool {
        self.complete();
        charset.goes_on(&self.bytes)
    }

    fn complete(&mut self) {
        base64_word(&self.base64, &mut self.bytes);
        self.base64.clear();
    }

    fn flush(&mut self, out: &mut String) {
        self.complete();
        if self.bytes.is_empty() {
            return;
        }
        let charset = self.charset.unwrap_or(Charset::Unsaid);
        let text = charset.decode(Cow::Owned(std::mem::take(&mut self.bytes)));
        // A field is one line: what was decoded may say otherwise.
        if text.contains(['\r', '\n']) {
            out.push_str(&text.replace("\r\n", " ").replace(['\r', '\n'], " "));
        } else {
            out.push_str(&text);
        }
    }
}

/// A text with its encoded words decoded. White space between two of them does not count (RFC 2047, section 6.2).
pub(super) fn decode(text: Cow<'_, str>) -> Cow<'_, str> {
    match decoded(&text) {
        Some(decoded) => Cow::Owned(decoded),
        None => text,
    }
}

fn decoded(text: &str) -> Option<String> {
    let mut from = memmem::find(text.as_bytes(), b"=?")?;
    let mut out = String::new();
    let mut joined = Joined::default();
    // Up to here all is written; words since the last other text wait in `joined`.
    let mut written = 0;
    let mut after_word = false;
    while let Some(at) = memmem::find(text.as_bytes().get(from..)?, b"=?").map(|at| from + at) {
        let Some(word) = word_at(text, at) else {
            from = at + 2;
            continue;
        };
        let between = text.get(written..at)?;
        if !after_word || !between.trim().is_empty() {
            joined.flush(&mut out);
            out.push_str(between);
        }
        joined.push(&word, &mut out);
        (written, from, after_word) = (word.end, word.end, true);
    }
    if !after_word {
        return None;
    }
    joined.flush(&mut out);
    out.push_str(text.get(written..)?);
    Some(out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn encoded_words_as_they_are_sent() {
        for (given, expected) in [
            ("plain", "plain"),
            ("=?utf-8?Q?a?= b =?utf-8?Q?c?=", "a b c"),
            ("=?utf-8?Q?a?=  =?utf-8?Q?b?=", "ab"),
            ("=?utf-8?Q?a?==?utf-8?Q?b?=", "ab"),
            ("x=?utf-8?Q?a?=y", "xay"),
            // A character split between words, in either encoding, and in both.
            ("=?utf-8?Q?f=C3?= =?UTF-8?Q?=BCr?=", "für"),
            ("=?utf-8?B?ZsM=?= =?utf-8?B?vHI=?=", "für"),
            ("=?utf-8?B?ZsM=?= =?utf-8?Q?=BCr?=", "für"),
            // Base64 cut within a group.
            ("=?utf-8?B?ZsO?= =?utf-8?B?8cg?=", "für"),
            ("=?big5?B?sA==?= =?big5?B?aA==?=", "退"),
            // One charset under two names; one word that ends within the other set, and the next begins there.
            ("=?utf-8?B?ww==?= =?UTF8?B?vA==?=", "ü"),
            ("=?gb2312?B?zQ==?= =?GBK?B?yw==?=", "退"),
            ("=?ISO-2022-JP?B?GyRCSlY=?= =?ISO-2022-JP?B?NmIbKEI=?=", "返金"),
            ("=?utf-16be?B?kABrPg==?=", "退款"),
            ("=?utf-8*de?Q?f=C3=BCr?=", "für"),
            ("=?utf-8?Q?f=C3=BCr?= =?iso-8859-1?Q?_f=FCr?=", "für für"),
            ("=?ISO-2022-JP?B?GyRCSlY2YhsoQg==?= =?ISO-2022-JP?B?GyRCSlY2YhsoQg==?=", "返金返金"),
            ("=?utf-8?Q?a b \"c\"?=", "a b \"c\""),
            ("=?utf-8?Q?what?_yes?=", "what? yes"),
            ("=?utf-8?Q?a=?=", "a="),
            ("=?utf-8?Q?=C3=BC=ZZ=?=", "ü=ZZ="),
            ("=?utf-8?Q?=0D=0AX:_y?=", " X: y"),
            ("=?utf-8?B? ZsO8 cg==?=", "für"),
            ("=?utf-8?Q?open =?utf-8?Q?closed?=", "=?utf-8?Q?open closed"),
            ("=?utf-8?X?a?=", "=?utf-8?X?a?="),
            ("=?utf-8?Q?never", "=?utf-8?Q?never"),
            ("=??Q?a?=", "=??Q?a?="),
            ("=?=?=?", "=?=?=?"),
        ] {
            assert_eq!(decode(Cow::Borrowed(given)), expected, "{given}");
        }
    }

    #[test]
    fn a_million_beginnings_take_no_time() {
        for piece in ["=?", "=?a?q?", "=?a?q?x", "=?a?b?QQ=="] {
            let text = piece.repeat(1_000_000 / piece.len());
            assert!(decode(Cow::Borrowed(&text)).len() <= text.len());
        }
    }

    #[test]
    fn folds_are_one_space() {
        for (given, expected) in [
            (&b" one\r\n two\r\n\tthree\r\n"[..], "one two three"),
            (b"\r\n \r\n\t\r\n\tNew owner\r\n", "New owner"),
            (b" a  b ", "a  b"),
            (b" x\r\r\n y", "x y"),
            (b" Gr\xFC\xDFe", "Grüße"),
            (b" Gr\xFC\r\n \xDFe", "Grü ße"),
            (b" Gr\xC3\xBC", "Grü"),
        ] {
            assert_eq!(unfold(given, || Charset::Unsaid), expected, "{given:?}");
        }
    }

    #[test]
    fn ascii_that_is_none() {
        for (given, charset, expected) in [
            (&b"\x1B$BJV6b\x1B(B"[..], Charset::Unsaid, "返金"),
            (b"\x1B$BJV6b\x1B(B <a@x>", Charset::named(b"iso-2022-jp"), "返金 <a@x>"),
            (b"~{<:Ky2;~} ok", Charset::named(b"hz-gb-2312"), "己所不 ok"),
            (b"~{<:Ky2;~} ok", Charset::Unsaid, "~{<:Ky2;~} ok"),
            (b"\x1B$)C\x0EH/:R\x0F ok", Charset::named(b"iso-2022-kr"), "환불 ok"),
            (b"\x1B[1mbold", Charset::Unsaid, "\u{1B}[1mbold"),
        ] {
            assert_eq!(unfold(given, || charset), expected, "{given:?}");
        }
    }
}
