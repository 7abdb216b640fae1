//! What servers repeat of the secrets that they were sent: it must not get into answers that people read, or that are stored.

use std::borrow::Cow;
use std::fmt;

use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// What a secret is replaced by.
const SHOWN: &str = "[secret]";

/// A shorter text is no secret that could be found: it would be part of ordinary words.
const SHORTEST: usize = 4;

/// Secrets that a server was sent, in the forms in which it may repeat them.
#[derive(Clone, Default)]
pub struct Secrets {
    /// As they are, escaped as in JSON or a quoted string, and percent-encoded.
    written: Vec<String>,
    /// The part of their base64 that is the same whatever stands before and behind.
    base64: Vec<String>,
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secrets(…)")
    }
}

impl Secrets {
    /// These secrets. Those of less than four bytes are left out.
    pub fn new<'s>(secrets: impl IntoIterator<Item = &'s str>) -> Self {
        let mut all = Self::default();
        for secret in secrets.into_iter().filter(|secret| secret.len() >= SHORTEST) {
            let escaped = secret.replace('\\', "\\\\").replace('"', "\\\"");
            all.written.extend([secret.to_owned(), escaped, percent(secret, "-._~"), form(secret)]);
            all.base64.extend((0..3).flat_map(|before| {
                let standard = base64_within(secret, before);
                let url_safe = standard.replace('+', "-").replace('/', "_");
                [standard, url_safe]
            }));
        }
        // One may be a part of another.
        for forms in [&mut all.written, &mut all.base64] {
            forms.sort_by_key(|form| std::cmp::Reverse(form.len()));
            forms.dedup();
        }
        all
    }

    /// A text with `[secret]` in place of each of them.
    #[must_use]
    pub fn hidden_in<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut shown = Cow::Borrowed(text);
        for form in self.written.iter().filter(|form| !form.is_empty()) {
            if shown.contains(form.as_str()) {
                shown = shown.replace(form.as_str(), SHOWN).into();
            }
        }
        for form in self.base64.iter().filter(|form| !form.is_empty()) {
            while let Some((before, after)) = shown.split_once(form.as_str()) {
                // The rest of the word has the secret's first and last bits, and whatever it was sent with.
                let before = before.trim_end_matches(in_base64);
                let after = after.trim_start_matches(in_base64).trim_start_matches('=');
                shown = format!("{before}{SHOWN}{after}").into();
            }
        }
        shown
    }
}

fn in_base64(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '+' | '/' | '-' | '_')
}

/// What the base64 of any text has in it that has the secret in it, behind a number of bytes that leaves this rest when it is divided by
/// three.
fn base64_within(secret: &str, before: usize) -> String {
    let whole: Vec<u8> = std::iter::repeat_n(0, before).chain(secret.bytes()).collect();
    let encoded = STANDARD_NO_PAD.encode(&whole);
    // Characters have six bits each: the first and last may have bits of neighbours.
    encoded.get((before * 8).div_ceil(6)..whole.len() * 8 / 6).unwrap_or_default().to_owned()
}

/// Percent-encoded but for letters, digits and these (RFC 3986 section 2.1).
fn percent(secret: &str, plain: &str) -> String {
    let one = |byte: u8| {
        let c = char::from(byte);
        let kept = c.is_ascii_alphanumeric() || plain.contains(c);
        if kept { c.to_string() } else { format!("%{byte:02X}") }
    };
    secret.bytes().map(one).collect()
}

/// As a form has it: `application/x-www-form-urlencoded`.
fn form(secret: &str) -> String {
    let words: Vec<String> = secret.split(' ').map(|word| percent(word, "-._*")).collect();
    words.join("+")
}

#[cfg(test)]
mod tests {
    use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};

    use super::*;

    #[test]
    fn a_secret_is_hidden_in_every_form_that_it_was_sent_in() {
        let secrets = Secrets::new(["pa\"ss w0rd/ü+", "abc", ""]);
        for (text, shown) in [
            ("535 5.7.8 bad pa\"ss w0rd/ü+!", "535 5.7.8 bad [secret]!"),
            (r#"{"a":"pa\"ss w0rd/ü+"}"#, r#"{"a":"[secret]"}"#),
            ("client_secret=pa%22ss+w0rd%2F%C3%BC%2B&x", "client_secret=[secret]&x"),
            ("/pa%22ss%20w0rd%2F%C3%BC%2B/", "/[secret]/"),
            ("abc stays", "abc stays"),
            ("nothing", "nothing"),
        ] {
            assert_eq!(secrets.hidden_in(text), shown, "{text}");
        }
        for before in ["", "\0u\0", "\0us\0", "\0use\0", "user=u\x01auth=Bearer "] {
            for after in ["", "\x01", "\x01\x01"] {
                let sent = format!("{before}pa\"ss w0rd/ü+{after}");
                for sent in [STANDARD.encode(&sent), URL_SAFE_NO_PAD.encode(&sent)] {
                    let shown = secrets.hidden_in(&format!("no: {sent}, {sent}.")).into_owned();
                    assert_eq!(shown, "no: [secret], [secret].", "{before:?} {after:?}");
                }
            }
        }
    }

    #[test]
    fn a_secret_that_has_another_in_it_is_hidden_whole() {
        let secrets = Secrets::new(["s3cret", "s3cret-and-more"]);
        assert_eq!(secrets.hidden_in("s3cret, s3cret-and-more"), "[secret], [secret]");
        assert_eq!(format!("{secrets:?}"), "Secrets(…)");
    }
}
