//! `/map`: everything and who uses whom, in one answer.

use std::borrow::Cow;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse, Response};
use waypost_app::access::scopes::Scope;
use waypost_catalogue::map::whole;
use waypost_ids::Ref;
use waypost_wire::map::{Map, MapEdge, MapNode};

use crate::auth::Anyone;
use crate::error::ApiError;
use crate::graph::{scope, selector};
use crate::openapi::Endpoints;
use crate::openapi::operation::with_any_token;
use crate::query::Query;
use crate::state::ApiState;

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    Endpoints::default().get(
        "/map",
        map,
        with_any_token("getMap", "List all objects and what uses what, as far as the token may read")
            .answers::<Map<'static>>(),
    )
}

/// `GET /map`
async fn map(State(state): State<ApiState>, Anyone(caller): Anyone, query: Query) -> Result<Response, ApiError> {
    query.finish()?;
    let graph = whole(&state.app.catalogue.world());
    let lacks = |object: &Ref| !caller.scopes.allow(scope(object.kind));
    let withheld = [Scope::FlowRead, Scope::RoutingRead].into_iter().filter(|scope| !caller.scopes.allow(*scope));
    let nodes = graph.nodes.iter().filter(|node| !lacks(&node.object)).map(|node| {
        let (flow, any) = (node.flow.as_ref(), node.object.is_any());
        MapNode {
            key: key(&node.object),
            kind: node.object.kind.as_str().into(),
            id: (!any).then(|| node.object.to_string()),
            name: node.name.as_str().into(),
            flow_type: flow.map(|flow| flow.type_as_written.as_str().into()),
            version: flow.and_then(|flow| flow.published),
            draft: flow.is_some_and(|flow| flow.newest > 0 && flow.published != Some(flow.newest)),
            deprecated: flow.and_then(|flow| flow.deprecated.as_deref()).map(Into::into),
            any,
        }
    });
    let edges = graph.edges.iter().filter(|edge| !lacks(&edge.from) && !lacks(&edge.to)).map(|edge| MapEdge {
        from: key(&edge.from),
        to: key(&edge.to),
        kind: edge.kind.into(),
        version: edge.version,
        path: Some(&*edge.path).filter(|path| !path.is_empty()).map(Into::into),
        selector: edge.selector.as_ref().map(selector),
    });
    let withheld = withheld.map(|scope| Cow::from(scope.as_str())).collect();
    Ok(Json(Map { nodes: nodes.collect(), edges: edges.collect(), withheld }).into_response())
}

/// What names a node: unlike identifiers, no two have the same.
fn key(object: &Ref) -> String {
    if object.is_any() { format!("{}:any", object.kind) } else { format!("{}:{object}", object.kind) }
}
