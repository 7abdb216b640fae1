//! What is done with an interaction under a claim's token: reply, forward, transfer, complete.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use uuid::Uuid;
use waypost_app::outbox::agents::{WantedForward, WantedTransfer, Written};
use waypost_ids::QueueId;
use waypost_store::records::outbox::DeliveryRecord;
use waypost_wire::delivery::Deliveries;
use waypost_wire::interaction::Interaction;

use super::{parse_id, view};
use crate::auth::{Caller, EmailWrite};
use crate::body::ObjectBody;
use crate::deliveries::view as deliveries;
use crate::error::ApiError;
use crate::fields::Fields;
use crate::idempotency;
use crate::query::Query;
use crate::state::ApiState;

/// `POST /interactions/{interactionId}/reply`
pub async fn reply(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    Path(id): Path<String>,
    query: Query,
    headers: HeaderMap,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<Deliveries>, ApiError> {
    query.finish()?;
    let (id, key) = (parse_id(&id)?, idempotency::key(&headers)?);
    let token = token(&mut body);
    let written = Written {
        text: body.required_text("text"),
        html: body.text("html"),
        subject: body.text("subject"),
        reply_all: body.flag("replyAll").unwrap_or(false),
        attach_original: body.flag("attachOriginal").unwrap_or(false),
    };
    body.finish(&["token", "text", "html", "subject", "replyAll", "attachOriginal"])?;
    Ok(made(&state, state.app.reply(&caller.client, (id, token), written, key.as_deref()).await?))
}

/// `POST /interactions/{interactionId}/forward`
pub async fn forward(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    Path(id): Path<String>,
    query: Query,
    headers: HeaderMap,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<Deliveries>, ApiError> {
    query.finish()?;
    let (id, key) = (parse_id(&id)?, idempotency::key(&headers)?);
    let token = token(&mut body);
    if !body.has("addresses") {
        body.missing("addresses", "a list of addresses");
    }
    let forward = WantedForward {
        addresses: body.texts("addresses").unwrap_or_default(),
        attach: body.flag("attach").unwrap_or(false),
        text: body.text("text"),
    };
    body.finish(&["token", "addresses", "attach", "text"])?;
    Ok(made(&state, state.app.forward(&caller.client, (id, token), forward, key.as_deref()).await?))
}

/// `POST /interactions/{interactionId}/transfer`
pub async fn transfer(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    Path(id): Path<String>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<Interaction>, ApiError> {
    query.finish()?;
    let id = parse_id(&id)?;
    let token = token(&mut body);
    let is_there = body.has("queue");
    let queue = body.wanted::<QueueId>("queue");
    // A reference without an id and a name means none.
    if queue.is_none() && (!is_there || !body.has_problems()) {
        body.missing("queue", "a queue's `id` or `name`");
    }
    let priority = body.number("priority", i64::MIN..=i64::MAX);
    let skills = body.texts("skills");
    let language = body.text("language");
    body.finish(&["token", "queue", "priority", "skills", "language"])?;
    let Some(queue) = queue else { return Err(ApiError::internal().private("a queue that is missing was no problem")) };
    let to = WantedTransfer { queue, priority, skills, language };
    state.app.transfer(&caller.client, (id, token), to).await?;
    Ok(Json(view::with_runs(&state.app, id).await?))
}

/// `POST /interactions/{interactionId}/complete`
pub async fn complete(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    Path(id): Path<String>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<Interaction>, ApiError> {
    query.finish()?;
    let id = parse_id(&id)?;
    let token = token(&mut body);
    let outcome = body.text("outcome");
    body.finish(&["token", "outcome"])?;
    state.app.complete_claimed(&caller.client, (id, token), outcome).await?;
    Ok(Json(view::with_runs(&state.app, id).await?))
}

/// A claim's token; without one, a problem is noted.
fn token(body: &mut Fields) -> Uuid {
    const EXPECTED: &str = "the token of a claim";
    let before = body.has("token");
    let token = body.parsed("token", EXPECTED, |value| Uuid::parse_str(value.as_str()?).ok());
    if !before {
        body.missing("token", EXPECTED);
    }
    token.unwrap_or_default()
}

fn made(state: &ApiState, records: Vec<DeliveryRecord>) -> Json<Deliveries> {
    let entities = records.into_iter().map(|record| deliveries::delivery(&state.app, record)).collect();
    Json(Deliveries { entities })
}
