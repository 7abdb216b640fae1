//! How a replay goes from node to node until it is over.

use jiff::Timestamp;
use uuid::Uuid;

use crate::leases::{Hold, Lease};
use crate::records::replays::ReplayState;

/// How a replay stands, and who runs it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct ReplayStanding {
    pub(crate) state: ReplayState,
    pub(crate) hold: Hold,
    /// How often a node began it.
    pub(crate) starts: u32,
}

impl ReplayStanding {
    /// A node begins it, unless another runs it.
    pub(crate) fn begin(self, lease: Lease, now: Timestamp) -> Option<Self> {
        let free = self.hold.expire(now).unwrap_or(self.hold);
        let hold = free.take(lease)?;
        self.is_open().then_some(Self { hold, starts: self.starts.saturating_add(1), ..self })
    }

    /// Its node goes on with it.
    pub(crate) fn renew(self, lease: Lease) -> Option<Self> {
        let hold = self.hold.renew(lease)?;
        self.is_open().then_some(Self { hold, ..self })
    }

    /// Its node came to its end.
    pub(crate) fn end(self, lease: Uuid, state: ReplayState) -> Option<Self> {
        (self.is_open() && self.hold.is_by(lease)).then_some(Self { state, hold: Hold::Nobody, ..self })
    }

    fn is_open(self) -> bool {
        match self.state {
            ReplayState::Open => true,
            ReplayState::Done | ReplayState::Failed => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::conformance::samples::{at, lease};

    #[test]
    fn one_node_at_a_time_runs_it_until_it_is_over() {
        let new = ReplayStanding { state: ReplayState::Open, hold: Hold::Nobody, starts: 0 };
        let begun = new.begin(lease(1, 20), at(10)).unwrap();
        assert_eq!((begun.starts, begun.hold), (1, Hold::By(lease(1, 20))));
        assert_eq!(begun.begin(lease(2, 40), at(19)), None, "it is another's");
        let renewed = begun.renew(lease(1, 40)).unwrap();
        assert_eq!(renewed.begin(lease(2, 60), at(39)), None);
        let again = renewed.begin(lease(2, 60), at(40)).unwrap();
        assert_eq!((again.starts, again.hold), (2, Hold::By(lease(2, 60))));
        assert_eq!(
            (again.renew(lease(1, 90)), again.end(lease(1, 90).id, ReplayState::Done)),
            (None, None),
            "it was lost"
        );
        for state in [ReplayState::Done, ReplayState::Failed] {
            let over = again.end(lease(2, 60).id, state).unwrap();
            assert_eq!((over.state, over.hold), (state, Hold::Nobody));
            assert_eq!(over.begin(lease(3, 99), at(98)), None);
        }
    }
}
