//! `GET /interactions/ledger`: where every interaction stands, and whether the sums agree.

use axum::Json;
use axum::extract::State;
use waypost_app::outbox::ledger::differences;
use waypost_ids::DeliveryState;
use waypost_store::records::outbox::{GoesBy, Ledger as Kept, Place, Stuck};
use waypost_wire::delivery::{Difference, Ledger, Places, StuckInteraction, StuckReason};

use super::view;
use crate::auth::{Caller, EmailRead};
use crate::error::ApiError;
use crate::query::Query;
use crate::state::ApiState;

/// The endpoint. It counts every row.
pub async fn ledger(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    query: Query,
) -> Result<Json<Ledger>, ApiError> {
    query.finish()?;
    Ok(Json(shown(&state.app.ledger().await?, state.app.sends_mail())))
}

fn shown(ledger: &Kept, sends_mail: bool) -> Ledger {
    let differing = differences(ledger).into_iter();
    let differences: Vec<Difference> =
        differing.map(|one| Difference { what: one.what, counted: one.counted, tallied: one.tallied }).collect();
    let stuck = ledger.stuck.iter().map(|(id, stuck)| {
        let (reason, message) = reason(*stuck, sends_mail);
        StuckInteraction { interaction_id: *id, reason, message }
    });
    let count = |state: DeliveryState| ledger.deliveries.get(&state).copied().unwrap_or(0);
    Ledger {
        places: places(ledger),
        deliveries: DeliveryState::ALL.iter().map(|state| (*state, count(*state))).collect(),
        tallied: view::summary(&ledger.tallied),
        agrees: differences.is_empty(),
        differences,
        stuck: stuck.collect(),
    }
}

fn places(ledger: &Kept) -> Places {
    let count = |place: Place| ledger.places.get(&place).copied().unwrap_or(0);
    Places {
        undecided: count(Place::Undecided),
        queued: count(Place::Queued),
        claimed: count(Place::Claimed),
        going_out: count(Place::GoingOut),
        stuck: count(Place::Stuck),
        completed: count(Place::Completed),
        dropped: count(Place::Dropped),
    }
}

fn reason(stuck: Stuck, sends_mail: bool) -> (StuckReason, String) {
    let word = |by| match by {
        GoesBy::Forward => "forward",
        GoesBy::Push => "push",
    };
    match stuck {
        Stuck::NoQueue => (StuckReason::NoQueue, "it waits in no queue, or in a deleted one: run it again".to_owned()),
        Stuck::NothingPending(by) => {
            (StuckReason::NothingPending, format!("its {} is on the way, but no delivery of it is pending", word(by)))
        }
        Stuck::Overdue(by) => {
            // A push may go to a webhook or into a folder, whatever sends mail.
            let hint = match by {
                GoesBy::Forward if !sends_mail => "this server runs with `--smarthost none`",
                GoesBy::Forward | GoesBy::Push => "is a node running?",
            };
            let message = format!("a delivery of its {} has been due for more than an hour: {hint}", word(by));
            (StuckReason::Overdue, message)
        }
    }
}
