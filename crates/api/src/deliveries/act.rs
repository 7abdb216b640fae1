//! Changing deliveries: content, retries, cancelling.

use axum::Json;
use axum::extract::{Path, Request, State};
use axum::http::StatusCode;
use waypost_app::outbox::deliveries::MOST_RETRIED;
use waypost_ids::{DeliveryKind, DeliveryState};
use waypost_store::records::outbox::{DeliveryFilter, Way};
use waypost_wire::delivery::{Delivery, Retried};

use super::{parse_id, view};
use crate::auth::{Caller, EmailWrite};
use crate::body::{ObjectBody, media_type, read, unsupported};
use crate::error::ApiError;
use crate::fields::Fields;
use crate::query::Query;
use crate::state::ApiState;

/// `PUT /deliveries/{deliveryId}/content`
pub(super) async fn edit(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    Path(id): Path<String>,
    query: Query,
    request: Request,
) -> Result<Json<Delivery>, ApiError> {
    query.finish()?;
    let id = parse_id(&id)?;
    let (parts, body) = request.into_parts();
    let wanted: &[&str] = match state.app.delivery(id).await?.way() {
        Way::Webhooks => &["application/json"],
        Way::Mail | Way::Folders => &["message/rfc822", "message/global"],
    };
    match media_type(&parts.headers).as_deref() {
        None => {}
        Some(given) if wanted.contains(&given) => {}
        Some(other) => return Err(unsupported(other, wanted.first().copied().unwrap_or_default())),
    }
    let content = read(&state, &parts, body, state.settings.max_message_bytes).await?;
    let record = state.app.edit_delivery(&caller.client, id, &content.bytes).await?;
    Ok(Json(view::delivery(&state.app, record)))
}

/// `POST /deliveries/{deliveryId}/retry`
pub(super) async fn retry(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    Path(id): Path<String>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<(StatusCode, Json<Delivery>), ApiError> {
    query.finish()?;
    body.finish(&[])?;
    let record = state.app.retry_delivery(&caller.client, parse_id(&id)?).await?;
    Ok((StatusCode::ACCEPTED, Json(view::delivery(&state.app, record))))
}

/// `POST /deliveries/{deliveryId}/cancel`
pub(super) async fn cancel(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    Path(id): Path<String>,
    query: Query,
    ObjectBody(body): ObjectBody,
) -> Result<Json<Delivery>, ApiError> {
    query.finish()?;
    body.finish(&[])?;
    let record = state.app.cancel_delivery(&caller.client, parse_id(&id)?).await?;
    Ok(Json(view::delivery(&state.app, record)))
}

/// `POST /deliveries/retry`
pub(super) async fn retry_all(
    State(state): State<ApiState>,
    caller: Caller<EmailWrite>,
    query: Query,
    ObjectBody(mut body): ObjectBody,
) -> Result<Json<Retried>, ApiError> {
    query.finish()?;
    let filter = DeliveryFilter {
        state: word(&mut body, "state", DeliveryState::ALL, DeliveryState::as_str),
        kind: word(&mut body, "kind", DeliveryKind::ALL, DeliveryKind::as_str),
        interaction: body.parsed("interactionId", "a UUID", |value| value.as_str()?.parse().ok()),
        target: body.text("target"),
    };
    body.finish(&["state", "kind", "interactionId", "target"])?;
    let retried = state.app.retry_deliveries(&caller.client, &filter).await?;
    let notice = view::notice(&state.app);
    Ok(Json(Retried { retried, more: retried >= u64::from(MOST_RETRIED), notice }))
}

/// One of some words.
fn word<T: Copy>(body: &mut Fields, name: &str, all: &[T], word: impl Fn(T) -> &'static str) -> Option<T> {
    let words: Vec<&str> = all.iter().map(|one| word(*one)).collect();
    body.parsed(name, &format!("one of {}", words.join(", ")), |value| {
        let text = value.as_str()?;
        all.iter().copied().find(|one| word(*one) == text)
    })
}
