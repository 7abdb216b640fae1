//! What flows and queues use, and what uses them.

use std::borrow::Cow;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use waypost_app::access::scopes::Scope;
use waypost_catalogue::where_used::{self, Direction};
use waypost_flow::program::Selector;
use waypost_ids::{Kind, Ref};
use waypost_wire::graph::{Graph, GraphEdge, GraphNode};

use crate::auth::{Caller, FlowRead, RoutingRead};
use crate::error::ApiError;
use crate::openapi::Endpoints;
use crate::openapi::operation::{Operation, operation};
use crate::query::Query;
use crate::state::ApiState;
use crate::{flows, queues};

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let of_flow = |id, summary| described(id, Scope::FlowRead, summary);
    let of_queue = |id, summary| of_flow(id, summary).also_needs(&[Scope::RoutingRead]);
    Endpoints::default()
        .get("/flows/{flowId}/uses", uses, of_flow("getFlowUses", "What a flow uses"))
        .get("/flows/{flowId}/usedby", used_by, of_flow("getFlowUsedBy", "What uses a flow"))
        .get("/routing/queues/{queueId}/uses", queue_uses, of_queue("getRoutingQueueUses", "What a queue uses"))
        .get(
            "/routing/queues/{queueId}/usedby",
            queue_used_by,
            of_queue("getRoutingQueueUsedBy", "What leads to a queue"),
        )
}

/// The description of an endpoint that answers a graph.
pub(crate) fn described(id: &'static str, scope: Scope, summary: &'static str) -> Operation {
    operation(id, scope, summary)
        .flag("transitive", "Include indirect uses, not only direct ones.")
        .answers::<Graph<'static>>()
}

/// `GET /flows/{flowId}/uses`
pub async fn uses(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    answer(&state, &caller, &flows::parse_id(&id)?.into(), Direction::Uses, query).await
}

/// `GET /flows/{flowId}/usedby`
pub async fn used_by(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    answer(&state, &caller, &flows::parse_id(&id)?.into(), Direction::UsedBy, query).await
}

/// `GET /routing/queues/{queueId}/uses`
pub async fn queue_uses(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    _: Caller<RoutingRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    answer(&state, &caller, &queues::parse_id(&id)?.into(), Direction::Uses, query).await
}

/// `GET /routing/queues/{queueId}/usedby`
pub async fn queue_used_by(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    _: Caller<RoutingRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    answer(&state, &caller, &queues::parse_id(&id)?.into(), Direction::UsedBy, query).await
}

pub(crate) async fn answer<S>(
    state: &ApiState,
    caller: &Caller<S>,
    start: &Ref,
    direction: Direction,
    mut query: Query,
) -> Result<Response, ApiError> {
    let transitive = query.flag("transitive");
    query.finish()?;
    let graph = state.app.catalogue.graph(start, direction, transitive).await?;
    Ok(Json(view(&graph, caller)).into_response())
}

/// What the caller may read of a graph; what was left out is said.
fn view<'g, S>(graph: &'g where_used::Graph, caller: &Caller<S>) -> Graph<'g> {
    let lacks = |object: &Ref| Some(scope(object.kind)).filter(|scope| !caller.may(*scope));
    let mut withheld: Vec<Scope> = graph.nodes.iter().filter_map(|node| lacks(&node.object)).collect();
    withheld.dedup();
    let told = graph.nodes.iter().filter(|node| lacks(&node.object).is_none());
    let nodes = told.map(|node| {
        let flow = node.flow.as_ref();
        GraphNode {
            id: node.object.uuid(),
            kind: node.object.kind.as_str().into(),
            name: node.name.as_str().into(),
            flow_type: flow.map(|flow| flow.type_as_written.as_str().into()),
            version: flow.and_then(|flow| flow.published),
            deprecated: flow.and_then(|flow| flow.deprecated.as_deref()).map(Into::into),
        }
    });
    let told = graph.edges.iter().filter(|edge| lacks(&edge.from).or(lacks(&edge.to)).is_none());
    let edges = told.map(|edge| GraphEdge {
        from: edge.from.uuid(),
        to: edge.to.uuid(),
        kind: edge.kind.into(),
        version: edge.version,
        path: Some(&*edge.path).filter(|path| !path.is_empty()).map(Into::into),
        selector: edge.selector.as_ref().map(selector),
    });
    let withheld = withheld.into_iter().map(|scope| scope.as_str().into()).collect();
    Graph { nodes: nodes.collect(), edges: edges.collect(), withheld }
}

/// The scope that lets a client read objects of a kind.
pub(crate) fn scope(kind: Kind) -> Scope {
    match kind {
        Kind::Flow => Scope::FlowRead,
        _ => Scope::RoutingRead,
    }
}

pub(crate) fn selector(selector: &Selector) -> Cow<'_, str> {
    match selector {
        Selector::Published => "published".into(),
        Selector::Version(version) => version.to_string().into(),
        Selector::Label(label) => (&**label).into(),
    }
}
