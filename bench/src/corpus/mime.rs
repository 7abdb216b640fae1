//! Writing MIME: charsets, transfer encodings, encoded words, parts.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::words::Charset;

/// How bytes are made fit for transport (RFC 2045 section 6).
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Transfer {
    Identity,
    QuotedPrintable,
    Base64,
}

/// Whether every character can be written in a charset.
pub(crate) fn can_write(charset: Charset, text: &str) -> bool {
    if charset.label == "us-ascii" { text.is_ascii() } else { !charset.encoding.encode(text).2 }
}

/// A text part: its own header fields, an empty line, its content.
pub(crate) fn text_part(text: &str, subtype: &str, charset: Charset, transfer: Transfer) -> Vec<u8> {
    let bytes = charset.encoding.encode(text).0;
    let (name, content) = match transfer {
        Transfer::Identity if bytes.is_ascii() => ("7bit", with_crlf(&bytes)),
        Transfer::Identity => ("8bit", with_crlf(&bytes)),
        Transfer::QuotedPrintable => ("quoted-printable", quoted_printable(&bytes)),
        Transfer::Base64 => ("base64", base64_lines(&with_crlf(&bytes))),
    };
    let header = format!(
        "Content-Type: text/{subtype}; charset=\"{}\"\r\nContent-Transfer-Encoding: {name}\r\n\r\n",
        charset.label
    );
    [header.into_bytes(), content].concat()
}

/// An attachment, base64.
pub(crate) fn attachment(media_type: &str, name: &str, content: &[u8]) -> Vec<u8> {
    let name = if name.is_ascii() {
        format!("filename=\"{name}\"")
    } else {
        // RFC 2231 section 4.
        let encoded: String = name
            .bytes()
            .map(|byte| {
                if byte.is_ascii_alphanumeric() || byte == b'.' {
                    char::from(byte).to_string()
                } else {
                    format!("%{byte:02X}")
                }
            })
            .collect();
        format!("filename*=utf-8''{encoded}")
    };
    let header = format!(
        "Content-Type: {media_type}\r\nContent-Transfer-Encoding: base64\r\nContent-Disposition: attachment; {name}\r\n\r\n"
    );
    [header.into_bytes(), base64_lines(content)].concat()
}

/// Parts between boundaries.
pub(crate) fn multipart(subtype: &str, boundary: &str, parts: &[Vec<u8>]) -> Vec<u8> {
    let mut written = format!("Content-Type: multipart/{subtype}; boundary=\"{boundary}\"\r\n\r\n").into_bytes();
    for part in parts {
        written.extend_from_slice(format!("--{boundary}\r\n").as_bytes());
        written.extend_from_slice(part);
        written.extend_from_slice(b"\r\n");
    }
    written.extend_from_slice(format!("--{boundary}--\r\n").as_bytes());
    written
}

/// A header value, as encoded words if it is not ASCII (RFC 2047): each of at most 75 characters, on a line of its own.
pub(crate) fn header_text(text: &str, charset: Charset) -> String {
    if text.is_ascii() {
        return text.to_owned();
    }
    let room = (75 - charset.label.len() - "=??b??=".len()) / 4 * 3;
    let mut words = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let mut taken = rest;
        let mut bytes = charset.encoding.encode(taken).0;
        while bytes.len() > room {
            let last = taken.char_indices().next_back().map_or(0, |(at, _)| at);
            taken = &taken[..last];
            bytes = charset.encoding.encode(taken).0;
        }
        words.push(format!("=?{}?b?{}?=", charset.label, STANDARD.encode(&bytes)));
        rest = &rest[taken.len()..];
    }
    words.join("\r\n ")
}

fn with_crlf(bytes: &[u8]) -> Vec<u8> {
    let mut converted = Vec::with_capacity(bytes.len() + bytes.len() / 40);
    for byte in bytes {
        if *byte == b'\n' {
            converted.push(b'\r');
        }
        converted.push(*byte);
    }
    converted
}

/// Base64 in lines of 76 characters.
pub(crate) fn base64_lines(bytes: &[u8]) -> Vec<u8> {
    let mut lines = Vec::with_capacity(bytes.len() / 57 * 78 + 80);
    for line in bytes.chunks(57) {
        lines.extend_from_slice(STANDARD.encode(line).as_bytes());
        lines.extend_from_slice(b"\r\n");
    }
    lines
}

/// RFC 2045 section 6.7, lines of at most 76 characters.
fn quoted_printable(bytes: &[u8]) -> Vec<u8> {
    let mut written = Vec::with_capacity(bytes.len() * 5 / 4);
    for line in bytes.split_inclusive(|byte| *byte == b'\n') {
        let (line, ended) = line.strip_suffix(b"\n").map_or((line, false), |line| (line, true));
        let mut column = 0;
        for (at, byte) in line.iter().enumerate() {
            let last = at + 1 == line.len();
            let plain = matches!(byte, 33..=60 | 62..=126) || (matches!(byte, b' ' | b'\t') && !last);
            let width = if plain { 1 } else { 3 };
            if column + width > 75 {
                written.extend_from_slice(b"=\r\n");
                column = 0;
            }
            if plain {
                written.push(*byte);
            } else {
                written.extend_from_slice(format!("={byte:02X}").as_bytes());
            }
            column += width;
        }
        if ended {
            written.extend_from_slice(b"\r\n");
        }
    }
    written
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::corpus::words::LANGUAGES;

    /// What was written is read back by the parser: every language in every charset and transfer encoding.
    #[test]
    fn texts_survive_a_round_trip() -> anyhow::Result<()> {
        for language in LANGUAGES {
            for charset in language.charsets {
                for transfer in [Transfer::Identity, Transfer::QuotedPrintable, Transfer::Base64] {
                    let text = language.sentences.join("\n") + "\n";
                    if !can_write(*charset, &text) {
                        continue;
                    }
                    let subject = language.sentences[0];
                    let mut raw = format!("Subject: {}\r\n", header_text(subject, *charset)).into_bytes();
                    raw.extend(text_part(&text, "plain", *charset, transfer));
                    let read = mail_parser::MessageParser::default().parse(&raw);
                    let read = read.ok_or_else(|| anyhow::anyhow!("not read"))?;
                    let body = read.body_text(0).unwrap_or_default().replace("\r\n", "\n");
                    assert_eq!(body.trim_end(), text.trim_end(), "{}", charset.label);
                    assert_eq!(read.subject(), Some(subject), "{}", charset.label);
                }
            }
        }
        Ok(())
    }
}
