//! Paths and parameters of MAIL and RCPT, RFC 5321 sections 4.1.1.11 and 4.1.2.

use std::net::{Ipv4Addr, Ipv6Addr};

use super::intake::Recipient;
use crate::domain::one_form;

/// The longest path in bytes. RFC 5321 section 4.5.3.1.3 asks for 256; senders that encode the recipient into their
/// reverse-path exceed it.
const MAX_PATH: usize = 512;

/// What marks an IPv6 address in an address literal.
const IPV6: &str = "IPv6:";

/// A path: what stands between the angle brackets.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Path {
    /// The local part, quotes undone; empty in the null path.
    pub(super) local: String,
    /// The domain in lower case, or an address literal; empty in the null path and for a bare local part.
    pub(super) domain: String,
}

impl Path {
    /// Reads a path in angle brackets and returns what follows it. A source route is left out: RFC 5321 appendix C
    /// asks to take and ignore it.
    pub(super) fn parse(text: &str) -> Option<(Self, &str)> {
        let inner = text.trim_start_matches(' ').strip_prefix('<')?;
        let (path, rest) = split_at_bracket(inner)?;
        if path.len() > MAX_PATH {
            return None;
        }
        let mailbox = match path.strip_prefix('@') {
            Some(route) => route.split_once(':')?.1,
            None => path,
        };
        if mailbox.is_empty() {
            return path.is_empty().then(|| (Self { local: String::new(), domain: String::new() }, rest));
        }
        let (local, domain) = local_part(mailbox)?;
        let domain = match domain {
            "" => String::new(),
            domain => checked_domain(domain.strip_prefix('@')?)?,
        };
        Some((Self { local, domain }, rest))
    }

    /// Reads what stands alone, without angle brackets: one address, or a local part.
    pub(super) fn alone(text: &str) -> Option<Self> {
        let bracketed = format!("<{text}>");
        let (path, rest) = Self::parse(&bracketed)?;
        let alone = rest.is_empty() && !text.starts_with('@');
        (alone && !text.contains(char::is_control)).then_some(path)
    }

    /// Whether mail can be for it: without a domain, only the postmaster is somebody (RFC 5321 section 4.5.1).
    pub(super) fn is_someone(&self) -> bool {
        !self.domain.is_empty() || self.local.eq_ignore_ascii_case("postmaster")
    }

    /// Whom it names, in the one form in which addresses are compared and kept.
    pub(super) fn named(self) -> Recipient {
        Recipient { local: self.local, domain: one_form(&self.domain).into_owned() }
    }

    pub(super) fn is_null(&self) -> bool {
        self.local.is_empty() && self.domain.is_empty()
    }

    pub(super) fn is_ascii(&self) -> bool {
        self.local.is_ascii() && self.domain.is_ascii()
    }
}

/// Splits at the `>` that ends a path: not one within quotes.
fn split_at_bracket(text: &str) -> Option<(&str, &str)> {
    let mut quoted = false;
    let mut escaped = false;
    for (at, c) in text.char_indices() {
        match c {
            _ if escaped => escaped = false,
            '\\' if quoted => escaped = true,
            '"' => quoted = !quoted,
            '>' if !quoted => return Some((text.get(..at)?, text.get(at + 1..)?)),
            _ => {}
        }
    }
    None
}

/// Splits a mailbox into its local part, quotes undone, and the rest.
fn local_part(mailbox: &str) -> Option<(String, &str)> {
    let Some(quoted) = mailbox.strip_prefix('"') else {
        let end = mailbox.find('@').unwrap_or(mailbox.len());
        let (local, rest) = mailbox.split_at(end);
        // Dots in places where RFC 5321 has none are in use (docomo.ne.jp, mail.ru), and mail refused for them is lost.
        return (!local.is_empty() && local.chars().all(is_atom)).then(|| (local.to_owned(), rest));
    };
    let mut local = String::new();
    let mut chars = quoted.char_indices();
    while let Some((at, c)) = chars.next() {
        match c {
            '"' if local.is_empty() => return None,
            '"' => return Some((local, quoted.get(at + 1..)?)),
            '\\' => local.push(chars.next()?.1),
            c => local.push(c),
        }
    }
    None
}

fn is_atom(c: char) -> bool {
    !c.is_ascii() || c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c)
}

