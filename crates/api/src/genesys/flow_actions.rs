//! `/flows/actions`: what Genesys has as actions on a flow that a query parameter names.

use axum::Json;
use axum::extract::State;
use axum::http::HeaderMap;
use waypost_app::access::scopes::Scope;
use waypost_catalogue::flows::FlowView;
use waypost_ids::{FlowId, Version};
use waypost_store::records::audit::By;
use waypost_store::revisions::Revisions;
use waypost_wire::flow::{Flow, parse_version};
use waypost_wire::genesys::architect::Operation;

use super::done;
use crate::auth::{Caller, FlowWrite};
use crate::error::ApiError;
use crate::flows::view::{Tagged, tagged};
use crate::flows::{NOTE, parse_id, refused};
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::Query;
use crate::revision::if_match;
use crate::state::ApiState;

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let acts = |id, summary| {
        operation(id, Scope::FlowWrite, summary)
            .text("flow", "The flow's identifier.")
            .required()
            .text("note", NOTE)
            .if_match()
            .refuses(&[404, 409, 410])
    };
    Endpoints::default()
        .post(
            "/flows/actions/checkout",
            check_out,
            acts("postFlowsActionsCheckout", "Check a flow out: no other client may change it").answers::<Flow>(),
        )
        .post(
            "/flows/actions/checkin",
            check_in,
            acts("postFlowsActionsCheckin", "Check a flow in").answers::<Operation>(),
        )
        .post(
            "/flows/actions/revert",
            revert,
            acts("postFlowsActionsRevert", "Revert a flow to the state in which it was checked out").answers::<Flow>(),
        )
        .post(
            "/flows/actions/unlock",
            unlock,
            acts("postFlowsActionsUnlock", "Take a flow from the client that has checked it out").answers::<Flow>(),
        )
        .post(
            "/flows/actions/publish",
            publish,
            acts("postFlowsActionsPublish", "Publish a version: 409 with every caller it would break")
                .text("version", "The version; the newest by default.")
                .answers::<Operation>(),
        )
        .post(
            "/flows/actions/deactivate",
            deactivate,
            acts("postFlowsActionsDeactivate", "Unpublish a flow").answers::<Flow>(),
        )
}

/// What every action is told.
struct Asked {
    flow: FlowId,
    version: Option<Version>,
    note: Option<String>,
    if_match: Option<Revisions>,
}

impl Asked {
    fn revision(&self) -> Option<&Revisions> {
        self.if_match.as_ref()
    }
}

/// `POST /flows/actions/checkout`: nobody else may change the flow from now on.
pub async fn check_out(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
    headers: HeaderMap,
) -> Result<Tagged, ApiError> {
    let asked = read(query, &headers, false)?;
    flow(state.app.catalogue.check_out(by(&caller, &asked), asked.flow, asked.revision()).await.map_err(refused))
}

/// `POST /flows/actions/checkin`: gives the flow back.
pub async fn check_in(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
    headers: HeaderMap,
) -> Result<Json<Operation>, ApiError> {
    let asked = read(query, &headers, false)?;
    state.app.catalogue.check_in(by(&caller, &asked), asked.flow, asked.revision()).await.map_err(refused)?;
    Ok(done(state.app.origin.id(), &caller, "CHECKIN"))
}

/// `POST /flows/actions/revert`: gives the flow back as it was.
pub async fn revert(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
    headers: HeaderMap,
) -> Result<Tagged, ApiError> {
    let asked = read(query, &headers, false)?;
    flow(state.app.catalogue.revert(by(&caller, &asked), asked.flow, asked.revision()).await.map_err(refused))
}

/// `POST /flows/actions/unlock`: takes the flow from whoever holds it.
pub async fn unlock(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
    headers: HeaderMap,
) -> Result<Tagged, ApiError> {
    let asked = read(query, &headers, false)?;
    flow(state.app.catalogue.unlock(by(&caller, &asked), asked.flow, asked.revision()).await.map_err(refused))
}

/// `POST /flows/actions/publish`: the newest version, unless another is named.
pub async fn publish(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
    headers: HeaderMap,
) -> Result<Json<Operation>, ApiError> {
    let asked = read(query, &headers, true)?;
    state
        .app
        .catalogue
        .publish_version(by(&caller, &asked), asked.flow, asked.version, asked.revision())
        .await
        .map_err(refused)?;
    Ok(done(state.app.origin.id(), &caller, "PUBLISH"))
}

/// `POST /flows/actions/deactivate`: nobody follows the flow any more; 409 with every caller and route while one does.
pub async fn deactivate(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
    headers: HeaderMap,
) -> Result<Tagged, ApiError> {
    let asked = read(query, &headers, false)?;
    flow(state.app.catalogue.deactivate_flow(by(&caller, &asked), asked.flow, asked.revision()).await.map_err(refused))
}

fn read(mut query: Query, headers: &HeaderMap, with_version: bool) -> Result<Asked, ApiError> {
    let id = query.text("flow").unwrap_or_default();
    if id.is_empty() {
        query.problem("flow", "is missing", "the id of a flow", "nothing");
    }
    let version = if with_version { query.parsed("version", "a version's number", parse_version) } else { None };
    let note = query.text("note");
    query.finish()?;
    Ok(Asked { flow: parse_id(&id)?, version, note, if_match: if_match(headers)? })
}

fn by<'a>(caller: &'a Caller<FlowWrite>, asked: &'a Asked) -> By<'a> {
    By { actor: &caller.client, note: asked.note.as_deref() }
}

fn flow(changed: Result<FlowView, ApiError>) -> Result<Tagged, ApiError> {
    changed.map(|view| tagged(&view))
}
