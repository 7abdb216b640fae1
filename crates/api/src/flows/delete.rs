//! `DELETE /flows/{flowId}`, and `DELETE /flows` for some at once.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use waypost_ids::FlowId;
use waypost_store::records::audit::By;
use waypost_wire::genesys::architect::Operation;

use super::{parse_id, refused};
use crate::auth::{Caller, FlowWrite};
use crate::error::ApiError;
use crate::genesys::done;
use crate::query::Query;
use crate::revision::if_match;
use crate::state::ApiState;

/// The endpoint: 409 with every user while it is used.
pub async fn delete(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    Path(id): Path<String>,
    mut query: Query,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let note = query.text("note");
    query.ignore(&["forceDelete"]);
    query.finish()?;
    let (id, revision) = (parse_id(&id)?, if_match(&headers)?);
    let by = By { actor: &caller.client, note: note.as_deref() };
    state.app.catalogue.delete_flow(by, id, revision).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}

/// `DELETE /flows`: all of them, or none. Flows that use each other can go together.
pub async fn delete_many(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    mut query: Query,
) -> Result<Json<Operation>, ApiError> {
    let ids = query.list("id");
    if ids.is_empty() {
        query.problem("id", "is missing", "ids of flows", "nothing");
    }
    query.finish()?;
    let mut flows: Vec<FlowId> = ids.iter().map(|id| parse_id(id)).collect::<Result<_, _>>()?;
    flows.sort_unstable();
    flows.dedup();
    let by = By { actor: &caller.client, note: None };
    state.app.catalogue.delete_flows(by, &flows).await.map_err(refused)?;
    Ok(done(state.app.origin.id(), &caller, "DELETE"))
}
