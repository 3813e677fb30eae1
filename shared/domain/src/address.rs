//! Source addresses, and the networks that they count as.

use std::{
    fmt,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
};

/// The network that a request's source address counts as: an IPv4 address as itself, an IPv4-mapped one as that
/// IPv4 address, an IPv6 address by its first 64 bits.
///
/// A /64 is the smallest network in general use (RFC 7421), and each host in it may take as many addresses as it
/// likes (RFC 8981): counting single addresses would count nothing.
///
/// An address is personal data: `Debug` shows its family only.
#[derive(Clone, Copy, PartialEq, Eq, Hash)]
pub struct SourceNetwork(Network);

#[derive(Clone, Copy, PartialEq, Eq, Hash)]
enum Network {
    V4([u8; 5]),
    V6([u8; 9]),
}

impl SourceNetwork {
    /// Returns the network that `address` counts as.
    #[must_use]
    pub fn of(address: IpAddr) -> Self {
        Self(match address.to_canonical() {
            IpAddr::V4(address) => Network::v4(address),
            IpAddr::V6(address) => Network::v6(address),
        })
    }

    /// Returns the canonical bytes, for a key: the family (4 or 6), then the address or the first half of it.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        match &self.0 {
            Network::V4(bytes) => bytes,
            Network::V6(bytes) => bytes,
        }
    }
}

impl Network {
    fn v4(address: Ipv4Addr) -> Self {
        let [a, b, c, d] = address.octets();
        Self::V4([4, a, b, c, d])
    }

    fn v6(address: Ipv6Addr) -> Self {
        let mut bytes = [6; 9];
        bytes[1..].copy_from_slice(&address.octets()[..8]);
        Self::V6(bytes)
    }
}

impl fmt::Debug for SourceNetwork {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self.0 {
            Network::V4(_) => "SourceNetwork(IPv4)",
            Network::V6(_) => "SourceNetwork(IPv6)",
        })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn of(address: &str) -> SourceNetwork {
        SourceNetwork::of(address.parse().unwrap())
    }

    /// Attack 13.
    #[test]
    fn addresses_of_one_network_count_as_one() {
        for (one, other) in [
            ("192.0.2.1", "192.0.2.1"),
            ("192.0.2.1", "::ffff:192.0.2.1"),
            ("192.0.2.1", "::ffff:c000:201"),
            ("2001:db8:1:2::1", "2001:db8:1:2:ffff:ffff:ffff:ffff"),
            ("2001:db8:1:2::", "2001:0DB8:0001:0002:0:0:0:1"),
        ] {
            assert_eq!(of(one), of(other), "{one} {other}");
        }
    }

    #[test]
    fn addresses_of_different_networks_count_apart() {
        for (one, other) in [
            ("192.0.2.1", "192.0.2.2"),
            ("2001:db8:1:2::1", "2001:db8:1:3::1"),
            ("192.0.2.1", "::192.0.2.1"),
            ("0.0.0.0", "::"),
            ("127.0.0.1", "::1"),
        ] {
            assert_ne!(of(one), of(other), "{one} {other}");
            assert_ne!(of(one).as_bytes(), of(other).as_bytes(), "{one} {other}");
        }
    }

    #[test]
    fn the_bytes_are_the_family_and_the_network() {
        assert_eq!(of("192.0.2.1").as_bytes(), [4, 192, 0, 2, 1]);
        assert_eq!(of("2001:db8:1:2:3:4:5:6").as_bytes(), [6, 0x20, 0x01, 0x0d, 0xb8, 0, 1, 0, 2]);
    }

    #[test]
    fn debug_shows_the_family_only() {
        assert_eq!(format!("{:?}", of("192.0.2.1")), "SourceNetwork(IPv4)");
        assert_eq!(format!("{:?}", of("2001:db8::1")), "SourceNetwork(IPv6)");
    }

    proptest! {
        #[test]
        fn networks_are_equal_just_when_their_bytes_are(one: u128, other: u128, same_network: bool) {
            let other = if same_network { (one >> 64 << 64) | (other >> 64) } else { other };
            let (one, other) = (Ipv6Addr::from_bits(one), Ipv6Addr::from_bits(other));
            let (a, b) = (SourceNetwork::of(one.into()), SourceNetwork::of(other.into()));
            prop_assert_eq!(a == b, a.as_bytes() == b.as_bytes());
            if one.to_ipv4_mapped().is_none() && other.to_ipv4_mapped().is_none() {
                prop_assert_eq!(a == b, one.octets()[..8] == other.octets()[..8]);
            }
        }

        #[test]
        fn a_mapped_address_counts_as_its_ipv4_address(bits: u32) {
            let address = Ipv4Addr::from_bits(bits);
            prop_assert_eq!(
                SourceNetwork::of(address.into()),
                SourceNetwork::of(address.to_ipv6_mapped().into())
            );
        }
    }
}
