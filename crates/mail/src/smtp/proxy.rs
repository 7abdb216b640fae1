//! The PROXY protocol, versions 1 and 2: what a load balancer says of the client behind it before anything else.
//! HAProxy's specification (`doc/proxy-protocol.txt`, 2020/03/05), sections 2.1 and 2.2.

use std::net::{IpAddr, Ipv4Addr, Ipv6Addr, SocketAddr};

use memchr::memchr;

/// The longest header of version 1, line end included (section 2.1).
const MAX_TEXT: usize = 107;

/// The longest header of version 2 that is read. Addresses take 52 bytes; what follows are extensions such as a client's certificate.
const MAX_BINARY: usize = 4096;

/// What a header of version 2 begins with.
const SIGNATURE: &[u8; 12] = b"\r\n\r\n\0\r\nQUIT\n";

/// Signature, command, family, and length.
const FIXED: usize = 16;

/// What the beginning of a connection is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Header {
    /// More is needed.
    Partial,
    /// A header of so many bytes that names the client; none where the front end speaks for itself, or does not know.
    Whole(usize, Option<SocketAddr>),
    /// No header, or a wrong one.
    Malformed,
    /// A header beyond all bounds.
    TooLong,
}

/// Reads the beginning of a connection.
pub(super) fn read(input: &[u8]) -> Header {
    let begins = |start: &[u8]| input.iter().zip(start).all(|(a, b)| a == b);
    if begins(SIGNATURE) {
        read_binary(input)
    } else if begins(b"PROXY ") {
        read_text(input)
    } else {
        Header::Malformed
    }
}

fn read_text(input: &[u8]) -> Header {
    let Some(end) = memchr(b'\n', input.get(..MAX_TEXT).unwrap_or(input)) else {
        return if input.len() >= MAX_TEXT { Header::TooLong } else { Header::Partial };
    };
    let line = input.get(..end).and_then(|line| line.strip_suffix(b"\r")).and_then(|line| str::from_utf8(line).ok());
    let Some(rest) = line.and_then(|line| line.strip_prefix("PROXY ")) else { return Header::Malformed };
    // What follows UNKNOWN is to be ignored.
    if rest == "UNKNOWN" || rest.starts_with("UNKNOWN ") {
        return Header::Whole(end + 1, None);
    }
    match client(rest) {
        Some(client) => Header::Whole(end + 1, Some(client)),
        None => Header::Malformed,
    }
}

/// The client in `TCP4 source destination port port`.
fn client(text: &str) -> Option<SocketAddr> {
    let mut words = text.split(' ');
    let family = words.next()?;
    let [source, destination] = [words.next()?, words.next()?];
    let [port, destination_port] = [words.next()?, words.next()?];
    if words.next().is_some() {
        return None;
    }
    let address = |text: &str| -> Option<IpAddr> {
        match family {
            "TCP4" => text.parse::<Ipv4Addr>().ok().map(IpAddr::from),
            "TCP6" => text.parse::<Ipv6Addr>().ok().map(IpAddr::from),
            _ => None,
        }
    };
    let number = |text: &str| {
        let plain = text.bytes().all(|byte| byte.is_ascii_digit()) && (text == "0" || !text.starts_with('0'));
        if plain { text.parse::<u16>().ok() } else { None }
    };
    address(destination)?;
    number(destination_port)?;
    Some(SocketAddr::new(address(source)?.to_canonical(), number(port)?))
}

fn read_binary(input: &[u8]) -> Header {
    let Some([command, family, high, low]) = input.get(SIGNATURE.len()..).and_then(<[u8]>::first_chunk) else {
        return Header::Partial;
    };
    let length = FIXED + usize::from(u16::from_be_bytes([*high, *low]));
    if length > MAX_BINARY {
        return Header::TooLong;
    }
    // The version is 2; LOCAL is 0 and PROXY is 1. Families and transports that don't exist are as wrong as other commands.
    let (local, known) = (*command == 0x20, matches!(command, 0x20 | 0x21));
    if !known || (family >> 4) > 3 || (family & 0x0f) > 2 {
        return Header::Malformed;
    }
    let Some(body) = input.get(FIXED..length) else { return Header::Partial };
    let (addresses, client) = match family {
        0x11 => (12, source::<4>(body, 8)),
        0x21 => (36, source::<16>(body, 32)),
        // Datagrams and sockets of a machine are taken for an unknown client (section 2.2).
        0x12 => (12, None),
        0x22 => (36, None),
        0x31 | 0x32 => (216, None),
        _ => (0, None),
    };
    if local {
        return Header::Whole(length, None);
    }
    match body.get(addresses..) {
        Some(extensions) if *family == 0 || are_whole(extensions) => Header::Whole(length, client),
        _ => Header::Malformed,
    }
}

/// The source in a block of addresses: first of all, with its port after both addresses.
fn source<const N: usize>(body: &[u8], port: usize) -> Option<SocketAddr>
where
    IpAddr: From<[u8; N]>,
{
    let address = IpAddr::from(*body.first_chunk::<N>()?);
    let port = body.get(port..)?.first_chunk::<2>()?;
    Some(SocketAddr::new(address.to_canonical(), u16::from_be_bytes(*port)))
}

/// Whether extensions (type, length, value) fill their place.
fn are_whole(mut extensions: &[u8]) -> bool {
    while let Some((_, rest)) = extensions.split_first() {
        let next = rest
            .split_first_chunk::<2>()
            .and_then(|(length, rest)| rest.get(usize::from(u16::from_be_bytes(*length))..));
        match next {
            Some(next) => extensions = next,
            None => return false,
        }
    }
    true
}
