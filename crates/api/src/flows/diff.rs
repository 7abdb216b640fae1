//! `GET /flows/{flowId}/diff`: how two versions differ in meaning.

use axum::Json;
use axum::extract::{Path, State};
use waypost_catalogue::versions::VersionName;
use waypost_wire::change::{FlowDiff, FlowDifference};

use super::{VERSION_EXPECTED, parse_id, refused, version_name};
use crate::auth::{Caller, FlowRead};
use crate::error::ApiError;
use crate::query::Query;
use crate::state::ApiState;

/// The endpoint: from what is published to what was saved last, unless `from` and `to` say otherwise.
pub async fn diff(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Json<FlowDiff>, ApiError> {
    let from = query.parsed("from", VERSION_EXPECTED, version_name).unwrap_or(VersionName::Published);
    let to = query.parsed("to", VERSION_EXPECTED, version_name).unwrap_or(VersionName::Newest);
    query.finish()?;
    let flow_id = parse_id(&id)?;
    let (from, to, found) = state.app.catalogue.flow_diff(flow_id, &from, &to).await.map_err(refused)?;
    let differences = found
        .into_iter()
        .map(|one| FlowDifference {
            path: one.path,
            change: one.change.as_str().to_owned(),
            before: one.before,
            after: one.after,
        })
        .collect();
    Ok(Json(FlowDiff { flow_id, from, to, differences }))
}
