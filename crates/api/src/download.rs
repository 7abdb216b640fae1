//! Bytes that strangers sent, as answers. A browser saves them, and never shows them as if this server said it.

use axum::http::{HeaderMap, HeaderValue, header};

/// Longer names are cut: no file system takes them.
const MOST_NAME: usize = 150;

/// The headers of a download. The media type is the sender's word: what is none is bytes.
pub(crate) fn headers(media_type: &str, name: &str) -> HeaderMap {
    let kind = if is_media_type(media_type) { media_type } else { "application/octet-stream" };
    let mut headers = HeaderMap::new();
    let mut insert = |name, value: &str| {
        if let Ok(value) = HeaderValue::from_str(value) {
            headers.insert(name, value);
        }
    };
    insert(header::CONTENT_TYPE, kind);
    insert(header::CONTENT_DISPOSITION, &disposition(name));
    insert(header::X_CONTENT_TYPE_OPTIONS, "nosniff");
    insert(header::CONTENT_SECURITY_POLICY, "default-src 'none'; sandbox");
    headers
}

/// `type/subtype` of tokens (RFC 9110, section 8.3.1), without parameters.
fn is_media_type(text: &str) -> bool {
    let token = |part: &str| {
        !part.is_empty() && part.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte))
    };
    text.len() <= 255 && text.split_once('/').is_some_and(|(kind, subtype)| token(kind) && token(subtype))
}

/// Content-Disposition (RFC 6266): the name in ASCII for the oldest clients, and as it is (RFC 8187).
fn disposition(name: &str) -> String {
    let name = file_name(name);
    let plain: String = name.chars().map(|c| if c.is_ascii() && c != '%' { c } else { '_' }).collect();
    if plain == name {
        return format!("attachment; filename=\"{plain}\"");
    }
    let mut encoded = String::new();
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || b"!#$&+-.^_`|~".contains(&byte) {
            encoded.push(char::from(byte));
        } else {
            encoded.push_str(&format!("%{byte:02X}"));
        }
    }
    format!("attachment; filename=\"{plain}\"; filename*=UTF-8''{encoded}")
}

/// A name that is no path, and that nothing can be hidden in: no separators, control characters, or marks that turn text around.
fn file_name(name: &str) -> String {
    let bad = |c: char| {
        c.is_control()
            || matches!(c, '/' | '\\' | '"' | ':' | '*' | '?' | '<' | '>' | '|')
            || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
    };
    let name: String = name.chars().map(|c| if bad(c) { '_' } else { c }).collect();
    let name = name.trim_matches(|c: char| c == '.' || c.is_whitespace());
    match name.char_indices().nth(MOST_NAME) {
        _ if name.is_empty() => "attachment".to_owned(),
        // The end tells what it is, so the middle goes.
        Some((cut, _)) => {
            let ending = name.rsplit_once('.').map(|(_, ending)| ending).filter(|ending| ending.chars().count() <= 10);
            let start = name.get(..cut).unwrap_or_default();
            ending.map_or_else(|| start.to_owned(), |ending| format!("{start}.{ending}"))
        }
        None => name.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_safe() {
        for (name, expected) in [
            ("report.pdf", "attachment; filename=\"report.pdf\""),
            ("", "attachment; filename=\"attachment\""),
            ("../../etc/passwd", "attachment; filename=\"_.._etc_passwd\""),
            ("a\"; filename=\"b.exe", "attachment; filename=\"a_; filename=_b.exe\""),
            ("a\r\nSet-Cookie: x", "attachment; filename=\"a__Set-Cookie_ x\""),
            ("bücher.pdf", "attachment; filename=\"b_cher.pdf\"; filename*=UTF-8''b%C3%BCcher.pdf"),
            ("gnp\u{202e}exe.png", "attachment; filename=\"gnp_exe.png\""),
            ("50%25.txt", "attachment; filename=\"50_25.txt\"; filename*=UTF-8''50%2525.txt"),
        ] {
            assert_eq!(disposition(name), expected, "{name:?}");
        }
        let long = disposition(&format!("{}.pdf", "x".repeat(1000)));
        assert!(long.len() < 250 && long.ends_with(".pdf\""), "{long}");
    }

    #[test]
    fn what_is_no_media_type_is_bytes() {
        for (kind, sent) in [
            ("application/pdf", "application/pdf"),
            ("text/html", "text/html"),
            ("text", "application/octet-stream"),
            ("text/html; charset=utf-7", "application/octet-stream"),
            ("text/ht\r\nml", "application/octet-stream"),
        ] {
            let headers = headers(kind, "x");
            assert_eq!(headers[header::CONTENT_TYPE], sent, "{kind:?}");
            assert_eq!(headers[header::X_CONTENT_TYPE_OPTIONS], "nosniff");
        }
    }
}
