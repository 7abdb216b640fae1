//! `GET /flows/{flowId}/history`: what was done to a flow, by whom, when, with notes.

use axum::Json;
use axum::extract::{Path, State};
use waypost_store::records::catalogue as kept;
use waypost_wire::change::FlowEvent;
use waypost_wire::listing::Page;

use super::view::label;
use super::{parse_id, refused};
use crate::auth::{Caller, FlowRead};
use crate::error::ApiError;
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::state::ApiState;

/// The endpoint, newest first
pub async fn list(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    Path(id): Path<String>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<FlowEvent>>, ApiError> {
    let paging = Paging::read(&mut query);
    query.finish()?;
    let id = parse_id(&id)?;
    let (events, total) = state.app.catalogue.flow_events(id, paging.offset(), paging.size).await.map_err(refused)?;
    let events = events.into_iter().map(self::event).collect();
    Ok(Json(paging.page(events, total, &uri)))
}

/// What was done to a flow, as it is told.
pub(super) fn event(event: kept::FlowEvent) -> FlowEvent {
    FlowEvent {
        kind: event.kind.as_str().to_owned(),
        at: event.at.into(),
        by: event.by,
        version: event.version,
        label: event.label,
        targets: label(&event.targets).targets,
        note: event.note,
    }
}
