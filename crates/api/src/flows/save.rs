//! `POST /flows` and `PUT /flows/{flowId}`: a document makes a version and publishes it.

use axum::extract::{Path, State};
use axum::http::HeaderMap;

use super::view::{Tagged, tagged};
use super::{if_match, parse_id, refused};
use crate::auth::{Caller, FlowWrite};
use crate::body::FlowBody;
use crate::error::ApiError;
use crate::query::Query;
use crate::state::ApiState;

/// `POST /flows`
pub async fn create(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
    FlowBody(document): FlowBody,
) -> Result<Tagged, ApiError> {
    published(query)?;
    let flow = state.app.catalogue.create_flow(&caller.client, &document).await.map_err(refused)?;
    Ok(tagged(&flow))
}

/// `PUT /flows/{flowId}`
pub async fn update(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    Path(id): Path<String>,
    query: Query,
    headers: HeaderMap,
    FlowBody(document): FlowBody,
) -> Result<Tagged, ApiError> {
    published(query)?;
    let (id, revision) = (parse_id(&id)?, if_match(&headers)?);
    let flow = state.app.catalogue.update_flow(&caller.client, id, &document, revision).await.map_err(refused)?;
    Ok(tagged(&flow))
}

/// Reads the parameters of both. Versions that are saved and not published are not offered.
fn published(mut query: Query) -> Result<(), ApiError> {
    let draft = query.flag("draft");
    query.ignore(&["language"]);
    query.finish()?;
    if draft { Err(ApiError::not_offered("draft=true")) } else { Ok(()) }
}
