//! What is taken of something that everybody shares: in all, by address and by network.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::net::IpAddr;

use crate::networks::Origin;

/// How much there is, and how much of it one address and one network may have.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Room {
    /// In all.
    pub all: usize,
    /// For one address.
    pub address: usize,
    /// For one network.
    pub network: usize,
}

impl Room {
    /// So much in all, a quarter of it at most for one address, half for one network.
    #[must_use]
    pub fn shared(all: usize) -> Self {
        Self { all, address: (all / 4).max(1), network: (all / 2).max(1) }
    }
}

/// Why there is no more.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Full {
    /// The address has its share.
    Address,
    /// The network has its share.
    Network,
    /// There is none left.
    All,
}

impl Full {
    /// What is full, for an answer to the client: `from your address` or the like.
    #[must_use]
    pub fn whose(self) -> &'static str {
        match self {
            Self::Address => "from your address",
            Self::Network => "from your network",
            Self::All => "at the moment",
        }
    }
}

/// What is taken.
#[derive(Debug, Default)]
pub struct Tally {
    all: usize,
    addresses: HashMap<Party, usize>,
    networks: HashMap<Party, usize>,
}

/// An address or a network, and whether it is excepted: what those take is counted apart.
type Party = (IpAddr, bool);

impl Tally {
    /// Whether so much more fits for an origin. Only the room in all holds for one that is excepted.
    ///
    /// # Errors
    /// What is full.
    pub fn fits(&self, room: &Room, origin: &Origin, more: usize) -> Result<(), Full> {
        let over = |taken: usize, most: usize| taken.saturating_add(more) > most;
        if !origin.excepted && over(self.of_address(origin), room.address) {
            return Err(Full::Address);
        }
        if !origin.excepted && over(self.of_network(origin), room.network) {
            return Err(Full::Network);
        }
        if over(self.all, room.all) { Err(Full::All) } else { Ok(()) }
    }

    /// Takes.
    pub fn add(&mut self, origin: &Origin, amount: usize) {
        self.all = self.all.saturating_add(amount);
        for (map, key) in self.parties(origin) {
            let taken = map.entry(key).or_default();
            *taken = taken.saturating_add(amount);
        }
    }

    /// Gives back what was taken before.
    pub fn subtract(&mut self, origin: &Origin, amount: usize) {
        self.all = self.all.saturating_sub(amount);
        for (map, key) in self.parties(origin) {
            if let Entry::Occupied(mut taken) = map.entry(key) {
                *taken.get_mut() = taken.get().saturating_sub(amount);
                if *taken.get() == 0 {
                    taken.remove();
                }
            }
        }
    }

    fn parties(&mut self, origin: &Origin) -> [(&mut HashMap<Party, usize>, Party); 2] {
        let party = |ip: IpAddr| (ip, origin.excepted);
        [(&mut self.addresses, party(origin.address)), (&mut self.networks, party(origin.network))]
    }

    /// What is taken in all.
    #[must_use]
    pub fn all(&self) -> usize {
        self.all
    }

    /// What an origin's address has.
    #[must_use]
    pub fn of_address(&self, origin: &Origin) -> usize {
        self.addresses.get(&(origin.address, origin.excepted)).copied().unwrap_or(0)
    }

    /// What an origin's network has.
    #[must_use]
    pub fn of_network(&self, origin: &Origin) -> usize {
        self.networks.get(&(origin.network, origin.excepted)).copied().unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_and_a_network_have_their_shares() {
        let of = |text: &str| Origin::of(text.parse().unwrap());
        let (one, neighbour, stranger) = (of("192.0.2.1"), of("192.0.2.2"), of("198.51.100.1"));
        let excepted = Origin { excepted: true, ..neighbour };
        let room = Room { all: 10, address: 3, network: 5 };
        let mut tally = Tally::default();
        tally.add(&one, 3);
        assert_eq!(tally.fits(&room, &one, 1), Err(Full::Address));
        assert_eq!(tally.fits(&room, &excepted, 7), Ok(()));
        assert_eq!(tally.fits(&room, &excepted, 8), Err(Full::All));
        assert_eq!(tally.fits(&room, &neighbour, 2), Ok(()));
        assert_eq!(tally.fits(&room, &neighbour, 3), Err(Full::Network));
        assert_eq!(tally.fits(&room, &stranger, 3), Ok(()));
        tally.add(&excepted, 5);
        assert_eq!(tally.fits(&room, &neighbour, 2), Ok(()), "what is excepted is not taken from its neighbours");
        tally.subtract(&excepted, 5);
        tally.subtract(&one, 3);
        assert_eq!((tally.all(), tally.addresses.len(), tally.networks.len()), (0, 0, 0));
    }
}
