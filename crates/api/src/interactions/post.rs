//! `POST /interactions`: a raw message, handed in over HTTP.

use std::time::Duration;

use axum::Json;
use axum::extract::{Extension, Request, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use waypost_wire::error::Problem;
use waypost_wire::interaction::{self as wire, Interaction};

use super::view;
use crate::auth::{Caller, EmailWrite};
use crate::body::{media_type, read, unsupported};
use crate::context::Remote;
use crate::error::ApiError;
use crate::idempotency;
use crate::query::Query;
use crate::serve::{Stopping, stopped};
use crate::state::ApiState;

/// How long an answer waits for the decision, when asked to.
const PATIENCE: Duration = Duration::from_secs(15);

/// The endpoint: 202 as soon as the mail is on stable storage; with `wait=true` 200 and the decision, if there is one in time.
/// A mail that was accepted before is answered with the interaction that it made then; a bounce of a delivery, which makes none, with 204.
pub async fn accept(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    Extension(remote): Extension<Remote>,
    stopping: Option<Extension<Stopping>>,
    mut query: Query,
    request: Request,
) -> Result<Response, ApiError> {
    let to = query.text("to").unwrap_or_default();
    if to.is_empty() {
        query.problem("to", "is missing", "the address that the mail is for", "nothing");
    }
    let from = query.text("from").map(|from| if from == "<>" { String::new() } else { from });
    let wait = query.flag("wait");
    query.finish()?;
    let (parts, body) = request.into_parts();
    let key = idempotency::key(&parts.headers)?;
    match media_type(&parts.headers).as_deref() {
        None | Some("message/rfc822" | "message/global") => {}
        Some(other) => return Err(unsupported(other, "message/rfc822")),
    }
    let content = read(&state, &parts, body, state.settings.max_message_bytes).await?;
    if content.bytes.is_empty() {
        let problem = Problem::new("bad.request", "the body is empty: it must be the raw message");
        return Err(ApiError::invalid("bad.request", vec![problem]));
    }
    let peer = remote.client.to_string();
    let accepted = state.app.accept_http(&caller.client, from, to, content.bytes.clone(), peer, key).await?;
    // One address leads to one route: there is one interaction, new or old.
    let duplicate = accepted.interactions.is_empty();
    let id = accepted.interactions.first().or(accepted.duplicates_of.first());
    // A bounce marks the delivery that came back, and is no work for anybody.
    let Some(id) = id.copied() else { return Ok(StatusCode::NO_CONTENT.into_response()) };
    if wait {
        // Who waits for a decision must not hold up the end of the server: the mail is accepted, and decided after the next start.
        let mut stopping = stopping.map(|Extension(stopping)| stopping);
        tokio::select! {
            found = state.app.wait_decided(id, PATIENCE) => drop(found?),
            () = stopped(&mut stopping) => {}
        }
    }
    let interaction = Interaction { duplicate, ..view::with_runs(&state.app, id).await? };
    let decided = !matches!(interaction.state, wire::State::Received | wire::State::Running);
    let status = if wait && decided { StatusCode::OK } else { StatusCode::ACCEPTED };
    Ok((status, Json(interaction)).into_response())
}
