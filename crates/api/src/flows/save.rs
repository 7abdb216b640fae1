//! `POST /flows` and `PUT /flows/{flowId}`: a document makes a version and, unless it is to be a draft, publishes it.

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use waypost_catalogue::flows::Saving;
use waypost_flow::source::{self, Node};
use waypost_store::records::audit::By;

use super::view::{Tagged, tagged};
use super::{parse_id, refused};
use crate::auth::{Caller, FlowWrite};
use crate::body::FlowBody;
use crate::error::ApiError;
use crate::query::Query;
use crate::revision::if_match;
use crate::state::ApiState;

/// `POST /flows`
pub async fn create(
    State(state): State<ApiState>,
    caller: Caller<FlowWrite>,
    query: Query,
    FlowBody(document): FlowBody,
) -> Result<Tagged, ApiError> {
    let (saving, note) = how(query)?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let flow = state.app.catalogue.create_flow(by, document, saving).await.map_err(refused)?;
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
    let (saving, note) = how(query)?;
    let by = By { actor: &caller.client, note: note.as_deref() };
    let (id, revision) = (parse_id(&id)?, if_match(&headers)?);
    let flow = state.app.catalogue.update_flow(by, id, as_meant(document), revision, saving).await.map_err(refused)?;
    Ok(tagged(&flow))
}

/// The official Python SDK writes this where it does not know a flow's type, such as `email`: whoever fetched a flow with it and
/// sends the flow back did not mean to change the type.
const UNKNOWN_TO_SDK: &str = "outdated_sdk_version";

fn as_meant(document: Node) -> Node {
    match source::member(&document, "type") {
        Some(Node::String(text)) if text == UNKNOWN_TO_SDK => source::without(&document, &["type"]),
        _ => document,
    }
}

/// Reads the parameters of both: `draft`, and `note` for the flow's history.
fn how(mut query: Query) -> Result<(Saving, Option<String>), ApiError> {
    let draft = query.flag("draft");
    let note = query.text("note");
    query.ignore(&["language"]);
    query.finish()?;
    Ok((if draft { Saving::Draft } else { Saving::Publish }, note))
}
