//! States as conditions, in SQL that both databases read. The numbers are in the text: an index of some states is found by its text.

use crate::records::mail::State;
use crate::rules::standing::is_held;

/// What is in this state.
pub(crate) fn in_state(state: State) -> String {
    format!("state = {}", state.code())
}

/// What somebody works on under a lease: the condition of an index of leases.
pub(crate) fn held() -> String {
    let works = |state: &&State| is_held(**state) && **state != State::Waiting;
    let codes: Vec<String> = State::ALL.iter().filter(works).map(|state| state.code().to_string()).collect();
    format!("state IN ({})", codes.join(", "))
}

/// What is held under a lease that may run out, each part by the condition of its index.
pub(crate) fn expiring() -> [String; 2] {
    [held(), in_state(State::Waiting)]
}

/// Where each interaction stands, as numbers of [`Place`](crate::records::outbox::Place) and of reasons why it is stuck. Parameter 1: since
/// before when a delivery that is due counts as one that nobody carries.
pub(crate) const PLACES: &str = "SELECT id, received_at, CASE
    WHEN state IN (0, 1, 5) THEN 0
    WHEN state IN (2, 3) AND (queue IS NULL OR queue NOT IN (SELECT id FROM queues)) THEN 10
    WHEN state = 2 THEN 1
    WHEN state = 3 THEN 2
    WHEN state = 6 AND NOT EXISTS (SELECT 1 FROM deliveries WHERE interaction = interactions.id AND deliveries.kind = 2
        AND deliveries.run = interactions.runs AND deliveries.state = 0) THEN 11
    WHEN state = 6 AND EXISTS (SELECT 1 FROM deliveries WHERE interaction = interactions.id AND deliveries.kind = 2
        AND deliveries.run = interactions.runs AND deliveries.state = 0 AND deliveries.due_at < $1) THEN 12
    WHEN state = 6 THEN 3
    WHEN decision = 2 THEN 6
    ELSE 5 END AS place
    FROM interactions";

/// What of these is stuck.
pub(crate) const STUCK: &str = ">= 10";
