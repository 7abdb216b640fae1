//! For whom a proxy asks: `Forwarded` (RFC 7239) and `X-Forwarded-For`, believed of trusted proxies alone.

use std::net::{IpAddr, SocketAddr};

use axum::http::{HeaderMap, HeaderName, header};
use waypost_admission::Networks;

const X_FORWARDED_FOR: HeaderName = HeaderName::from_static("x-forwarded-for");

/// The address of the client that a request is from: the nearest hop that is no trusted proxy.
///
/// Each proxy adds at the end whom it was asked by, so hops are read from there as long as they are trusted; what stands
/// before is the client's own word. A proxy sets one of the two fields and passes the other on as it came. Where both are
/// there and don't agree, nobody can tell which is which, and the proxy itself counts as the client.
pub fn client(peer: IpAddr, headers: &HeaderMap, proxies: &Networks) -> IpAddr {
    let peer = peer.to_canonical();
    if !proxies.contains(peer) {
        return peer;
    }
    let found: Vec<IpAddr> = [header::FORWARDED, X_FORWARDED_FOR]
        .into_iter()
        .filter(|name| headers.contains_key(name))
        .map(|name| nearest(peer, &hops(headers, &name), proxies))
        .collect();
    match found.as_slice() {
        [one, others @ ..] if others.iter().all(|other| other == one) => *one,
        _ => peer,
    }
}

/// The last hop that is not trusted; short of that, the first of those that are, as far as they can be read.
fn nearest(peer: IpAddr, hops: &[Option<IpAddr>], proxies: &Networks) -> IpAddr {
    let mut nearest = peer;
    for hop in hops.iter().rev() {
        match hop {
            Some(hop) => nearest = *hop,
            None => break,
        }
        if !proxies.contains(nearest) {
            break;
        }
    }
    nearest
}

/// The hops that a field names, first to last; none where what stands there is no address.
fn hops(headers: &HeaderMap, name: &HeaderName) -> Vec<Option<IpAddr>> {
    let values = headers.get_all(name).into_iter();
    // A value that is no text hides what stands in it and does not hide that something does.
    let elements = values.flat_map(|value| value.to_str().unwrap_or_default().split(','));
    if *name == header::FORWARDED { elements.map(forwarded_for).collect() } else { elements.map(address).collect() }
}

/// The `for` of one element of `Forwarded`.
fn forwarded_for(element: &str) -> Option<IpAddr> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, node) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    address(node.trim().trim_matches('"'))
}

/// An address as it stands in either field: with a port or without, IPv6 in brackets or without.
fn address(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse().ok();
    let address: Option<IpAddr> = text.parse().ok().or_else(bracketed);
    let address = address.or_else(|| text.parse::<SocketAddr>().ok().map(|socket| socket.ip()));
    address.map(|address| address.to_canonical())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(peer: &str, fields: &[(&'static str, &'static str)]) -> String {
        let proxies: Networks = ["10.0.0.0/8", "::1"].map(|network| network.parse().unwrap()).into_iter().collect();
        let mut headers = HeaderMap::new();
        for (name, value) in fields {
            headers.append(*name, value.parse().unwrap());
        }
        client(peer.parse().unwrap(), &headers, &proxies).to_string()
    }

    #[test]
    fn the_nearest_hop_that_is_not_trusted_is_the_client() {
        const X: &str = "x-forwarded-for";
        const F: &str = "forwarded";
        for (peer, fields, client) in [
            ("10.0.0.1", &[] as &[_], "10.0.0.1"),
            // Who is no proxy can say what it likes.
            ("192.0.2.1", &[(X, "198.51.100.1")], "192.0.2.1"),
            ("10.0.0.1", &[(X, "198.51.100.1")], "198.51.100.1"),
            ("::ffff:10.0.0.1", &[(X, "198.51.100.1")], "198.51.100.1"),
            ("::1", &[(X, "::ffff:198.51.100.1")], "198.51.100.1"),
            // What the client put in front is its own word.
            ("10.0.0.1", &[(X, "203.0.113.9, 198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", &[(X, "203.0.113.9"), (X, "198.51.100.1")], "198.51.100.1"),
            ("10.0.0.1", &[(X, "198.51.100.1, 10.0.0.7,10.0.0.8")], "198.51.100.1"),
            ("10.0.0.1", &[(X, "10.0.0.7, 10.0.0.8")], "10.0.0.7"),
            ("10.0.0.1", &[(X, "203.0.113.9, unknown, 10.0.0.8")], "10.0.0.8"),
            ("10.0.0.1", &[(X, "")], "10.0.0.1"),
            ("10.0.0.1", &[(X, "198.51.100.1:4711")], "198.51.100.1"),
            ("10.0.0.1", &[(X, "[2001:db8::1]:4711")], "2001:db8::1"),
            ("10.0.0.1", &[(X, "[2001:db8::1]")], "2001:db8::1"),
            ("10.0.0.1", &[(F, "for=198.51.100.1;proto=https")], "198.51.100.1"),
            ("10.0.0.1", &[(F, "for=203.0.113.9, by=10.0.0.1; For=\"[2001:db8::1]:4711\"")], "2001:db8::1"),
            ("10.0.0.1", &[(F, "for=203.0.113.9, for=_hidden")], "10.0.0.1"),
            // Which of them did the proxy write?
            ("10.0.0.1", &[(F, "for=203.0.113.9"), (X, "198.51.100.1")], "10.0.0.1"),
            ("10.0.0.1", &[(F, "for=198.51.100.1"), (X, "198.51.100.1")], "198.51.100.1"),
        ] {
            assert_eq!(found(peer, fields), client, "{peer} {fields:?}");
        }
    }
}
