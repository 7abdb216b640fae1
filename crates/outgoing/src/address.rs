//! Addresses that mail of ours may go to or come from.

use std::fmt;

use thiserror::Error;

use crate::header_text::HeaderText;

/// The longest local part, in bytes (RFC 5321 section 4.5.3.1.1).
const LONGEST_LOCAL: usize = 64;
/// The longest domain, in bytes (RFC 5321 section 4.5.3.1.2).
const LONGEST_DOMAIN: usize = 255;

/// Why a text is no address.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum AddressProblem {
    /// There is no `@`, or nothing before it.
    #[error("`{0}` is not an address: expected `name@domain`")]
    NotAnAddress(String),
    /// The part before the `@` has something in it that no local part may have, or is too long.
    #[error("`{0}` is not the local part of an address: at most 64 bytes, without spaces, unless quoted")]
    Local(String),
    /// The part after the `@` is neither a domain nor an address in brackets.
    #[error("`{0}` is not a domain")]
    Domain(String),
}

/// A domain in A-labels and lower case, or an address literal such as `[192.0.2.1]` (RFC 5321 section 4.1.3).
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Domain(String);

impl Domain {
    /// Reads a domain, also one of U-labels.
    ///
    /// # Errors
    /// If it is none.
    pub fn parse(text: &str) -> Result<Self, AddressProblem> {
        let problem = || AddressProblem::Domain(text.to_owned());
        if let Some(literal) = literal(text) {
            return literal.map(|address| Self(literal_text(address))).ok_or_else(problem);
        }
        let ascii = idna::domain_to_ascii_strict(text).map_err(|_| problem())?;
        let fits = |label: &str| {
            !label.is_empty() && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        (ascii.len() <= LONGEST_DOMAIN && ascii.split('.').all(fits)).then_some(Self(ascii)).ok_or_else(problem)
    }

    /// The domain in A-labels and lower case.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The address of an address literal.
    #[must_use]
    pub fn literal(&self) -> Option<std::net::IpAddr> {
        literal(&self.0).flatten()
    }
}

/// The address within brackets; `Some(None)` if there are brackets and no address.
fn literal(text: &str) -> Option<Option<std::net::IpAddr>> {
    let inside = text.strip_prefix('[')?.strip_suffix(']')?;
    let six = inside.get(..5).filter(|tag| tag.eq_ignore_ascii_case("IPv6:")).and_then(|_| inside.get(5..));
    Some(match six {
        Some(six) => six.parse().ok().map(std::net::IpAddr::V6),
        None => inside.parse().ok().map(std::net::IpAddr::V4),
    })
}

fn literal_text(address: std::net::IpAddr) -> String {
    match address {
        std::net::IpAddr::V4(four) => format!("[{four}]"),
        std::net::IpAddr::V6(six) => format!("[IPv6:{six}]"),
    }
}

impl fmt::Display for Domain {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// An address of one mailbox. Holds nothing that ends a line, an angle bracket or a command.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct MailAddress {
    local: String,
    domain: Domain,
}

impl MailAddress {
    /// Reads `local@domain`.
    ///
    /// # Errors
    /// If it is no address.
    pub fn parse(text: &str) -> Result<Self, AddressProblem> {
        let not = || AddressProblem::NotAnAddress(text.to_owned());
        let (local, domain) = text.rsplit_once('@').ok_or_else(not)?;
        if local.is_empty() {
            return Err(not());
        }
        Self::of(local, Domain::parse(domain)?)
    }

    /// An address of its two parts; the local part as it is written, quotes included.
    ///
    /// # Errors
    /// If the local part is none.
    pub fn of(local: &str, domain: Domain) -> Result<Self, AddressProblem> {
        let fits = local.len() <= LONGEST_LOCAL && (is_dotted(local) || is_quoted(local));
        if fits { Ok(Self { local: local.to_owned(), domain }) } else { Err(AddressProblem::Local(local.to_owned())) }
    }

