//! `POST /interactions/{interactionId}/rerun` and `DELETE /interactions/{interactionId}/content`.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use waypost_wire::interaction::Interaction;

use super::{parse_id, view};
use crate::auth::{Caller, EmailWrite};
use crate::body::ObjectBody;
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

/// Erases message, subject and traces; the ledger row stays. Doing it twice is well.
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
