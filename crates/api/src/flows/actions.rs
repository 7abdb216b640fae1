//! `/flows/actions`: what Genesys has as actions on a flow that a query parameter names.

use axum::Json;
use axum::extract::State;
use uuid::Uuid;
use waypost_catalogue::flows::FlowView;
use waypost_ids::{FlowId, Version};
use waypost_store::records::audit::By;
use waypost_wire::architect::Operation;
use waypost_wire::flow::parse_version;
use waypost_wire::reference::Reference;

use super::view::{Tagged, tagged};
use super::{parse_id, refused};
use crate::auth::{Caller, FlowWrite};
use crate::error::ApiError;
use crate::query::Query;
use crate::state::ApiState;

/// What every action is told.
struct Asked {
    flow: FlowId,
    version: Option<Version>,
    note: Option<String>,
}

/// `POST /flows/actions/checkout`: nobody else may change the flow from now on.
pub async fn check_out(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
) -> Result<Tagged, ApiError> {
    let asked = read(query, false)?;
    flow(state.app.catalogue.check_out(by(&caller, &asked), asked.flow).await.map_err(refused))
}

/// `POST /flows/actions/checkin`: gives the flow back.
pub async fn check_in(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
) -> Result<Json<Operation>, ApiError> {
    let asked = read(query, false)?;
    state.app.catalogue.check_in(by(&caller, &asked), asked.flow).await.map_err(refused)?;
    Ok(done(&caller, "CHECKIN"))
}

/// `POST /flows/actions/revert`: gives the flow back as it was.
pub async fn revert(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
) -> Result<Tagged, ApiError> {
    let asked = read(query, false)?;
    flow(state.app.catalogue.revert(by(&caller, &asked), asked.flow).await.map_err(refused))
}

/// `POST /flows/actions/unlock`: takes the flow from whoever holds it.
pub async fn unlock(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
) -> Result<Tagged, ApiError> {
    let asked = read(query, false)?;
    flow(state.app.catalogue.unlock(by(&caller, &asked), asked.flow).await.map_err(refused))
}

/// `POST /flows/actions/publish`: the newest version, unless another is named.
pub async fn publish(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
) -> Result<Json<Operation>, ApiError> {
    let asked = read(query, true)?;
    state.app.catalogue.publish_version(by(&caller, &asked), asked.flow, asked.version).await.map_err(refused)?;
    Ok(done(&caller, "PUBLISH"))
}

/// `POST /flows/actions/deactivate`: nobody follows the flow any more; 409 with every caller and route while one does.
pub async fn deactivate(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
) -> Result<Tagged, ApiError> {
    let asked = read(query, false)?;
    flow(state.app.catalogue.deactivate_flow(by(&caller, &asked), asked.flow).await.map_err(refused))
}

fn read(mut query: Query, with_version: bool) -> Result<Asked, ApiError> {
    let id = query.text("flow").unwrap_or_default();
    if id.is_empty() {
        query.problem("flow", "is missing", "the id of a flow", "nothing");
    }
    let version = if with_version { query.parsed("version", "a version's number", parse_version) } else { None };
    let note = query.text("note");
    query.finish()?;
    Ok(Asked { flow: parse_id(&id)?, version, note })
}

fn by<'a>(caller: &'a Caller<FlowWrite>, asked: &'a Asked) -> By<'a> {
    By { actor: &caller.client, note: asked.note.as_deref() }
}

fn flow(changed: Result<FlowView, ApiError>) -> Result<Tagged, ApiError> {
    changed.map(|view| tagged(&view))
}

/// An operation that is over.
pub(super) fn done<S>(caller: &Caller<S>, action: &str) -> Json<Operation> {
    numbered(Uuid::new_v4(), &caller.client, action)
}

/// The same with an identifier that means something.
pub(super) fn numbered(id: Uuid, client: &str, action: &str) -> Json<Operation> {
    Json(Operation {
        id,
        complete: true,
        client: Reference { id: client.to_owned(), ..Reference::default() },
        action_name: action.to_owned(),
        action_status: "SUCCESS".to_owned(),
    })
}
