//! Content-Transfer-Encoding (RFC 2045, section 6), as far as the bytes allow.

mod base64;
mod quoted_printable;
mod uuencode;

use std::borrow::Cow;

use memchr::memmem;

pub(super) use base64::decode_word as base64_word;
pub(super) use quoted_printable::{decode_word as quoted_word, hex};

/// How the bytes of a part are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Transfer {
    /// As they are: 7bit, 8bit, binary, or nothing is said.
    Identity,
    Base64,
    QuotedPrintable,
    Uuencode,
    /// A name that nobody knows.
    Unknown,
}

impl Transfer {
    /// By its name, however it is misspelled: `base-64;`, `quoted_printable`, `8-bit`. `None` if there is no name.
    pub(super) fn named(value: &[u8]) -> Option<Self> {
        let value = value.trim_ascii();
        // What stands in a comment or after it, and parameters, are no part of the name.
        let value = match value.strip_prefix(b"(") {
            Some(comment) => comment.splitn(2, |byte| *byte == b')').nth(1).unwrap_or_default().trim_ascii(),
            None => value,
        };
        let token = value
            .split(|byte| matches!(byte, b';' | b',' | b'(') || byte.is_ascii_whitespace())
            .find(|token| !token.is_empty())?;
        let name: Vec<u8> =
            token.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).collect();
        Some(match name.as_slice() {
            b"" => return None,
            b"base64" | b"b64" | b"b" | b"bas64" | b"xbase64" | b"mimebase64" => Self::Base64,
            b"quotedprintable" | b"quoteprintable" | b"quotedprintible" | b"xqp" | b"quotedprinted" | b"qp" | b"q"
            | b"quoted" | b"xquotedprintable" => Self::QuotedPrintable,
            b"uuencode" | b"xuuencode" | b"uue" | b"xuue" | b"uuencoded" | b"uu" => Self::Uuencode,
            b"7bit" | b"8bit" | b"binary" | b"7bits" | b"8bits" | b"none" | b"7" | b"8" | b"ascii" | b"bit7"
            | b"bit8" => Self::Identity,
            _ => Self::mentioned(value),
        })
    }

    /// `base 64`, or a name with other things around it.
    fn mentioned(value: &[u8]) -> Self {
        let text: Vec<u8> =
            value.iter().filter(|byte| byte.is_ascii_alphanumeric()).map(u8::to_ascii_lowercase).take(100).collect();
        if memmem::find(&text, b"base64").is_some() {
            Self::Base64
        } else if memmem::find(&text, b"quotedprintable").is_some() {
            Self::QuotedPrintable
        } else {
            Self::Unknown
        }
    }

    /// The bytes of a text, no more than about `limit` of them. What follows encoded text and is none, such as the footer of
    /// a mailing list, is there as written.
    pub(super) fn decode_text(self, raw: &[u8], limit: usize) -> Cow<'_, [u8]> {
        let capped = raw.get(..limit).unwrap_or(raw);
        let mut bytes = Bytes { kept: Vec::new(), limit };
        match self {
            Self::Identity => return Cow::Borrowed(capped),
            Self::Unknown if base64::is_all(capped) => base64::decode(raw, &mut bytes),
            Self::Unknown => return Cow::Borrowed(capped),
            Self::Base64 => {
                let base64::Split { before, encoded, after } = base64::split(raw);
                if encoded.is_empty() {
                    return Cow::Borrowed(capped);
                }
                bytes.kept.reserve((before.len() + encoded.len() / 4 * 3 + 3).min(limit));
                if !before.is_empty() {
                    bytes.put(before);
                    bytes.put(b"\n");
                }
                base64::decode(encoded, &mut bytes);
                if !after.is_empty() {
                    if !bytes.kept.ends_with(b"\n") {
                        bytes.put(b"\n");
                    }
                    bytes.put(after);
                }
            }
            Self::QuotedPrintable => {
                bytes.kept.reserve(raw.len().min(limit));
                quoted_printable::decode(raw, &mut bytes);
            }
            Self::Uuencode => {
                if !uuencode::decode(raw, &mut bytes) {
                    return Cow::Borrowed(capped);
                }
            }
        }
        Cow::Owned(bytes.kept)
    }

    /// The bytes of a part that is no text: as many as [`Self::decoded_size`] says.
    pub(super) fn decode(self, raw: &[u8]) -> Cow<'_, [u8]> {
        let mut bytes = Bytes { kept: Vec::new(), limit: usize::MAX };
        match self {
            Self::Identity | Self::Unknown => return Cow::Borrowed(raw),
            Self::Base64 => match base64::split(raw) {
                base64::Split { encoded: [], .. } => return Cow::Borrowed(raw),
                base64::Split { encoded, .. } => {
                    bytes.kept.reserve(encoded.len() / 4 * 3 + 3);
                    base64::decode(encoded, &mut bytes);
                }
            },
            Self::QuotedPrintable => quoted_printable::decode(raw, &mut bytes),
            Self::Uuencode => {
                if !uuencode::decode(raw, &mut bytes) {
                    return Cow::Borrowed(raw);
                }
            }
        }
        Cow::Owned(bytes.kept)
    }

    /// How many bytes a part has, decoded.
    pub(super) fn decoded_size(self, raw: &[u8]) -> u64 {
        let mut count = Count(0);
        match self {
            Self::Identity | Self::Unknown => return raw.len() as u64,
            Self::Base64 => match base64::split(raw) {
                base64::Split { encoded: [], .. } => return raw.len() as u64,
                base64::Split { encoded, .. } => base64::decode(encoded, &mut count),
            },
            Self::QuotedPrintable => quoted_printable::decode(raw, &mut count),
            Self::Uuencode => {
                if !uuencode::decode(raw, &mut count) {
                    return raw.len() as u64;
                }
            }
        }
        count.0
    }
}

