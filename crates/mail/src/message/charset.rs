//! Charsets by the names that mail gives them, standard or not.

use std::borrow::Cow;

use encoding_rs::{
    BIG5, EUC_JP, EUC_KR, Encoding, GBK, ISO_2022_JP, KOI8_R, KOI8_U, MACINTOSH, REPLACEMENT, SHIFT_JIS, WINDOWS_874,
    WINDOWS_1252,
};
use mail_parser::decoders::charsets::DecoderFnc;
use mail_parser::decoders::charsets::map::charset_decoder;
use memchr::memchr;

use super::code_pages;

/// Which byte of a number comes first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Order {
    Unsaid,
    Little,
    Big,
}

/// How bytes become text.
#[derive(Clone, Copy, Debug)]
pub(super) enum Charset {
    /// Nothing usable is said, or ASCII: UTF-8 if the bytes are, else windows-1252, as mail programs do.
    Unsaid,
    Utf8,
    /// With or without a byte order mark, which counts before the label; big-endian if neither they nor zero bytes tell (RFC 2781,
    /// section 4.3).
    Utf16(Order),
    Utf32(Order),
    /// Bytes with two sets, shifted between by SO and SI (RFC 1557, RFC 1922); the second set's bytes lack the high bit.
    Shifted(&'static Encoding),
    /// HZ (RFC 1843).
    Hz,
    Web(&'static Encoding),
    /// A code page of DOS.
    Dos(&'static str),
    /// What else the Encoding Standard leaves out: UTF-7.
    Rare(DecoderFnc),
}

impl Charset {
    /// A charset by its name; any text is one, if only [`Charset::Unsaid`].
    pub(super) fn named(label: &[u8]) -> Self {
        let label = label.trim_ascii();
        // `charset="charset=utf-8"` and the like.
        let label = label.iter().rposition(|byte| *byte == b'=').and_then(|at| label.get(at + 1..)).unwrap_or(label);
        let mut key = [0; 40];
        let mut length = 0;
        for byte in label.iter().filter(|byte| byte.is_ascii_alphanumeric()) {
            let Some(to) = key.get_mut(length) else { return Self::Unsaid };
            *to = byte.to_ascii_lowercase();
            length += 1;
        }
        let key = key.get(..length).unwrap_or_default();
        let key = std::str::from_utf8(key).unwrap_or_default();
        Self::known(key)
            .or_else(|| Self::web(label))
            .or_else(|| Self::code_page(key))
            .or_else(|| Self::iso_8859(key))
            .or_else(|| charset_decoder(label).map(Self::Rare))
            .unwrap_or(Self::Unsaid)
    }

    /// By letters and digits alone: names that the Encoding Standard lacks, and those for which mail needs another reading.
    fn known(key: &str) -> Option<Self> {
        let key = key.strip_prefix("cs").filter(|rest| rest.len() > 3).unwrap_or(key);
        let key = key.strip_prefix('x').filter(|rest| rest.len() > 3).unwrap_or(key);
        Some(match key {
            "" | "ascii" | "usascii" | "us" | "ansix341968" | "iso646us" | "646" | "cp367" | "7bit" | "8bit"
            | "binary" | "unknown" | "unknown8bit" | "none" | "default" | "null" | "ansi" | "plain" | "auto" => {
                Self::Unsaid
            }
            "utf8" | "utf8mb4" | "utf8mb3" | "utf8n" | "utf8bom" | "utf8sig" | "utf8nobom" | "unicode11utf8"
            | "unicode20utf8" | "cp65001" | "65001" | "windows65001" | "fsutf8" => Self::Utf8,
            "utf16" | "ucs2" | "unicode" | "iso10646ucs2" | "utf16bom" => Self::Utf16(Order::Unsaid),
            "utf16le" | "ucs2le" | "unicodelittle" | "cp1200" => Self::Utf16(Order::Little),
            "utf16be" | "ucs2be" | "unicodebig" | "unicodefffe" | "cp1201" => Self::Utf16(Order::Big),
            "utf32" | "ucs4" | "iso10646ucs4" => Self::Utf32(Order::Unsaid),
            "utf32le" | "ucs4le" => Self::Utf32(Order::Little),
            "utf32be" | "ucs4be" => Self::Utf32(Order::Big),
            "utf7" | "unicode11utf7" | "unicode20utf7" | "cp65000" | "65000" => Self::Rare(charset_decoder(b"utf-7")?),
            "iso2022kr" | "cp50225" | "50225" => Self::Shifted(EUC_KR),
            "iso2022cn" | "iso2022cnext" | "cp50227" => Self::Shifted(GBK),
            "hz" | "hzgb2312" | "hzgb" | "cp52936" => Self::Hz,
            "cp50220" | "cp50221" | "cp50222" | "windows50220" | "windows50221" | "windows50222" | "50220"
            | "50221" | "50222" | "jis" | "jis7" => Self::Web(ISO_2022_JP),
            "cp932" | "ms932" | "windows932" | "win932" | "932" | "ibm932" | "ibm943" | "cp943" | "sjis"
            | "sjiswin" | "mskanji" | "shiftjisms" | "sjis2004" | "shiftjis2004" | "shiftjisx0213" | "shiftjis"
            | "windows31j" => Self::Web(SHIFT_JIS),
            "cp51932" | "eucjpms" | "eucjpwin" | "cp20932" | "eucjp2004" | "ujis" | "eucjp" => Self::Web(EUC_JP),
            "cp936" | "ms936" | "windows936" | "win936" | "936" | "euccn" | "gbk" | "gb2312" | "gb23121980"
            | "eucgb2312cn" => Self::Web(GBK),
            "cp949" | "ms949" | "windows949" | "win949" | "949" | "uhc" | "unifiedhangul" | "ksx1001" | "ksc5601"
            | "ksc56011992" | "cp51949" | "ibm949" | "euckr" => Self::Web(EUC_KR),
            "cp950" | "ms950" | "windows950" | "win950" | "950" | "big5eten" | "big5hkscs" | "big5hkscs2004"
            | "big5" | "cnbig5" => Self::Web(BIG5),
            "cp874" | "ms874" | "874" | "ibm874" | "tis6202533" | "tis620" => Self::Web(WINDOWS_874),
            "iso88591windows31latin1"
            | "western"
            | "windowslatin1"
            | "iso8859"
            | "latin"
            | "isolatin1"
            | "l1"
            | "ansi1252" => Self::Web(WINDOWS_1252),
            "mac" | "macroman" | "applemacintosh" | "cp10000" => Self::Web(MACINTOSH),
            "koi8r" | "koi8" => Self::Web(KOI8_R),
            "koi8u" | "koi8ru" => Self::Web(KOI8_U),
            // `iso-2022-jp-ms`, `iso-2022-jp$esc`.
            name if name.starts_with("iso2022jp") => Self::Web(ISO_2022_JP),
            "latin9" | "latin0" => Self::Web(Encoding::for_label(b"iso-8859-15")?),
            _ => return None,
        })
    }

    /// By the labels of the Encoding Standard.
    fn web(label: &[u8]) -> Option<Self> {
        Encoding::for_label(label).filter(|encoding| *encoding != REPLACEMENT).map(Self::Web)
    }

    /// `cp1252`, `ms-1252`, `ibm866`, `1252`.
    fn code_page(key: &str) -> Option<Self> {
        let number = key.trim_start_matches(|c: char| c.is_ascii_alphabetic());
        let prefix = key.get(..key.len() - number.len())?;
        if !matches!(
            prefix,
            "" | "cp"
                | "xcp"
                | "ms"
                | "win"
                | "windows"
                | "windowscp"
                | "ansi"
                | "codepage"
                | "ibm"
                | "dos"
                | "oem"
                | "x"
        ) {
            return None;
        }
        match number {
            "866" => Self::web(b"ibm866"),
            "437" => Some(Self::Dos(code_pages::CP437)),
            "850" => Some(Self::Dos(code_pages::CP850)),
            "852" => Some(Self::Dos(code_pages::CP852)),
            "858" => Some(Self::Dos(code_pages::CP858)),
            _ => Self::web(format!("windows-{number}").as_bytes()),
        }
    }

    /// `iso8859_1`, `8859-1`, `iso-8859-2:1987`.
    fn iso_8859(key: &str) -> Option<Self> {
        let (_, number) = key.split_once("8859")?;
        let number = [4, 2, 1].into_iter().find_map(|years| {
            let (number, year) =
                number.split_at_checked(number.len().checked_sub(if years == 4 { 4 } else { 0 })?)?;
            (year.is_empty() || year.starts_with('1')).then_some(number).filter(|number| matches!(number.len(), 1 | 2))
        })?;
        Self::web(format!("iso-8859-{number}").as_bytes())
    }

    /// Whether a text in it may depend on what came before: such texts are decoded one by one, unless [`Charset::goes_on`].
    pub(super) fn is_stateful(self) -> bool {
        match self {
            Self::Shifted(_) | Self::Hz | Self::Rare(_) => true,
            Self::Web(encoding) => encoding == ISO_2022_JP,
            Self::Unsaid | Self::Utf8 | Self::Utf16(_) | Self::Utf32(_) | Self::Dos(_) => false,
        }
    }

    /// Whether bytes of it end within its other set, so that those that follow begin there.
    pub(super) fn goes_on(self, bytes: &[u8]) -> bool {
        let last = || bytes.iter().rposition(|byte| *byte == ESCAPE).and_then(|at| bytes.get(at + 1));
        matches!(self, Self::Web(encoding) if encoding == ISO_2022_JP) && last() == Some(&b'$')
    }

    /// Whether it is the other one, whatever they are called.
    pub(super) fn is(self, other: Self) -> bool {
        match (self, other) {
            (Self::Unsaid, Self::Unsaid) | (Self::Utf8, Self::Utf8) | (Self::Hz, Self::Hz) => true,
            (Self::Utf16(one), Self::Utf16(other)) | (Self::Utf32(one), Self::Utf32(other)) => one == other,
            (Self::Shifted(one), Self::Shifted(other)) | (Self::Web(one), Self::Web(other)) => one == other,
            (Self::Dos(one), Self::Dos(other)) => one == other,
            _ => false,
        }
    }

    /// Whether its bytes look like ASCII: escapes, or hyphens and braces, say otherwise.
    pub(super) fn is_seven_bit(self) -> bool {
        match self {
            Self::Shifted(_) | Self::Hz => true,
            Self::Web(encoding) => encoding == ISO_2022_JP,
            _ => false,
        }
    }

    /// Whether it says nothing of bytes outside of ASCII: it names none, or one that a header can't be in.
    pub(super) fn is_unsaid(self) -> bool {
        matches!(self, Self::Unsaid | Self::Utf8 | Self::Utf16(_) | Self::Utf32(_))
    }

    /// The text of bytes; what is no character is U+FFFD. Borrowed where the bytes are the text.
    pub(super) fn decode<'a>(self, bytes: Cow<'a, [u8]>) -> Cow<'a, str> {
        match bytes {
            Cow::Borrowed(bytes) => self.decode_borrowed(bytes),
            Cow::Owned(bytes) => match (self, String::from_utf8(bytes)) {
                (Self::Utf8 | Self::Unsaid, Ok(text)) if !has_escapes(text.as_bytes()) => {
                    Cow::Owned(without_mark(text))
                }
                (_, Ok(text)) => Cow::Owned(self.decode_borrowed(text.as_bytes()).into_owned()),
                (_, Err(error)) => Cow::Owned(self.decode_borrowed(error.as_bytes()).into_owned()),
            },
        }
    }

    fn decode_borrowed(self, bytes: &[u8]) -> Cow<'_, str> {
        let marked = bytes.strip_prefix(b"\xEF\xBB\xBF");
        let utf8 = marked.unwrap_or(bytes);
        match self {
            Self::Utf8 | Self::Unsaid if has_escapes(bytes) => ISO_2022_JP.decode_without_bom_handling(bytes).0,
            Self::Utf8 => String::from_utf8_lossy(utf8),
            Self::Unsaid => match std::str::from_utf8(utf8) {
                Ok(text) => Cow::Borrowed(text),
                Err(_) => WINDOWS_1252.decode_without_bom_handling(bytes).0,
            },
            Self::Utf16(order) => Cow::Owned(utf16(bytes, order)),
            Self::Utf32(order) => Cow::Owned(utf32(bytes, order)),
            Self::Shifted(encoding) => Cow::Owned(shifted(bytes, encoding)),
            Self::Hz => Cow::Owned(hz(bytes)),
            // A mark that says UTF-8 is seldom wrong.
            Self::Web(_) | Self::Rare(_) if marked.is_some_and(|text| std::str::from_utf8(text).is_ok()) => {
                String::from_utf8_lossy(utf8)
            }
            Self::Web(encoding) => encoding.decode_without_bom_handling(bytes).0,
            Self::Dos(page) => Cow::Owned(code_pages::decode(page, bytes)),
            Self::Rare(decode) => Cow::Owned(decode(bytes)),
        }
    }
}

