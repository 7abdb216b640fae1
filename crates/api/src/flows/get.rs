//! `GET /flows/{flowId}`

use axum::Json;
use axum::extract::{Path, State};
use waypost_catalogue::error::ChangeError;

use super::view::{Tagged, summary, tagged};
use super::{parse_id, refused};
use crate::auth::{Caller, FlowRead};
use crate::error::ApiError;
use crate::query::Query;
use crate::revision::tag;
use crate::state::ApiState;

/// The endpoint. With `deleted=true`, a deleted flow is answered without its content; else it is 410.
pub async fn get(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<Tagged, ApiError> {
    let deleted = query.flag("deleted");
    query.finish()?;
    let id = parse_id(&id)?;
    match state.app.catalogue.flow(id).await {
        Ok(flow) => Ok(tagged(&flow)),
        Err(ChangeError::Deleted(_)) if deleted => {
            let records = state.app.catalogue.deleted_flows().await?;
            let record = records.into_iter().find(|record| record.id == id);
            let record = record.ok_or(ChangeError::Deleted(id))?;
            let versions = state.app.catalogue.versions_of(&record).await?;
            Ok(([tag(record.revision)], Json(summary(&record, &versions))))
        }
        Err(error) => Err(refused(error)),
    }
}
