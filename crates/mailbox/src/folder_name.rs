//! Names of folders as they are sent: modified UTF-7 (RFC 3501 section 5.1.3), quoted.

use base64::Engine;
use base64::alphabet::IMAP_MUTF7;
use base64::engine::general_purpose::{GeneralPurpose, NO_PAD};

const MODIFIED: GeneralPurpose = GeneralPurpose::new(&IMAP_MUTF7, NO_PAD);

/// A folder's name as a quoted string. A name with control characters can't be one: it has none afterwards.
pub(crate) fn sent(name: &str) -> String {
    let mut sent = String::with_capacity(name.len() + 2);
    sent.push('"');
    let mut run = Vec::new();
    for c in name.chars() {
        if matches!(c, ' '..='~') {
            encode(&mut run, &mut sent);
            match c {
                '&' => sent.push_str("&-"),
                '"' | '\\' => {
                    sent.push('\\');
                    sent.push(c);
                }
                _ => sent.push(c),
            }
        } else if !c.is_control() {
            let mut units = [0; 2];
            run.extend(c.encode_utf16(&mut units).iter().flat_map(|unit| unit.to_be_bytes()));
        }
    }
    encode(&mut run, &mut sent);
    sent.push('"');
    sent
}

fn encode(run: &mut Vec<u8>, sent: &mut String) {
    if !run.is_empty() {
        sent.push('&');
        sent.push_str(&MODIFIED.encode(&*run));
        sent.push('-');
        run.clear();
    }
}

/// A name as it was sent. What is no modified UTF-7 is left as it is.
pub(crate) fn read(sent: &str) -> String {
    let mut name = String::with_capacity(sent.len());
    let mut rest = sent;
    while let Some((plain, after)) = rest.split_once('&') {
        name.push_str(plain);
        let Some((run, after)) = after.split_once('-') else {
            rest = sent.get(sent.len().saturating_sub(after.len().saturating_add(1))..).unwrap_or_default();
            break;
        };
        match (run, MODIFIED.decode(run)) {
            ("", _) => name.push('&'),
            (_, Ok(bytes)) => {
                let units: Vec<u16> =
                    bytes.chunks_exact(2).filter_map(|pair| Some(u16::from_be_bytes(*pair.first_chunk()?))).collect();
                name.push_str(&String::from_utf16_lossy(&units));
            }
            (run, Err(_)) => name.extend(["&", run, "-"]),
        }
        rest = after;
    }
    name.push_str(rest);
    name
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_sent_in_modified_utf_7() {
        for (name, wire) in [
            ("INBOX", "\"INBOX\""),
            ("Support/2026", "\"Support/2026\""),
            ("R&D", "\"R&-D\""),
            ("a\"b\\c", "\"a\\\"b\\\\c\""),
            ("Entwürfe", "\"Entw&APw-rfe\""),
            // RFC 3501 section 5.1.3.
            ("~peter/mail/台北/日本語", "\"~peter/mail/&U,BTFw-/&ZeVnLIqe-\""),
            ("😀", "\"&2D3eAA-\""),
            ("a\r\nb", "\"ab\""),
            ("", "\"\""),
        ] {
            assert_eq!(sent(name), wire, "{name}");
        }
    }

    #[test]
    fn names_are_read_as_they_were_sent() {
        for name in ["INBOX", "R&D", "Entwürfe", "~peter/mail/台北/日本語", "😀 a"] {
            assert_eq!(read(sent(name).trim_matches('"')), name);
        }
        for odd in ["a&b", "&!!-", "&-&"] {
            assert!(!read(odd).is_empty(), "{odd}");
        }
        assert_eq!(read("a&b"), "a&b");
    }
}