const ESCAPE: u8 = 0x1B;

/// Whether bytes are ISO-2022-JP by its escapes (RFC 1468), which nothing else has in it.
pub(super) fn has_escapes(bytes: &[u8]) -> bool {
    let Some(first) = memchr(ESCAPE, bytes) else { return false };
    let is_one = |at: &[u8]| matches!(at, [ESCAPE, b'$', b'@' | b'B', ..] | [ESCAPE, b'$', b'(', b'D', ..]);
    bytes.is_ascii() && bytes.get(first..).is_some_and(|rest| rest.windows(4).any(is_one))
}

fn without_mark(text: String) -> String {
    match text.strip_prefix('\u{FEFF}') {
        Some(rest) => rest.to_owned(),
        None => text,
    }
}

fn utf16(bytes: &[u8], order: Order) -> String {
    let (bytes, big) = match bytes {
        [0xFF, 0xFE, rest @ ..] => (rest, false),
        [0xFE, 0xFF, rest @ ..] => (rest, true),
        _ if order != Order::Unsaid => (bytes, order == Order::Big),
        // Of Western text every other byte is zero.
        [_, 0, ..] => (bytes, false),
        _ => (bytes, true),
    };
    let units = bytes.chunks(2).map(|unit| match unit {
        [a, b] if big => u16::from_be_bytes([*a, *b]),
        [a, b] => u16::from_le_bytes([*a, *b]),
        _ => 0xFFFD,
    });
    char::decode_utf16(units).map(|c| c.unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

fn utf32(bytes: &[u8], order: Order) -> String {
    let (bytes, big) = match bytes {
        [0xFF, 0xFE, 0, 0, rest @ ..] => (rest, false),
        [0, 0, 0xFE, 0xFF, rest @ ..] => (rest, true),
        _ if order != Order::Unsaid => (bytes, order == Order::Big),
        [_, _, _, 0, ..] => (bytes, false),
        _ => (bytes, true),
    };
    let character = |unit: &[u8]| {
        let unit: [u8; 4] = unit.try_into().ok()?;
        char::from_u32(if big { u32::from_be_bytes(unit) } else { u32::from_le_bytes(unit) })
    };
    bytes.chunks(4).map(|unit| character(unit).unwrap_or(char::REPLACEMENT_CHARACTER)).collect()
}

/// Sets the high bit of what stands between SO and SI, and leaves out the sequences that name the second set.
fn shifted(bytes: &[u8], encoding: &'static Encoding) -> String {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut out = false;
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match byte {
            0x0E => out = true,
            0x0F => out = false,
            0x1B => {
                // ESC $ ) C and its kin: intermediate bytes, then a final one.
                let intermediate = rest.iter().take_while(|byte| matches!(byte, 0x20..=0x2F)).count();
                rest = rest.get(intermediate + 1..).unwrap_or_default();
            }
            b'\r' | b'\n' => {
                // A line begins in ASCII again (RFC 1557).
                out = false;
                plain.push(byte);
            }
            0x21..=0x7E if out => plain.push(byte | 0x80),
            byte => plain.push(byte),
        }
    }
    encoding.decode_without_bom_handling(&plain).0.into_owned()
}

fn hz(bytes: &[u8]) -> String {
    let mut plain = Vec::with_capacity(bytes.len());
    let mut chinese = false;
    let mut rest = bytes;
    while let Some((&byte, after)) = rest.split_first() {
        rest = after;
        match (byte, rest.first()) {
            (b'~', Some(b'{')) => chinese = true,
            (b'~', Some(b'}')) => chinese = false,
            (b'~', Some(b'~')) => plain.push(b'~'),
            (b'~', Some(b'\n')) => {}
            (0x21..=0x7E, _) if chinese => {
                plain.push(byte | 0x80);
                continue;
            }
            _ => {
                chinese &= byte != b'\n';
                plain.push(byte);
                continue;
            }
        }
        rest = rest.get(1..).unwrap_or_default();
    }
    GBK.decode_without_bom_handling(&plain).0.into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(labels: &[&str], bytes: &[u8], expected: &str) {
        for label in labels {
            let found = Charset::named(label.as_bytes()).decode(Cow::Borrowed(bytes));
            assert_eq!(found, expected, "{label}");
            let found = Charset::named(label.to_ascii_uppercase().as_bytes()).decode(Cow::Owned(bytes.to_vec()));
            assert_eq!(found, expected, "{label}, owned");
        }
    }

    #[test]
    fn names_in_use() {
        let western = [
            "iso-8859-1",
            "iso8859-1",
            "iso_8859-1:1987",
            "ISO8859_1",
            "8859-1",
            "latin1",
            "latin-1",
            "l1",
            "cp1252",
            "windows-1252",
            "windows1252",
            "win-1252",
            "1252",
            "x-cp1252",
            "ms-1252",
            "cp819",
            "ISO-8859-1-Windows-3.1-Latin-1",
            "us-ascii",
            "ascii",
            "unknown-8bit",
            "x-unknown",
            "",
            "charset=iso-8859-1",
            "\"iso-8859-1\"",
            "ansi",
            "iso-8859",
        ];
        check(&western, b"R\xFCck", "Rück");
        let utf8 = [
            "utf-8",
            "utf8",
            "UTF_8",
            "utf-8mb4",
            "utf8mb4",
            "unicode-1-1-utf-8",
            "cp65001",
            "x-unicode-2-0-utf-8",
            "us-ascii",
            "x-nobody-knows",
            "\"utf-8\"",
            "utf-8;",
            "charset=utf-8",
        ];
        check(&utf8, "R\u{fc}ck".as_bytes(), "Rück");
        check(&["utf-7", "unicode-1-1-utf-7", "x-unicode-2-0-utf-7", "csUTF7", "utf7"], b"R+APw-ck", "Rück");
        check(
            &[
                "cp932",
                "ms932",
                "windows-932",
                "windows-31j",
                "csWindows31J",
                "shift_jis",
                "shift-jis",
                "sjis",
                "x-sjis",
                "ms_kanji",
            ],
            b"\x95\xD4\x8B\xE0\x87\x40\xEE\xE0",
            "返金①髙",
        );
        check(
            &[
                "cp949",
                "ms949",
                "windows-949",
                "uhc",
                "ks_c_5601-1987",
                "ksc5601",
                "euc-kr",
                "euckr",
                "x-windows-949",
                "ks_c_5601",
            ],
            b"\xC8\xAF\xBA\xD2 \x8C\x63",
            "환불 똠",
        );
        check(&["iso-2022-kr", "csISO2022KR", "iso2022kr", "cp50225"], b"\x1B$)C\x0EH/:R\x0F ok", "환불 ok");
        check(&["hz-gb-2312", "hz"], b"~{<:Ky2;~} a~~b", "己所不 a~b");
        check(
            &[
                "iso-2022-jp",
                "_iso-2022-jp$ESC",
                "us-ascii",
                "utf-8",
                "",
                "iso-2022-jp-2",
                "csISO2022JP",
                "cp50220",
                "iso2022jp",
            ],
            b"\x1B$BJV6b\x1B(B",
            "返金",
        );
        check(
            &["gb2312", "gbk", "cp936", "ms936", "gb18030", "euc-cn", "x-gbk", "gb_2312-80"],
            b"\xCD\xCB\xBF\xEE\xE9F",
            "退款镕",
        );
        check(&["big5", "cp950", "big5-hkscs", "x-x-big5", "cn-big5", "ms950"], b"\xB0h", "退");
        check(&["koi8-r", "koi8_r", "cskoi8r", "koi8r"], b"\xF7\xC5\xD2", "Вер");
        let cyrillic = ["windows-1251", "cp1251", "win1251", "cp-1251", "1251", "windows-cp1251", "ansi-1251"];
        check(&cyrillic, b"\xC2\xE5\xF0", "Вер");
        check(&["iso-8859-2", "iso8859-2", "latin2", "8859_2", "iso_8859-2:1987"], b"\xE8", "č");
        check(&["iso-8859-15", "iso8859-15", "latin9", "latin-9", "iso_8859-15"], b"\xA4", "€");
        check(&["tis-620", "cp874", "windows-874", "iso-8859-11"], b"\xA4", "ค");
        check(&["cp850", "ibm850", "850"], b"\x81\xD5", "üı");
        check(&["cp858", "ibm858"], b"\x81\xD5", "ü€");
        check(&["cp437", "ibm437", "437"], b"\x81\xE1", "üß");
        check(&["cp852", "ibm852", "pc852"][..2], b"\x9F", "č");
        check(&["macintosh", "x-mac-roman", "mac"], b"\x9F", "ü");
        check(&["utf-16", "utf-16le", "unicode", "ucs-2"], b"\xFF\xFEa\0\xFC\0", "aü");
        check(&["utf-16", "utf-16le"], b"a\0\xFC\0", "aü");
        check(&["utf-16le", "ucs-2le"], b"\x00\x90\x3E\x6B", "退款");
        check(&["utf-16be"], b"\x90\x00\x6B\x3E", "退款");
        check(&["utf-32be"], b"\0\0\x4E\0", "一");
        check(&["utf-16", "utf-16be"], b"\0a\0\xFC", "aü");
        check(&["utf-32"], b"\xFC\0\0\0", "ü");
    }

    #[test]
    fn what_is_no_character_is_replaced_alone() {
        check(&["utf-8"], b"a\xFFb\xC3\xBC", "a\u{FFFD}bü");
        check(&["utf-8", "iso-8859-1"], b"\xEF\xBB\xBF\xC3\xBC", "ü");
        check(&["utf-16"], b"\xFE\xFF\0a\xD8\0", "a\u{FFFD}");
    }

    #[test]
    fn a_text_in_place_is_borrowed() {
        for label in ["utf-8", "us-ascii", "iso-8859-1", "gb2312"] {
            assert!(
                matches!(Charset::named(label.as_bytes()).decode(Cow::Borrowed(b"plain")), Cow::Borrowed(_)),
                "{label}"
            );
        }
    }
}