fn checked_domain(domain: &str) -> Option<String> {
    if let Some(literal) = domain.strip_prefix('[') {
        let address = literal.strip_suffix(']')?;
        // RFC 5321 section 4.1.3; of the tags for other kinds of addresses none was ever registered.
        let is_address = match address.split_at_checked(IPV6.len()) {
            Some((tag, address)) if tag.eq_ignore_ascii_case(IPV6) => address.parse::<Ipv6Addr>().is_ok(),
            _ => address.parse::<Ipv4Addr>().is_ok(),
        };
        return is_address.then(|| domain.to_ascii_lowercase());
    }
    let label = |label: &str| {
        !label.is_empty() && label.chars().all(|c| !c.is_ascii() || c.is_ascii_alphanumeric() || "-_".contains(c))
    };
    (domain.len() <= 255 && domain.split('.').all(label)).then(|| domain.to_lowercase())
}

/// The parameters after a path: keyword in upper case, and value.
pub(super) fn parameters(text: &str) -> impl Iterator<Item = (String, Option<&str>)> {
    text.split_ascii_whitespace().map(|parameter| match parameter.split_once('=') {
        Some((keyword, value)) => (keyword.to_ascii_uppercase(), Some(value)),
        None => (parameter.to_ascii_uppercase(), None),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mailbox_alone_is_one_address() {
        for text in ["a@b.example", "\"a b\"@b.example", "ü@exämple.org", "a+b@[127.0.0.1]"] {
            assert!(Recipient::parse(text).is_some(), "{text}");
        }
        for text in [
            "",
            "a",
            "@b.example",
            "a@",
            "a@b.example,c@d.example",
            "a@b.example c@d.example",
            "a@b.example\r\nX: y",
            "a\0@b.example",
            "\"a\r\n\"@b.example",
            "<a@b.example>",
            "a@b.example>",
            "A <a@b.example>",
            " a@b.example",
            "a@b.example ",
            "@x.example:a@b.example",
            "a@b@c",
        ] {
            assert_eq!(Recipient::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_recipient_alone_is_what_rcpt_takes_and_has_one_form() {
        for (text, expected) in [
            ("Care@EXAMPLE.com", Some("Care@example.com")),
            ("\"care\"@example.com", Some("care@example.com")),
            ("postmaster", Some("postmaster")),
            ("Postmaster", Some("Postmaster")),
            ("x@xn--bcher-kva.example", Some("x@bücher.example")),
            ("x@BÜCHER.example", Some("x@bücher.example")),
            ("a", None),
            ("", None),
            ("a@b c", None),
        ] {
            let found = Recipient::in_rcpt(text).map(|one| one.to_string());
            assert_eq!(found.as_deref(), expected, "{text}");
        }
    }

    #[test]
    fn paths() {
        let cases = [
            ("<a@b.example>", Some(("a", "b.example", ""))),
            (" <A.B@B.Example> SIZE=1", Some(("A.B", "b.example", " SIZE=1"))),
            ("<>", Some(("", "", ""))),
            ("<@x.example,@y.example:a@b>", Some(("a", "b", ""))),
            ("<\"a b\\\"@>\"@b>", Some(("a b\"@>", "b", ""))),
            ("<Postmaster>", Some(("Postmaster", "", ""))),
            ("<a@[127.0.0.1]>", Some(("a", "[127.0.0.1]", ""))),
            ("<a@[IPv6:::1]>", Some(("a", "[ipv6:::1]", ""))),
            ("<ü@exämple.org>", Some(("ü", "exämple.org", ""))),
            ("a@b", None),
            ("<a@b", None),
            ("<@b>", None),
            ("<a@>", None),
            ("<a@b@c>", None),
            ("<a b@c>", None),
            ("<.a@c>", Some((".a", "c", ""))),
            ("<ann..vance.@docomo.example>", Some(("ann..vance.", "docomo.example", ""))),
            ("<a@b..c>", None),
            ("<\"a@b>", None),
            ("<\"\"@b>", None),
            ("<a@[]>", None),
            ("<a@[127.0.0.256]>", None),
            ("<a@[127.0.0]>", None),
            ("<a@[::1]>", None),
            ("<a@[IPv6:]>", None),
            ("<a@[IPv6:1::2::3]>", None),
            ("<a@[X-Tag:abc]>", None),
            ("<a@[IPv6é]>", None),
            ("<@x:>", None),
        ];
        for (text, expected) in cases {
            let found = Path::parse(text);
            let found = found.as_ref().map(|(path, rest)| (&*path.local, &*path.domain, *rest));
            assert_eq!(found, expected, "{text}");
        }
        assert_eq!(Path::parse(&format!("<{}@b>", "a".repeat(600))), None);
    }
}
