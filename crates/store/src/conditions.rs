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