fn is_control(byte: u8) -> bool {
    byte.is_ascii_control() && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x0C | 0x0E | 0x0F | 0x1B)
}

/// Where decoded bytes go.
trait Sink {
    /// Takes bytes; whether there is room for more.
    fn put(&mut self, bytes: &[u8]) -> bool;
}

/// Keeps bytes up to a limit.
struct Bytes {
    kept: Vec<u8>,
    limit: usize,
}

impl Sink for Bytes {
    fn put(&mut self, bytes: &[u8]) -> bool {
        let room = self.limit.saturating_sub(self.kept.len());
        self.kept.extend_from_slice(bytes.get(..room).unwrap_or(bytes));
        room > bytes.len()
    }
}

/// Counts bytes.
struct Count(u64);

impl Sink for Count {
    fn put(&mut self, bytes: &[u8]) -> bool {
        self.0 += bytes.len() as u64;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_however_misspelled() {
        for (expected, names) in [
            (
                Transfer::Base64,
                &[
                    "base64",
                    "BASE64",
                    "base64;",
                    "base-64",
                    "\"base64\"",
                    "base64 charset=x",
                    "(c) base64",
                    "base_64",
                    "base 64",
                    "Content-Transfer-Encoding: base64",
                    "b64",
                ][..],
            ),
            (
                Transfer::QuotedPrintable,
                &[
                    "quoted-printable",
                    "Quoted_Printable",
                    "quoted printable",
                    "quotedprintable;",
                    "quoted-printable,",
                    "quote-printable",
                    "x-qp",
                ],
            ),
            (Transfer::Identity, &["7bit", "8-bit", "8 bit", "binary", "8BIT;"]),
            (Transfer::Uuencode, &["x-uuencode", "uuencode", "x-uue"]),
            (Transfer::Unknown, &["x-rot13", "utf-8"]),
        ] {
            for name in names {
                assert_eq!(Transfer::named(name.as_bytes()), Some(expected), "{name}");
            }
        }
        assert_eq!(Transfer::named(b" ; "), None);
    }

    #[track_caller]
    fn check(transfer: Transfer, raw: &str, expected: &str) {
        let found = transfer.decode_text(raw.as_bytes(), 1000);
        assert_eq!(String::from_utf8_lossy(&found), expected, "{raw:?}");
    }

    #[track_caller]
    fn check_bytes(raw: &str, expected: &[u8]) {
        assert_eq!(Transfer::Base64.decode(raw.as_bytes()), expected, "{raw:?}");
        assert_eq!(Transfer::Base64.decode_text(raw.as_bytes(), 1000), expected, "{raw:?}");
        assert_eq!(Transfer::Base64.decoded_size(raw.as_bytes()), expected.len() as u64, "{raw:?}");
    }

    #[test]
    fn base64_as_far_as_it_goes() {
        let base64 = |raw, expected| check(Transfer::Base64, raw, expected);
        base64("UGxlYXNlIHJlZnVuZA==", "Please refund");
        base64("UGxlYXNlIHJlZnVuZA", "Please refund");
        base64("UGxlYXN\r\nlIHJlZn\r\nVuZA\r\n", "Please refund");
        base64("UGxlYXNl\r\n\r\nIHJlZnVu\r\nZA==\r\n", "Please refund");
        base64("  UGxlYXNl\r\n  IHJlZnVu\r\n  ZA==\r\n", "Please refund");
        // Groups that are padded one by one.
        base64("UGxlYXNlIA==\r\ncmVmdW5k\r\n", "Please refund");
        base64("UGxlYXNlIA==cmVmdW5k\r\n", "Please refund");
        // Bad bytes.
        base64(
            "UGxlYXNlIHJlZnVuZCBv\r\ncmRlci!A0NzExIG5v\u{1}dyA=\r\nUGxlYXNlIHJlZnVuZCBv\r\n",
            "Please refund order 4711 now Please refund o",
        );
        // Line ends that became spaces.
        base64("UGxlYXNlIHJlZnVuZCBv cmRlciA0NzExIG5vdyxv UGxl", "Please refund order 4711 now,oPle");
        // A few bad bytes in a short one.
        base64("aGVs!bG8=", "hello");
        base64("aGVs!bG8h", "hello!");
        base64("7e!Xy", "7e!Xy");
        // Well-formed is decoded, whatever it decodes to: here a word of three letters in windows-1251.
        check_bytes("7eXy", &[0xED, 0xE5, 0xF2]);
        check_bytes("team\r\n", &[0xB5, 0xE6, 0xA6]);
        check_bytes("ysc=\r\n", &[0xCA, 0xC7]);
        check_bytes("6Q==", &[0xE9]);
        check_bytes("\r\n", &[]);
        check_bytes(&("AAAA".repeat(19) + "\r\n").repeat(3), &[0; 171]);
        check_bytes(&("////".repeat(19) + "\r\n//8=\r\n"), &[0xFF; 59]);
        // So is a damaged file of one byte again and again, as far as it goes.
        check_bytes(&("AAAA".repeat(19) + "\r\n" + &"AAAA".repeat(18) + "!AAAA\r\nAA\r\n"), &[0; 115]);
        check_bytes(&("A".repeat(70) + "\r\n" + &"A".repeat(70) + "\r\nAAAA\r\n"), &[0; 108]);
        // What follows it.
        base64("UGxlYXNl\r\n\r\n-- \r\nlist footer\r\n", "Please\n-- \r\nlist footer\r\n");
        base64("UGxlYXNlIA==\r\n\r\n____\r\nusers\r\nUnsubscribe\r\n", "Please \n____\r\nusers\r\nUnsubscribe\r\n");
        base64(
            "UGxlYXNlIHJlZnVuZCBv\r\ncmRlciA0NzEx\r\n\r\nSent via the list\r\n",
            "Please refund order 4711\nSent via the list\r\n",
        );
        // What stands before it.
        base64("[EXTERNAL]\r\n\r\nUGxlYXNlIHJlZnVuZCBvcmRlciA0NzEx\r\n", "[EXTERNAL]\nPlease refund order 4711");
        base64("CAUTION: external mail\n\nSGksIHJlZnVuZA==\n", "CAUTION: external mail\nHi, refund");
        base64(
            "Caution\nof mail.\n\nSGksIHJlZnVuZA==\n\n-- \nUnsubscribe",
            "Caution\nof mail.\nHi, refund\n-- \nUnsubscribe",
        );
        base64("bXk=\n\n-- \nlist footer\n", "my\n-- \nlist footer\n");
        base64("bXk=\n\n-- \nlist\n", "my\n-- \nlist\n");
        base64("CAUTION: external mail\nThanks\n\nQW5u\n", "CAUTION: external mail\nThanks\nAnn");
        // A blank line before the last one.
        base64("UGxlYXNlIHJlZnVuZCBvcmRlciA0NzEx\n\nLCB0aGFua3Mu\n", "Please refund order 4711, thanks.");
        base64("UGxlYXNlIHJlZnVuZCBvcmRlciA0NzEx\n\ncw==\n", "Please refund order 4711s");
        base64("UGxlYXNlIHJlZnVuZCBvcmRlciA0NzEx\n\nLinkedIn\n", "Please refund order 4711\nLinkedIn\n");
        base64("UGxlYXNlIHJlZnVuZCBvcmRlciA0NzEx\n\nUnsubscribe\n", "Please refund order 4711\nUnsubscribe\n");
        // Text that is none.
        for text in [
            "Please refund order 4711.\nAnn\n",
            "Please refund order 4711, it never arrived.\n\nAnn\n",
            "Hi\nPlease refund order 4711.\n",
            "Hello team,\nplease refund order 4711.\nThanks\nAnn\n",
            "Please cancel\nThanks\n",
            "Please cancel order\nAB12CD34\nThanks\n",
            "Please cancel\n47110815\n",
            "Thanks\n",
            "Hello\nAnn\n",
            "iPhone\n",
            "teams\n",
            "team!\n",
            "McDonald!\n",
            "Please refund order 4711.\n////////////////////////////////////////////////////////////////////////////\nAnn\n",
            "YouTube\n\nRegards\nplease\n",
            "PayPal\nteam\n",
            "refund\nwhy\n\niPhone\n",
            "McDonald\nYouTube\n",
            "https://sender.example/orders/4711/refund/please/and/soon\n",
        ] {
            base64(text, text);
        }
        base64("This is not base64 at all!\r\n", "This is not base64 at all!\r\n");
        base64("Hello\r\nthis is not base64 at all.\r\nBye\r\n", "Hello\r\nthis is not base64 at all.\r\nBye\r\n");
        base64("", "");
        check(Transfer::Unknown, "UGxlYXNlIHJlZnVuZCBvcmRlciA0NzEx\r\n", "Please refund order 4711");
        check(Transfer::Unknown, "uryyb\r\n", "uryyb\r\n");
    }

    #[test]
    fn quoted_printable_as_far_as_it_goes() {
        let quoted = |raw, expected| check(Transfer::QuotedPrintable, raw, expected);
        quoted("a=3Db=\r\nc=  \r\nd\r\n", "a=bcd\r\n");
        quoted("a==b=C3=BC=ZZ=c3=bc=", "a==bü=ZZü");
        quoted("====\r\n=20 \r\nx \t\r\n", "=== \r\nx\r\n");
        quoted("=C3=BC=4", "ü=4");
        quoted("a=\nb\rc", "ab\rc");
        quoted("a=\r\r\nb=20\r\r\nc", "ab \r\r\nc");
    }

    #[test]
    fn uuencoded() {
        check(Transfer::Uuencode, "begin 644 a.txt\r\n#0V%T\r\n`\r\nend\r\n", "Cat");
        check(Transfer::Uuencode, "no such thing", "no such thing");
        assert_eq!(Transfer::Uuencode.decoded_size(b"begin 644 a.txt\n#0V%T\n`\nend\n"), 3);
    }

    #[test]
    fn sizes_are_those_of_the_decoded_bytes() {
        assert_eq!(Transfer::Base64.decoded_size(b"UGxlYXNl\r\nIHJlZnVuZA==\r\n"), 13);
        assert_eq!(Transfer::QuotedPrintable.decoded_size(b"a=3D=\r\nb"), 3);
        assert_eq!(Transfer::Identity.decoded_size(b"abc"), 3);
        for (transfer, raw) in [
            (Transfer::Base64, &b"UGxlYXNl\r\nIHJlZnVuZA==\r\n"[..]),
            (Transfer::Base64, b"!"),
            (Transfer::QuotedPrintable, b"a=00=\r\nb"),
            (Transfer::Uuencode, b"begin 644 a.txt\n#0V%T\n`\nend\n"),
            (Transfer::Uuencode, b"none"),
            (Transfer::Identity, b"\0\xff"),
        ] {
            assert_eq!(transfer.decode(raw).len() as u64, transfer.decoded_size(raw), "{transfer:?}");
        }
        assert_eq!(*Transfer::Base64.decode(b"UGxlYXNl\r\nIHJlZnVuZA==\r\n"), *b"Please refund");
        assert_eq!(Transfer::Base64.decode_text(&b"QUFB".repeat(100), 10).len(), 10);
    }
}
