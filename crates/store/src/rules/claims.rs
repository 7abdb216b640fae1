//! How many deliveries a claim takes, in all and to each domain.

use std::collections::HashMap;

use super::outbox::domain_key;
use crate::records::outbox::DeliveryClaim;

/// So many of those that are due longest are looked at, before it is asked what is due to each domain: a large backlog of a domain that has
/// its share is passed over then.
pub(crate) const LOOKED_AT: u32 = 500;

/// What a claim still takes.
#[derive(Clone)]
pub(crate) struct Slots {
    free: u32,
    most_of_a_domain: u32,
    of: HashMap<String, u32>,
}

impl Slots {
    /// What it takes at first.
    pub(crate) fn of(claim: &DeliveryClaim) -> Self {
        let mut of: HashMap<String, u32> = HashMap::new();
        for (domain, count) in &claim.busy {
            let under_way = of.entry(domain_key(domain)).or_default();
            *under_way = under_way.saturating_add(*count);
        }
        Self { free: claim.max, most_of_a_domain: claim.most_of_a_domain, of }
    }

    /// How many more that go to a domain, as it is kept.
    pub(crate) fn left(&self, domain: &str) -> u32 {
        let taken = self.of.get(domain).copied().unwrap_or_default();
        self.free.min(self.most_of_a_domain.saturating_sub(taken))
    }

    /// How many more in all.
    pub(crate) fn free(&self) -> u32 {
        self.free
    }

    /// The most that go to one domain.
    pub(crate) fn most_of_a_domain(&self) -> u32 {
        self.most_of_a_domain
    }

    /// The domains that have their share.
    pub(crate) fn full(&self) -> Vec<&str> {
        self.of.keys().map(String::as_str).filter(|domain| self.left(domain) == 0).collect()
    }

    /// Takes one that somebody wants tried now: only that there is room at all counts.
    pub(crate) fn take_first(&mut self, domain: &str) -> bool {
        let may = self.free > 0;
        if may {
            self.free = self.free.saturating_sub(1);
            let taken = self.of.entry(domain.to_owned()).or_default();
            *taken = taken.saturating_add(1);
        }
        may
    }

    /// Takes one that goes to a domain; answers whether it may.
    pub(crate) fn take(&mut self, domain: &str) -> bool {
        self.left(domain) > 0 && self.take_first(domain)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::outbox::claim_of;

    #[test]
    fn each_domain_has_its_share_until_all_is_taken() {
        let busy = vec![("B.example".to_owned(), 1), ("c.example".to_owned(), 2)];
        let mut slots = Slots::of(&DeliveryClaim { max: 4, most_of_a_domain: 2, busy, ..claim_of(1, 100) });
        let asked =
            ["b.example", "b.example", "c.example", "a.example", "a.example", "a.example", "d.example", "e.example"];
        let taken: Vec<bool> = asked.iter().map(|domain| slots.take(domain)).collect();
        assert_eq!(taken, [true, false, false, true, true, false, true, false]);
        assert_eq!((slots.free(), slots.left("e.example")), (0, 0));
    }
}
