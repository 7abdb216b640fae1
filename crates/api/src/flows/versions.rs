//! `/flows/{flowId}/versions`: reading versions, saving a draft, publishing one.

use axum::Json;
use axum::extract::{Path, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use waypost_catalogue::flows::Saving;
use waypost_catalogue::versions::VersionName;
use waypost_ids::{FlowId, Version};
use waypost_store::records::audit::By;
use waypost_wire::flow::FlowVersion;
use waypost_wire::listing::Page;

use super::view::{Tagged, tagged, version};
use super::{parse_id, refused, version_name};
use crate::auth::{Caller, FlowRead, FlowWrite};
use crate::body::{FlowBody, ObjectBody};
use crate::error::{ApiError, not_found_code};
use crate::paging::{ListUri, Paging};
use crate::query::Query;
use crate::revision::if_match;
use crate::state::ApiState;

/// `GET /flows/{flowId}/versions`, newest first
pub async fn list(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    Path(id): Path<String>,
    mut query: Query,
    uri: ListUri,
) -> Result<Json<Page<FlowVersion>>, ApiError> {
    let paging = Paging::read(&mut query);
    query.flag("deleted");
    query.finish()?;
    let id = parse_id(&id)?;
    let (versions, total) =
        state.app.catalogue.flow_versions(id, paging.offset(), paging.size).await.map_err(refused)?;
    Ok(Json(paging.page(versions.iter().map(version).collect(), total, &uri)))
}

/// `GET /flows/{flowId}/versions/{versionId}`
pub async fn get(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    Path(path): Path<(String, String)>,
    mut query: Query,
) -> Result<Json<FlowVersion>, ApiError> {
    query.flag("deleted");
    query.finish()?;
    let (id, number) = parse(&state, &path).await?;
    Ok(Json(version(&state.app.catalogue.flow_version(id, number).await.map_err(refused)?)))
}

/// `GET /flows/{flowId}/versions/{versionId}/configuration`: the document, with names as they are now
pub async fn configuration(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    Path(path): Path<(String, String)>,
    mut query: Query,
) -> Result<([(HeaderName, HeaderValue); 1], String), ApiError> {
    query.flag("deleted");
    query.finish()?;
    let (id, number) = parse(&state, &path).await?;
    let record = state.app.catalogue.flow_version(id, number).await.map_err(refused)?;
    let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(([json], state.app.catalogue.read_back(&record)))
}

/// `GET /flows/{flowId}/latestconfiguration`: the newest version's document, published or not
pub async fn latest(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    Path(id): Path<String>,
    mut query: Query,
) -> Result<([(HeaderName, HeaderValue); 1], String), ApiError> {
    query.flag("deleted");
    query.finish()?;
    let id = parse_id(&id)?;
    let record = match state.app.catalogue.flow_versions(id, 0, 1).await.map_err(refused)?.0.pop() {
        Some(record) => record,
        None => return Err(ApiError::not_found("flow.no.config.available", format!("flow `{id}` has no content yet"))),
    };
    let json = (header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    Ok(([json], state.app.catalogue.read_back(&record)))
}

/// `POST /flows/{flowId}/versions`: saves a draft; nothing that runs changes
pub async fn draft(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    Path(id): Path<String>,
    mut query: Query,
    headers: HeaderMap,
    FlowBody(document): FlowBody,
) -> Result<Json<FlowVersion>, ApiError> {
    let note = query.text("note");
    query.finish()?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let (id, revision) = (parse_id(&id)?, if_match(&headers)?);
    let flow = state.app.catalogue.update_flow(by, id, document, revision, Saving::Draft).await.map_err(refused)?;
    Ok(Json(version(&state.app.catalogue.flow_version(id, flow.record.newest).await.map_err(refused)?)))
}

/// `POST /flows/{flowId}/versions/{versionId}/publish`
pub async fn publish(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    Path(path): Path<(String, String)>,
    query: Query,
    headers: HeaderMap,
    ObjectBody(mut body): ObjectBody,
) -> Result<Tagged, ApiError> {
    query.finish()?;
    let note = body.text("note");
    body.finish(&["note"])?;
    let revision = if_match(&headers)?;
    let (id, number) = parse(&state, &path).await?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let flow = state.app.catalogue.publish_version(by, id, Some(number), revision.as_ref()).await.map_err(refused)?;
    Ok(tagged(&flow))
}

/// A version by its number, or by what it is called now: `published`, `newest`, a label.
pub(super) async fn parse(state: &ApiState, (flow, named): &(String, String)) -> Result<(FlowId, Version), ApiError> {
    let id = parse_id(flow)?;
    match version_name(named) {
        Some(VersionName::Number(number)) => Ok((id, number)),
        Some(name) => Ok((id, state.app.catalogue.named_version(id, &name).await.map_err(refused)?.record.version)),
        None => Err(ApiError::not_found(not_found_code("flow version"), format!("version `{named}` was not found"))),
    }
}
