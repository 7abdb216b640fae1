//! How often something may happen in a minute, by address and by network.

use std::collections::HashMap;
use std::net::IpAddr;
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::networks::{Networks, Origin};

const MINUTE: Duration = Duration::from_secs(60);

/// A network may do this many times what one of its addresses may.
const ADDRESSES_OF_A_NETWORK: u32 = 4;

/// This many addresses and networks are remembered. Beyond that those are forgotten that have their whole minute again, and
/// then all, rather than growing without end.
const REMEMBERED: usize = 50_000;

/// Counts what clients do: up to the limit in one go, and from then on as often as the limit spread over the minute
/// (the generic cell rate algorithm: for each client, when it will have its whole minute again).
#[derive(Debug)]
pub struct Rate {
    per_minute: u32,
    excepted: Networks,
    whole_again: Mutex<HashMap<Party, Instant>>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Party {
    Address(IpAddr),
    Network(IpAddr),
}

impl Rate {
    /// At most so many in a minute by one address, four times as many by one network; 0 is no limit. There is none for
    /// excepted networks either.
    #[must_use]
    pub fn new(per_minute: u32, excepted: Networks) -> Self {
        Self { per_minute, excepted, whole_again: Mutex::default() }
    }

    /// Counts `times` at `now`; what is refused is not counted.
    ///
    /// # Errors
    /// There were too many: how long until it would be let in.
    pub fn count(&self, from: IpAddr, times: u32, now: Instant) -> Result<(), Duration> {
        if self.per_minute == 0 || times == 0 || self.excepted.contains(from) {
            return Ok(());
        }
        let origin = Origin::of(from);
        let parties = [
            (Party::Address(origin.address), self.per_minute),
            (Party::Network(origin.network), self.per_minute.saturating_mul(ADDRESSES_OF_A_NETWORK)),
        ];
        let mut whole_again = self.whole_again.lock().unwrap_or_else(PoisonError::into_inner);
        let after = parties.map(|(party, limit)| {
            let begin = whole_again.get(&party).copied().map_or(now, |at| at.max(now));
            // What can't fit into any minute is let in alone, when nothing else was: else it never would be.
            (party, begin + MINUTE.mul_f64((f64::from(times) / f64::from(limit)).min(1.0)))
        });
        let wait = after.iter().map(|(_, at)| at.duration_since(now).saturating_sub(MINUTE)).max();
        if let Some(wait) = wait.filter(|wait| !wait.is_zero()) {
            return Err(wait);
        }
        if whole_again.len() >= REMEMBERED {
            whole_again.retain(|_, at| *at > now);
            if whole_again.len() >= REMEMBERED {
                whole_again.clear();
            }
        }
        whole_again.extend(after);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address(text: &str) -> IpAddr {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_has_so_many_in_a_minute() {
        let rate = Rate::new(6, Networks::default());
        let now = Instant::now();
        let one = address("192.0.2.1");
        assert_eq!(rate.count(one, 4, now), Ok(()));
        assert_eq!(rate.count(one, 2, now), Ok(()));
        assert_eq!(rate.count(one, 1, now), Err(Duration::from_secs(10)));
        // The wait that was named is true, and a refusal costs nothing.
        assert_eq!(rate.count(one, 1, now + Duration::from_secs(9)), Err(Duration::from_secs(1)));
        assert_eq!(rate.count(one, 1, now + Duration::from_secs(10)), Ok(()));
        assert_eq!(rate.count(address("192.0.2.2"), 6, now), Ok(()));
    }

    #[test]
    fn a_network_has_four_times_as_many() {
        let rate = Rate::new(5, Networks::default());
        let now = Instant::now();
        for last in 1..=4 {
            assert_eq!(rate.count(address(&format!("2001:db8:0:{last}::1")), 5, now), Ok(()));
        }
        assert!(rate.count(address("2001:db8:0:5::1"), 1, now).is_err());
        assert_eq!(rate.count(address("2001:db8:1:5::1"), 1, now), Ok(()));
    }

    #[test]
    fn some_are_not_counted() {
        let excepted: Networks = ["192.0.2.1".parse().unwrap()].into_iter().collect();
        let now = Instant::now();
        let rate = Rate::new(1, excepted);
        for _ in 0..10 {
            assert_eq!(rate.count(address("192.0.2.1"), 1, now), Ok(()));
        }
        assert_eq!(rate.count(address("192.0.2.2"), 1, now), Ok(()));
        assert!(rate.count(address("192.0.2.2"), 1, now).is_err());
        let off = Rate::new(0, Networks::default());
        assert_eq!(off.count(address("192.0.2.2"), 1_000_000, now), Ok(()));
    }
}
