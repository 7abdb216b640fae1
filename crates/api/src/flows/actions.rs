//! `/flows/actions`: what Genesys has as actions on a flow that a query parameter names.

use axum::extract::State;
use waypost_app::catalogue::plan::By;

use super::view::{Tagged, tagged};
use super::{parse_id, refused};
use crate::auth::{Caller, FlowWrite};
use crate::error::ApiError;
use crate::query::Query;
use crate::state::ApiState;

/// `POST /flows/actions/deactivate`: nobody follows the flow any more; 409 with every caller and route while one does.
pub async fn deactivate(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    mut query: Query,
) -> Result<Tagged, ApiError> {
    let id = query.text("flow").unwrap_or_default();
    let note = query.text("note");
    if id.is_empty() {
        query.problem("flow", "is missing", "the id of a flow", "nothing");
    }
    query.finish()?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let flow = state.app.catalogue.deactivate_flow(by, parse_id(&id)?).await.map_err(refused)?;
    Ok(tagged(&flow))
}
