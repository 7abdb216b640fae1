//! Attributes of XCLIENT and XFORWARD: what a front end says of the client behind it. Postfix's XCLIENT_README and XFORWARD_README.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

/// The longest value.
const MAX_VALUE: usize = 255;

/// What is said of a client. What is left out, or unavailable, is none.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Attributes {
    pub(super) address: Option<IpAddr>,
    /// Whether the client's address was spoken of, be it as unavailable.
    pub(super) addressed: bool,
    pub(super) port: Option<u16>,
    /// What the client called itself.
    pub(super) helo: Option<String>,
}

impl Attributes {
    /// Reads `NAME=value …`; none if anything is malformed, unknown, or given twice.
    pub(super) fn read(text: &str, names: &[&str]) -> Option<Self> {
        let mut read = Self::default();
        let mut seen = Vec::new();
        for word in text.split_ascii_whitespace() {
            let (name, value) = word.split_once('=')?;
            let name = name.to_ascii_uppercase();
            if seen.contains(&name) || !names.contains(&name.as_str()) {
                return None;
            }
            let value = decoded(value)?;
            if value.is_empty() || value.len() > MAX_VALUE {
                return None;
            }
            let available = !["[UNAVAILABLE]", "[TEMPUNAVAIL]"].iter().any(|word| value.eq_ignore_ascii_case(word));
            match name.as_str() {
                "ADDR" if available => read.address = Some(address(&value)?),
                "PORT" if available => read.port = Some(value.parse().ok()?),
                "HELO" if available => read.helo = Some(value),
                _ => {}
            }
            read.addressed |= name == "ADDR";
            seen.push(name);
        }
        (!seen.is_empty()).then_some(read)
    }

    /// The client's address; the port is 0 where nobody said.
    pub(super) fn client(&self) -> Option<SocketAddr> {
        self.address.map(|address| SocketAddr::new(address.to_canonical(), self.port.unwrap_or(0)))
    }
}

fn address(text: &str) -> Option<IpAddr> {
    match text.split_at_checked(5) {
        Some((tag, rest)) if tag.eq_ignore_ascii_case("IPV6:") => rest.parse::<Ipv6Addr>().ok().map(IpAddr::from),
        _ => text.parse::<Ipv4Addr>().ok().map(IpAddr::from),
    }
}

/// Undoes xtext, RFC 3461 section 4.
fn decoded(text: &str) -> Option<String> {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        if byte == b'+' {
            let digit = |byte: u8| char::from(byte).to_digit(16);
            let (high, low) = (digit(rest.next()?)?, digit(rest.next()?)?);
            bytes.push(u8::try_from(high * 16 + low).ok()?);
        } else {
            bytes.push(byte);
        }
    }
    String::from_utf8(bytes).ok().filter(|text| !text.contains(char::is_control))
}
