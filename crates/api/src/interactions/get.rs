//! `GET /interactions/{interactionId}`, its trace, its message, and the counts over all.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use bytes::Bytes;
use serde_json::Value;
use waypost_wire::interaction::{Interaction, Summary, Trace};

use super::{parse_id, view};
use crate::auth::{Caller, EmailRead};
use crate::error::ApiError;
use crate::query::Query;
use crate::state::ApiState;

/// `GET /interactions/{interactionId}`, runs included
pub async fn get(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Interaction>, ApiError> {
    query.finish()?;
    Ok(Json(view::with_runs(&state.app, parse_id(&id)?).await?))
}

/// `GET /interactions/{interactionId}/trace`: all runs, or with `run` that one
pub async fn trace(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Json<Trace>, ApiError> {
    let wanted = query.number("run", 1..=u32::MAX, 0);
    query.finish()?;
    let id = parse_id(&id)?;
    let erased = state.app.interaction(id).await?.erased;
    let mut runs = state.app.runs(id).await?;
    if wanted > 0 {
        runs.retain(|run| run.number == wanted);
        if runs.is_empty() {
            return Err(ApiError::not_found("not.found", format!("run {wanted} of interaction `{id}` was not found")));
        }
    }
    let runs = runs
        .into_iter()
        .map(|mut run| {
            let text = std::mem::take(&mut run.run.trace);
            let trace: Option<Value> = if erased { None } else { serde_json::from_str(&text).ok() };
            view::run(&state.app, run, trace)
        })
        .collect();
    Ok(Json(Trace { interaction_id: id, runs }))
}

/// `GET /interactions/{interactionId}/message`: the bytes as received
pub async fn message(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<([(HeaderName, HeaderValue); 3], Bytes), ApiError> {
    query.finish()?;
    let raw = state.app.raw_message(parse_id(&id)?).await?;
    // What strangers sent must never be shown by a browser as if this server said it.
    let headers = [
        (header::CONTENT_TYPE, HeaderValue::from_static("message/rfc822")),
        (header::CONTENT_DISPOSITION, HeaderValue::from_static("attachment; filename=\"message.eml\"")),
        (header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff")),
    ];
    Ok((headers, raw))
}

/// `GET /interactions/summary`
pub async fn summary(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    query: Query,
) -> Result<Json<Summary>, ApiError> {
    query.finish()?;
    Ok(Json(view::summary(&state.app.summary().await?)))
}
