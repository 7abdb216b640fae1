//! Values of the options of `serve`: each says what it expects.

use std::net::SocketAddr;

use waypost_outgoing::address::Domain;

/// The smallest limit of a mail's size that lets any mail in, in bytes.
const SMALLEST: usize = 1024;

/// Where to listen, or whom to ask.
pub(super) fn address(text: &str) -> Result<SocketAddr, String> {
    text.trim()
        .parse()
        .map_err(|_| "expected an IP address and a port, such as 127.0.0.1:8080 or [::1]:8080".to_owned())
}

/// The name of a host, or an address literal: both may stand in EHLO.
pub(super) fn hostname(text: &str) -> Result<String, String> {
    match Domain::parse(text) {
        Ok(_) => Ok(text.to_owned()),
        Err(_) => Err("expected the name of a host, such as mx.example.com".to_owned()),
    }
}

/// A domain, in the form that DNS has it in.
pub(super) fn domain(text: &str) -> Result<String, String> {
    let domain = Domain::parse(text.trim()).ok().filter(|domain| domain.literal().is_none());
    domain.map(|domain| domain.to_string()).ok_or_else(|| "expected a domain, such as lists.example.org".to_owned())
}

/// The name that a server gives itself in Authentication-Results: a word, mostly a domain (RFC 8601 section 2.5).
pub(super) fn authserv_id(text: &str) -> Result<String, String> {
    let is_word = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_graphic() && !b";=/\"(),".contains(&byte));
    match is_word {
        true => Ok(text.to_owned()),
        false => Err("expected a name without blanks as in Authentication-Results, such as mx.example.com".to_owned()),
    }
}

/// What is called by a name of somebody else's.
pub(super) fn name(text: &str) -> Result<String, String> {
    match text.trim() {
        "" => Err("expected a name, found nothing".to_owned()),
        name => Ok(name.to_owned()),
    }
}

/// The size of a mail.
pub(super) fn mail_bytes(text: &str) -> Result<usize, String> {
    let bytes = text.trim().parse().ok().filter(|bytes| *bytes >= SMALLEST);
    bytes.ok_or_else(|| format!("expected a number of bytes, at least {SMALLEST}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_nothing_is_refused() {
        for wrong in ["", "not a domain", "a..example", "[192.0.2.1]", "exa mple.org", "a/b"] {
            assert!(domain(wrong).is_err(), "{wrong}");
        }
        assert_eq!(domain(" Lists.Example.ORG").unwrap(), "lists.example.org");
        assert!(hostname("[192.0.2.1]").is_ok() && hostname("localhost").is_ok() && hostname("a host").is_err());
        assert!(
            authserv_id("mx.example.com").is_ok() && authserv_id("mx example").is_err() && authserv_id("").is_err()
        );
        assert!(address("127.0.0.1:0").is_ok() && address("127.0.0.1").is_err() && address("localhost:80").is_err());
        assert!(mail_bytes("0").is_err() && mail_bytes("-1").is_err() && mail_bytes("20000").is_ok());
    }
}
