//! `GET /deliveries`: newest first, by cursor.

use axum::Json;
use axum::extract::State;
use waypost_ids::{DeliveryId, DeliveryKind, DeliveryState, InteractionId};
use waypost_store::records::outbox::DeliveryFilter;
use waypost_wire::delivery::Delivery;
use waypost_wire::listing::Chunk;

use super::view;
use crate::auth::{Caller, EmailRead};
use crate::cursor;
use crate::error::ApiError;
use crate::query::{Query, words};
use crate::state::ApiState;

/// The endpoint.
pub(super) async fn list(
    State(state): State<ApiState>,
    _: Caller<EmailRead>,
    mut query: Query,
) -> Result<Json<Chunk<Delivery>>, ApiError> {
    let size = query.number("pageSize", 1..=500, 25);
    let after = query.parsed("cursor", cursor::EXPECTED, cursor::read).map(DeliveryId);
    let filter = DeliveryFilter {
        state: query.one_of("state", &words(DeliveryState::ALL, DeliveryState::as_str)),
        kind: query.one_of("kind", &words(DeliveryKind::ALL, DeliveryKind::as_str)),
        interaction: query.uuid("interactionId").map(InteractionId),
        target: query.text("target"),
    };
    query.finish()?;
    // One more than asked for tells whether there is more.
    let mut records = state.app.deliveries(&filter, after, size.saturating_add(1)).await?;
    let more = records.len() > size as usize;
    records.truncate(size as usize);
    let next_cursor = records.last().filter(|_| more).map(|record| cursor::write(record.id.0));
    let entities = records.into_iter().map(|record| view::delivery(&state.app, record)).collect();
    Ok(Json(Chunk { entities, next_cursor }))
}
