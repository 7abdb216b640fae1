//! `GET /interactions/{interactionId}`, its trace, its message, and the counts over all.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderName, HeaderValue, header};
use bytes::Bytes;
use serde_json::Value;
use waypost_app::access::scopes::Scope;
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

/// `GET /interactions/{interactionId}/trace`: all runs, or with `run` that one. Rows, schedules and queues that were looked up are told to
/// those alone who may read them.
pub async fn trace(
    State(state): State<ApiState>,
    caller: Caller<EmailRead>,
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
            let mut trace: Option<Value> = if erased { None } else { serde_json::from_str(&text).ok() };
            if let Some(trace) = trace.as_mut().filter(|_| !caller.may(Scope::RoutingRead)) {
                withhold_lookups(trace);
            }
            view::run(&state.app, run, trace)
        })
        .collect();
    Ok(Json(Trace { interaction_id: id, runs }))
}

/// Leaves out what was answered to look-ups, with the variables that were set from it, and says so.
fn withhold_lookups(trace: &mut Value) {
    let mut answered = false;
    for event in trace.get_mut("events").and_then(Value::as_array_mut).into_iter().flatten() {
        let kind = event.get("event").and_then(Value::as_str).unwrap_or_default();
        let member = match kind {
            "lookup" => "answer",
            "output" if answered => "value",
            _ => {
                answered = false;
                continue;
            }
        };
        answered = true;
        if let Some(event) = event.as_object_mut()
            && event.shift_remove(member).is_some()
        {
            event.insert("withheld".to_owned(), Scope::RoutingRead.as_str().into());
        }
    }
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
