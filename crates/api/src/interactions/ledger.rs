//! `GET /interactions/ledger`: where every interaction stands, and whether the sums agree.

use axum::Json;
use axum::extract::State;
use waypost_app::outbox::ledger::differences;
use waypost_ids::DeliveryState;
use waypost_store::records::outbox::{Ledger as Kept, Place, Stuck};
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
        StuckInteraction { interaction_id: *id, reason, message: message.to_owned() }
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

const fn reason(stuck: Stuck, sends_mail: bool) -> (StuckReason, &'static str) {
    match stuck {
        Stuck::NoQueue => (StuckReason::NoQueue, "it waits in no queue, or in a deleted one: run it again"),
        Stuck::NothingPending => {
            (StuckReason::NothingPending, "its forward is on the way, but no delivery of it is pending")
        }
        Stuck::Overdue if sends_mail => {
            (StuckReason::Overdue, "a delivery of its forward has been due for more than an hour: is a node running?")
        }
        Stuck::Overdue => (
            StuckReason::Overdue,
            "a delivery of its forward has been due for more than an hour: this server runs with `--smarthost none`",
        ),
    }
}
