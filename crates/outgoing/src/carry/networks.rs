//! Addresses that mail must not be carried to because a stranger's DNS says so.

use std::net::{IpAddr, Ipv4Addr};

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

/// Private, shared, loopback, link-local (with the metadata services of clouds), reserved and multicast (RFC 6890).
const PRIVATE_V4: [([u8; 4], u8); 12] = [
    ([0, 0, 0, 0], 8),
    ([10, 0, 0, 0], 8),
    ([100, 64, 0, 0], 10),
    ([127, 0, 0, 0], 8),
    ([168, 63, 129, 16], 32),
    ([169, 254, 0, 0], 16),
    ([172, 16, 0, 0], 12),
    ([192, 0, 0, 0], 24),
    ([192, 168, 0, 0], 16),
    ([198, 18, 0, 0], 15),
    ([224, 0, 0, 0], 4),
    ([240, 0, 0, 0], 4),
];

/// The same of IPv6: unspecified, loopback, local NAT64, unique local, link-local, site-local, multicast.
const PRIVATE_V6: [([u16; 8], u8); 7] = [
    ([0; 8], 128),
    ([0, 0, 0, 0, 0, 0, 0, 1], 128),
    ([0x64, 0xff9b, 1, 0, 0, 0, 0, 0], 48),
    ([0xfc00, 0, 0, 0, 0, 0, 0, 0], 7),
    ([0xfe80, 0, 0, 0, 0, 0, 0, 0], 10),
    ([0xfec0, 0, 0, 0, 0, 0, 0, 0], 10),
    ([0xff00, 0, 0, 0, 0, 0, 0, 0], 8),
];

/// Whether mail may be carried to an address: it is public, or a network that is allowed has it.
pub(super) fn may_reach(address: IpAddr, allowed: &[IpNet]) -> bool {
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
            // IPv4 within NAT64 (RFC 6052), 6to4 (RFC 3056) and compatible addresses.
            let within = match six.segments() {
                [0x64, 0xff9b, 0, 0, 0, 0, high, low] | [0, 0, 0, 0, 0, 0, high, low] | [0x2002, high, low, ..] => {
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
    fn private_addresses() {
        for text in [
            "127.0.0.1",
            "10.1.2.3",
            "172.31.0.1",
            "192.168.1.1",
            "169.254.169.254",
            "100.100.100.200",
            "0.0.0.0",
            "255.255.255.255",
            "224.0.0.1",
            "168.63.129.16",
            "::1",
            "::",
            "fe80::1",
            "fd00:ec2::254",
            "ff02::1",
            "::ffff:127.0.0.1",
            "::ffff:10.0.0.1",
            "64:ff9b::7f00:1",
            "2002:7f00:1::",
            "::7f00:1",
            "64:ff9b:1::1",
        ] {
            assert!(!may_reach(text.parse().unwrap(), &[]), "{text}");
        }
        for text in ["8.8.8.8", "172.32.0.1", "100.128.0.1", "2606:4700::1111", "64:ff9b::808:808", "2002:808:808::1"] {
            assert!(may_reach(text.parse().unwrap(), &[]), "{text}");
        }
        let allowed = ["10.0.0.0/8".parse().unwrap(), "::1/128".parse().unwrap()];
        for (text, may) in [("10.1.2.3", true), ("::ffff:10.1.2.3", true), ("::1", true), ("127.0.0.1", false)] {
            assert_eq!(may_reach(text.parse().unwrap(), &allowed), may, "{text}");
        }
    }
}
