//! States as conditions, in SQL that both databases read. The numbers are in the text: an index of some states is found by its text.

use crate::records::mail::State;
use crate::rules::standing::is_held;

/// What is in this state.
pub(crate) fn in_state(state: State) -> String {
    format!("state = {}", state.code())
}

/// What somebody holds under a lease: the condition of the index of leases.
pub(crate) fn held() -> String {
    let codes: Vec<String> =
        State::ALL.iter().filter(|state| is_held(**state)).map(|state| state.code().to_string()).collect();
    format!("state IN ({})", codes.join(", "))
}
