//! What becomes of what goes out, and what that means for the interaction that it is for.

use waypost_ids::{DeliveryKind, DeliveryState};

use super::standing::Decided;
use crate::records::mail::RunRecord;

/// How far an interaction's forwards are: those that its last run decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forwards {
    /// There are none.
    Nothing,
    /// Some are on the way, none has failed.
    Pending,
    /// Everybody has it.
    Done,
    /// Some will not arrive.
    Failed,
}

impl Forwards {
    /// How far they are, of the state of each.
    pub(crate) fn of(states: impl IntoIterator<Item = DeliveryState>) -> Self {
        let mut all = Self::Nothing;
        for state in states {
            all = match (all, state) {
                (Self::Failed, _) | (_, DeliveryState::Dead | DeliveryState::Bounced) => return Self::Failed,
                (Self::Pending, _) | (_, DeliveryState::Pending) => Self::Pending,
                (_, DeliveryState::Cancelled) => Self::Failed,
                (_, DeliveryState::Delivered) => Self::Done,
            };
        }
        all
    }
}

/// What the first run of an interaction comes to: nothing was sent before.
pub(crate) fn first(run: &RunRecord) -> Decided {
    let forwards = run.sends.iter().filter(|mail| mail.kind == DeliveryKind::Forward).flat_map(|mail| &mail.to);
    let state = |held| if held { DeliveryState::Cancelled } else { DeliveryState::Pending };
    Decided { kind: run.decision.kind, forwards: Forwards::of(forwards.map(|to| state(to.held.is_some()))) }
}