    /// An address whose local part we made ourselves, as a dot-atom of at most 64 bytes.
    pub(crate) fn ours(local: String, domain: Domain) -> Self {
        debug_assert!(local.len() <= LONGEST_LOCAL && is_dotted(&local), "{local}");
        Self { local, domain }
    }

    /// The part before the `@`, as it is written.
    #[must_use]
    pub fn local(&self) -> &str {
        &self.local
    }

    /// The part after the `@`.
    #[must_use]
    pub fn domain(&self) -> &Domain {
        &self.domain
    }

    /// Whether a server must offer SMTPUTF8 to take this address (RFC 6531): the local part is not ASCII.
    #[must_use]
    pub fn needs_utf8(&self) -> bool {
        !self.local.is_ascii()
    }

    /// Whether both are the same mailbox for us: the local part in any case.
    #[must_use]
    pub fn is_same(&self, other: &Self) -> bool {
        self.domain == other.domain && self.local.to_lowercase() == other.local.to_lowercase()
    }
}

/// A dot-atom (RFC 5322 section 3.2.3), with characters outside of ASCII (RFC 6531). Dots in odd places are common in some countries'
/// addresses, and are let through.
fn is_dotted(local: &str) -> bool {
    let atext = |c: char| c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~.".contains(c);
    !local.is_empty() && local.chars().all(|c| atext(c) || (!c.is_ascii() && !c.is_control() && !c.is_whitespace()))
}

/// A quoted string (RFC 5321 section 4.1.2).
fn is_quoted(local: &str) -> bool {
    let Some(inside) = local.strip_prefix('"').and_then(|rest| rest.strip_suffix('"')) else { return false };
    let mut chars = inside.chars();
    while let Some(c) = chars.next() {
        let kept = if c == '\\' { chars.next() } else { Some(c).filter(|c| *c != '"') };
        if kept.is_none_or(char::is_control) {
            return false;
        }
    }
    !inside.is_empty()
}

impl fmt::Display for MailAddress {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}@{}", self.local, self.domain)
    }
}

/// An address with the name that is shown for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mailbox {
    /// The name; empty if there is none.
    pub name: HeaderText,
    /// The address.
    pub address: MailAddress,
}

impl Mailbox {
    /// An address without a name.
    #[must_use]
    pub fn bare(address: MailAddress) -> Self {
        Self { name: HeaderText::default(), address }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses() {
        for (given, written) in [
            ("Ann.Vance@Customer.Example", "Ann.Vance@customer.example"),
            ("a+b@münchen.example", "a+b@xn--mnchen-3ya.example"),
            ("\"ann vance\"@x.example", "\"ann vance\"@x.example"),
            ("ann..v.@docomo.example", "ann..v.@docomo.example"),
            ("jürgen@x.example", "jürgen@x.example"),
            ("ann@[192.0.2.7]", "ann@[192.0.2.7]"),
            ("ann@[ipv6:2001:db8::1]", "ann@[IPv6:2001:db8::1]"),
        ] {
            assert_eq!(MailAddress::parse(given).map(|address| address.to_string()), Ok(written.to_owned()), "{given}");
        }
        for given in [
            "",
            "ann",
            "@x.example",
            "ann@",
            "ann@x..example",
            "ann @x.example",
            "ann@x.example\r\nRCPT TO:<b@x.example>",
            "a\r\nb@x.example",
            "a>b@x.example",
            "a<b@x.example",
            "\"a\"b\"@x.example",
            "\"a\r\n\"@x.example",
            "\"a\\\"@x.example",
            "ann@x.example>",
            "ann@[192.0.2]",
            "ann@[2001:db8::1]",
            "ann@x.example b",
        ] {
            assert!(MailAddress::parse(given).is_err(), "{given}");
        }
        assert!(MailAddress::parse(&format!("{}@x.example", "a".repeat(65))).is_err());
    }
}
