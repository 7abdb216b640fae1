//! `DELETE /flows/{flowId}`

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};

use waypost_app::catalogue::plan::By;

use super::{if_match, parse_id, refused};
use crate::auth::{Caller, FlowWrite};
use crate::error::ApiError;
use crate::query::Query;
use crate::state::ApiState;

/// The endpoint: 409 with every user while it is used.
pub async fn delete(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    Path(id): Path<String>,
    mut query: Query,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    query.ignore(&["forceDelete"]);
    query.finish()?;
    let (id, revision) = (parse_id(&id)?, if_match(&headers)?);
    let by = By { actor: &caller.client, note: None };
    state.app.catalogue.delete_flow(by, id, revision).await.map_err(refused)?;
    Ok(StatusCode::NO_CONTENT)
}
