//! Which addresses can be those of whoever sent a mail.

use std::net::IpAddr;

use ipnet::IpNet;

/// The address of whoever sent a mail, unless nobody on the Internet has it, such as loopback or 10.0.0.0/8.
pub(crate) fn address(client: IpAddr) -> Option<IpAddr> {
    let client = client.to_canonical();
    let local = match client {
        IpAddr::V4(four) => {
            // RFC 6598: behind a carrier's NAT.
            let shared = matches!(four.octets(), [100, 64..128, ..]);
            four.is_loopback() || four.is_private() || four.is_link_local() || four.is_unspecified() || shared
        }
        IpAddr::V6(six) => {
            six.is_loopback() || six.is_unspecified() || six.is_unique_local() || six.is_unicast_link_local()
        }
    };
    (!local).then_some(client)
}

/// Whether an address is in one of the networks.
pub(crate) fn is_within(address: IpAddr, networks: &[IpNet]) -> bool {
    networks.iter().any(|network| network.contains(&address.to_canonical()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nobody_on_the_internet_has_a_private_address() {
        for (client, expected) in [
            ("192.0.2.3", true),
            ("::ffff:192.0.2.3", true),
            ("2001:db8::1", true),
            ("127.0.0.1", false),
            ("::1", false),
            ("10.1.2.3", false),
            ("::ffff:10.1.2.3", false),
            ("192.168.0.1", false),
            ("172.16.0.1", false),
            ("169.254.1.1", false),
            ("100.64.0.1", false),
            ("100.128.0.1", true),
            ("fe80::1", false),
            ("fd00::1", false),
        ] {
            assert_eq!(address(client.parse().unwrap()).is_some(), expected, "{client}");
        }
    }
}
