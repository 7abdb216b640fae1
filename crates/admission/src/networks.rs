//! Networks in CIDR notation, and the address and network that a client counts as.

use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;

/// A network such as `192.0.2.0/24`; an address alone is a network of one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Network(IpNet);

/// A text that names no network.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BadNetwork;

impl fmt::Display for BadNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("expected an address or a network, such as 192.0.2.0/24 or 2001:db8::/32")
    }
}

impl std::error::Error for BadNetwork {}

impl FromStr for Network {
    type Err = BadNetwork;

    fn from_str(text: &str) -> Result<Self, BadNetwork> {
        let text = text.trim();
        let network = text.parse().or_else(|_| text.parse::<IpAddr>().map(IpNet::from));
        network.map(|network: IpNet| Self(network.trunc())).map_err(|_| BadNetwork)
    }
}

impl From<Network> for IpNet {
    fn from(network: Network) -> Self {
        network.0
    }
}

impl fmt::Display for Network {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// Some networks.
#[derive(Clone, Debug, Default)]
pub struct Networks(Vec<Network>);

impl Networks {
    /// Whether an address lies in any of them. An IPv4 address mapped into IPv6 is an IPv4 address.
    #[must_use]
    pub fn contains(&self, address: IpAddr) -> bool {
        let address = address.to_canonical();
        self.0.iter().any(|network| network.0.contains(&address))
    }

    /// What a client with this address counts as, where these networks are excepted.
    #[must_use]
    pub fn origin_of(&self, address: IpAddr) -> Origin {
        Origin { excepted: self.contains(address), ..Origin::of(address) }
    }

    /// These and others.
    #[must_use]
    pub fn union(&self, others: &Self) -> Self {
        Self([self.0.as_slice(), others.0.as_slice()].concat())
    }
}

impl FromIterator<Network> for Networks {
    fn from_iter<I: IntoIterator<Item = Network>>(networks: I) -> Self {
        Self(networks.into_iter().collect())
    }
}

/// What a client counts as.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Origin {
    /// The IPv4 address, or the first 64 bits of the IPv6 address.
    pub address: IpAddr,
    /// The first 24 bits of the IPv4 address, or the first 48 of the IPv6 address.
    pub network: IpAddr,
    /// Whether the operator excepted it: no share holds for it, and what it has is not taken from its neighbours.
    pub excepted: bool,
}

impl Origin {
    /// What a client with this address counts as, where nobody is excepted.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(v4) => {
                let network = Ipv4Addr::from(u32::from(v4) & (u32::MAX << 8));
                Self { address: v4.into(), network: network.into(), excepted: false }
            }
            IpAddr::V6(v6) => {
                let prefix = |length: u32| IpAddr::from(Ipv6Addr::from(u128::from(v6) & (u128::MAX << (128 - length))));
                Self { address: prefix(64), network: prefix(48), excepted: false }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn networks_are_read_as_operators_write_them() {
        for (text, inside, outside) in [
            ("10.0.0.0/8", "10.255.0.1", "11.0.0.1"),
            (" 10.1.2.3/8 ", "10.0.0.1", "11.0.0.1"),
            ("192.0.2.1", "::ffff:192.0.2.1", "192.0.2.2"),
            ("::1", "::1", "127.0.0.1"),
            ("2001:db8::/32", "2001:db8:ffff::1", "2001:db9::1"),
        ] {
            let networks: Networks = [text.parse().unwrap()].into_iter().collect();
            assert!(networks.contains(inside.parse().unwrap()), "{inside} in {text}");
            assert!(!networks.contains(outside.parse().unwrap()), "{outside} not in {text}");
        }
        for text in ["", "localhost", "10.0.0.0/33", "10.0.0/8", "10.0.0.0/", "::/129"] {
            assert_eq!(text.parse::<Network>(), Err(BadNetwork), "{text}");
        }
    }

    #[test]
    fn an_origin_is_an_address_and_a_network() {
        for (address, one, network) in [
            ("192.0.2.77", "192.0.2.77", "192.0.2.0"),
            ("::ffff:192.0.2.77", "192.0.2.77", "192.0.2.0"),
            ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::", "2001:db8:1::"),
        ] {
            let [one, network] = [one, network].map(|text| text.parse().unwrap());
            let expected = Origin { address: one, network, excepted: false };
            assert_eq!(Origin::of(address.parse().unwrap()), expected);
        }
    }
}
