//! `GET /deliveries/{deliveryId}` and its content.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use bytes::Bytes;
use waypost_store::records::outbox::Way;
use waypost_wire::delivery::Delivery;

use super::{parse_id, view};
use crate::auth::{Caller, EmailRead};
use crate::download;
use crate::error::ApiError;
use crate::query::Query;
use crate::state::ApiState;

/// `GET /deliveries/{deliveryId}`
pub(super) async fn get(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Delivery>, ApiError> {
    query.finish()?;
    Ok(Json(view::delivery(&state.app, state.app.delivery(parse_id(&id)?).await?)))
}

/// `GET /deliveries/{deliveryId}/content`
pub(super) async fn content(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<(HeaderMap, Bytes), ApiError> {
    query.finish()?;
    let id = parse_id(&id)?;
    let content = state.app.delivery_content(id).await?;
    let headers = match state.app.delivery(id).await?.way() {
        Way::Webhooks => download::headers("application/json", "request.json"),
        Way::Mail | Way::Folders => download::headers("message/rfc822", "message.eml"),
    };
    Ok((headers, content))
}
