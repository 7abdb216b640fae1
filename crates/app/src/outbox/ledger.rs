//! The ledger: where every interaction stands, and whether the running counts say the same.

use jiff::{SignedDuration, Timestamp};
use waypost_ids::DeliveryState;
use waypost_store::error::StoreError;
use waypost_store::records::mail::State;
use waypost_store::records::outbox::{Ledger, Place};

use crate::App;

/// A delivery that has been due for longer is one that nobody carries.
const OVERDUE: SignedDuration = SignedDuration::from_hours(1);

/// At most this many stuck interactions are listed.
const MOST_STUCK: u32 = 100;

/// Two counts of the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// What is counted.
    pub what: String,
    /// The number counted one by one.
    pub counted: u64,
    /// The running count. A wrong one may be below zero.
    pub tallied: i64,
}

impl App {
    /// Counts every row. It reads everything: not for a dashboard.
    ///
    /// # Errors
    /// The store.
    pub async fn ledger(&self) -> Result<Ledger, StoreError> {
        self.store.ledger(self.origin.now().saturating_sub(OVERDUE).unwrap_or(Timestamp::MIN), MOST_STUCK).await
    }
}

/// The sums of a ledger that don't agree.
#[must_use]
pub fn differences(ledger: &Ledger) -> Vec<Difference> {
    let tallied = &ledger.tallied;
    let places = |wanted: &[Place]| sum(wanted.iter().map(|place| ledger.places.get(place)));
    let states = |wanted: &dyn Fn(State) -> bool| {
        sum(State::ALL.iter().filter(|state| wanted(**state)).map(|state| tallied.by_state.get(state)))
    };
    let mut pairs = vec![
        ("interactions".to_owned(), places(&Place::ALL), tallied.interactions),
        ("interactions by state".to_owned(), places(&Place::ALL), states(&|_| true)),
        ("accepted".to_owned(), tallied.duplicates.saturating_add(places(&Place::ALL)), tallied.accepted),
        ("undecided".to_owned(), places(&[Place::Undecided]), states(&State::awaits_decision)),
        (
            "decided or claimed".to_owned(),
            places(&[Place::Queued, Place::Claimed, Place::GoingOut, Place::Stuck]),
            states(&|state| matches!(state, State::Decided | State::GoingOut | State::Claimed)),
        ),
        (
            "completed".to_owned(),
            places(&[Place::Completed, Place::Dropped]),
            states(&|state| state == State::Completed),
        ),
    ];
    pairs.extend(DeliveryState::ALL.iter().map(|state| {
        let count = |counts: Option<&u64>| counts.copied().unwrap_or_default();
        let what = format!("deliveries {}", state.as_str());
        (what, count(ledger.deliveries.get(state)), count(tallied.deliveries.get(state)))
    }));
    let differing = pairs.into_iter().filter(|(_, counted, tallied)| counted != tallied);
    let sums = differing.map(|(what, counted, tallied)| {
        let tallied = i64::try_from(tallied).unwrap_or(i64::MAX);
        Difference { what, counted, tallied }
    });
    let queues = ledger.queues.iter().map(|one| Difference {
        what: format!("waiting in queue {}", one.queue),
        counted: one.waiting,
        tallied: one.counted,
    });
    sums.chain(queues).collect()
}

fn sum<'a>(counts: impl Iterator<Item = Option<&'a u64>>) -> u64 {
    counts.flatten().copied().fold(0, u64::saturating_add)
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;
    use waypost_ids::QueueId;
    use waypost_store::records::mail::Summary;
    use waypost_store::records::queues::CountedQueue;

    use super::*;

    /// Ten interactions: one undecided, two queued, one claimed, one going out, one stuck, three completed, one dropped.
    fn ledger() -> Ledger {
        let places = Place::ALL.into_iter().zip([1, 2, 1, 1, 1, 3, 1]).collect();
        let by_state = [
            (State::Waiting, 1),
            (State::Decided, 3),
            (State::GoingOut, 1),
            (State::Claimed, 1),
            (State::Completed, 4),
        ];
        Ledger {
            places,
            deliveries: [(DeliveryState::Dead, 2)].into(),
            stuck: Vec::new(),
            tallied: Summary {
                accepted: 12,
                duplicates: 2,
                interactions: 10,
                by_state: by_state.into(),
                deliveries: [(DeliveryState::Dead, 2), (DeliveryState::Pending, 0)].into(),
                ..Summary::default()
            },
            queues: Vec::new(),
        }
    }

    fn told(ledger: &Ledger) -> Vec<(String, u64, i64)> {
        differences(ledger).into_iter().map(|one| (one.what, one.counted, one.tallied)).collect()
    }

    #[test]
    fn sums_that_agree_are_not_told() {
        assert_eq!(told(&ledger()), []);
        assert_eq!(told(&Ledger::default()), []);
    }

    #[test]
    fn each_sum_that_differs_is_named() {
        let mut off = ledger();
        off.places.insert(Place::Completed, 4);
        off.deliveries.insert(DeliveryState::Pending, 1);
        let told = told(&off);
        let names: Vec<&str> = told.iter().map(|(what, ..)| what.as_str()).collect();
        assert_eq!(names, ["interactions", "interactions by state", "accepted", "completed", "deliveries pending"]);
        assert_eq!(told.last().map(|(_, counted, tallied)| (*counted, *tallied)), Some((1, 0)));
    }

    #[test]
    fn a_queue_whose_count_is_off_is_named() {
        let mut off = ledger();
        let queue = QueueId(Uuid::from_u128(7));
        off.queues.push(CountedQueue { queue, waiting: 0, counted: -2 });
        assert_eq!(told(&off), [(format!("waiting in queue {queue}"), 0, -2)]);
    }
}
