//! `GET /interactions/{interactionId}/attachments`: what the mail has attached.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::HeaderMap;
use bytes::Bytes;
use waypost_ids::InteractionId;
use waypost_wire::interaction::{Attachment, Attachments};

use super::parse_id;
use crate::auth::{Caller, EmailRead};
use crate::download;
use crate::error::ApiError;
use crate::query::Query;
use crate::state::ApiState;

/// `GET /interactions/{interactionId}/attachments`
pub async fn list(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Attachments>, ApiError> {
    query.finish()?;
    let id = parse_id(&id)?;
    let found = state.app.attachments(id).await?;
    let entities = (0_u32..).zip(found).map(|(number, attachment)| Attachment {
        number,
        name: Some(attachment.name).filter(|name| !name.is_empty()),
        content_type: attachment.content_type,
        size: attachment.size,
        inline: attachment.inline,
        content_id: attachment.content_id,
        self_uri: format!("/api/v2/interactions/{id}/attachments/{number}"),
    });
    Ok(Json(Attachments { entities: entities.collect() }))
}

/// `GET /interactions/{interactionId}/attachments/{number}`: its bytes
pub async fn get(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    Path((id, number)): Path<(String, String)>,
    query: Query,
) -> Result<(HeaderMap, Bytes), ApiError> {
    query.finish()?;
    let id = parse_id(&id)?;
    let found = match number.parse() {
        Ok(number) => state.app.attachment(id, number).await?,
        Err(_) => None,
    };
    let (attachment, bytes) = found.ok_or_else(|| missing(id, &number))?;
    Ok((download::headers(&attachment.content_type, &attachment.name), bytes))
}

fn missing(id: InteractionId, number: &str) -> ApiError {
    ApiError::not_found("not.found", format!("attachment `{number}` of interaction `{id}` was not found"))
}
