//! Addresses that nothing connects to because a user's URL or a stranger's DNS says so.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// IPv4 that is not globally reachable (RFC 6890 and IANA's registry of special-purpose addresses): this network, private, shared, loopback,
/// link-local (with the metadata services of clouds), protocol assignments, documentation, 6to4 relays, benchmarks, multicast, reserved;
/// 168.63.129.16 is Azure's host.
const PRIVATE_V4: [([u8; 4], u8); 16] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([168, 63, 129, 16], 32),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 0, 2, 0], 24),
    ([192, 88, 99, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([198, 51, 100, 0], 24),
    ([203, 0, 113, 0], 24),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// The same of IPv6: unspecified, loopback, local NAT64, discard, Teredo and other protocol assignments, documentation (twice), segment
/// routing, unique local, link-local, site-local, multicast.
const PRIVATE_V6: [([u16; 8], u8); 12] = [
    ([0; 8], 128),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
    ([0x100, 0, 0, 0, 0, 0, 0, 0], 64),
    ([0x2001, 0, 0, 0, 0, 0, 0, 0], 23),
    ([0x2001, 0xdb8, 0, 0, 0, 0, 0, 0], 32),
    ([0x3fff, 0, 0, 0, 0, 0, 0, 0], 20),
    ([0x5f00, 0, 0, 0, 0, 0, 0, 0], 16),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
];

/// Whether an address may be connected to: it is public, or a network that is allowed has it.
#[must_use]
pub fn may_reach(address: IpAddr, allowed: &[IpNet]) -> bool {
    let address = address.to_canonical();
    allowed.iter().any(|network| network.contains(&address)) || !is_private(address)
}

fn is_private(address: IpAddr) -> bool {
    match address {
        IpAddr::V4(four) => PRIVATE_V4
            .iter()
            .any(|(network, length)| Ipv4Net::new((*network).into(), *length).is_ok_and(|net| net.contains(&four))),
        IpAddr::V6(six) => {
            let private = PRIVATE_V6
                .iter()
                .any(|(network, length)| Ipv6Net::new((*network).into(), *length).is_ok_and(|net| net.contains(&six)));
            // IPv4 within NAT64 (RFC 6052), compatible (RFC 4291 section 2.5.5.1), translated (RFC 2765), 6to4 (RFC 3056) and ISATAP
            // (RFC 5214 section 6.1) addresses.
            let within = match six.segments() {
                [0x64, 0xff9b, 0, 0, 0, 0, high, low]
                | [0, 0, 0, 0, 0, 0, high, low]
                | [0, 0, 0, 0, 0xffff, 0, high, low]
                | [0x2002, high, low, ..]
                | [_, _, _, _, 0 | 0x200, 0x5efe, high, low] => {
                    Some(Ipv4Addr::from((u32::from(high) << 16) | u32::from(low)))
                }
                _ => None,
            };
            private || within.is_some_and(|four| is_private(IpAddr::V4(four)))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_network_that_is_allowed_is_reached_and_no_other() {
        let allowed = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        for (text, may) in [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("::1", true), ("127.0.0.1", false)] {
            assert_eq!(may_reach(text.parse().unwrap(), &allowed), may, "{text}");
        }
    }
}
