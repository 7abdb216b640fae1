//! `POST /interactions/{interactionId}/rerun`, `POST /interactions/rerun` and `DELETE /interactions/{interactionId}/content`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use waypost_ids::InteractionId;
use waypost_wire::interaction::{Interaction, Reruns};

use super::endpoints::FILTERS;
use super::{list, parse_id, view};
use crate::auth::{Caller, EmailWrite};
use crate::body::ObjectBody;
use crate::cursor;
use crate::error::ApiError;
use crate::query::Query;
use crate::state::ApiState;

/// Runs an interaction again with what is published now: 202, and the interaction as it then stands. What was sent before is sent again
/// with `resend` alone.
pub async fn rerun(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    Path(id): Path<String>,
    mut query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<(StatusCode, Json<Interaction>), ApiError> {
    let resend = query.flag("resend");
    query.finish()?;
    body.finish(&[])?;
    let id = parse_id(&id)?;
    state.app.rerun(&caller.client, id, resend).await?;
    Ok((StatusCode::ACCEPTED, Json(view::with_runs(&state.app, id).await?)))
}

/// So many are looked at in one request, if it says nothing else.
const MOST: u32 = 1000;

/// Runs all that match again: 202, and how many. A request without a filter would run all mail again, and is refused.
pub async fn rerun_all(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    mut query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<(StatusCode, Json<Reruns>), ApiError> {
    body.finish(&[])?;
    if !FILTERS.iter().any(|name| query.says(name)) {
        let expected = format!("one of {}", FILTERS.join(", "));
        query.problem_with_all("no filter says which interactions to run again", &expected, "no filter");
    }
    let most = query.number("max", 1..=MOST, MOST);
    let after = query.parsed("cursor", cursor::EXPECTED, cursor::read).map(InteractionId);
    let filter = list::filter(&state, &mut query);
    query.finish()?;
    let reruns = state.app.rerun_all(&caller.client, &filter, after, most).await?;
    let next_cursor = reruns.after.map(|id| cursor::write(id.0));
    Ok((StatusCode::ACCEPTED, Json(Reruns { rerun: reruns.rerun, skipped: reruns.skipped, next_cursor })))
}

/// Erases message, subject and traces; the ledger row stays. Idempotent.
pub async fn erase(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    Path(id): Path<String>,
    query: Query,
) -> Result<StatusCode, ApiError> {
    query.finish()?;
    state.app.erase(&caller.client, parse_id(&id)?).await?;
    Ok(StatusCode::NO_CONTENT)
}
