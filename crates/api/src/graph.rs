//! What flows use, and what uses flows and queues.

use std::borrow::Cow;

use axum::Json;
use axum::extract::{Path, State};
use axum::response::{IntoResponse, Response};
use uuid::Uuid;
use waypost_app::access::scopes::Scope;
use waypost_app::catalogue::usage::Used;
use waypost_app::catalogue::where_used::{self, Direction, Node, Vertex};
use waypost_flow::program::Selector;
use waypost_wire::graph::{Graph, GraphEdge, GraphNode};

use crate::auth::{Caller, FlowRead, RoutingRead};
use crate::error::ApiError;
use crate::openapi::Endpoints;
use crate::openapi::operation::operation;
use crate::query::Query;
use crate::state::ApiState;
use crate::{flows, queues};

/// The endpoints of this group.
pub fn endpoints() -> Endpoints {
    let described = |id, summary| {
        operation(id, Scope::FlowRead, summary)
            .flag("transitive", "All the way, not only the next step.")
            .answers::<Graph<'static>>()
    };
    Endpoints::default()
        .get("/flows/{flowId}/uses", uses, described("getFlowUses", "What a flow uses"))
        .get("/flows/{flowId}/usedby", used_by, described("getFlowUsedBy", "What uses a flow"))
        .get(
            "/routing/queues/{queueId}/usedby",
            queue_used_by,
            described("getRoutingQueueUsedBy", "What leads to a queue").also_needs(&[Scope::RoutingRead]),
        )
}

/// `GET /flows/{flowId}/uses`
pub async fn uses(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    answer(&state, &caller, Used::Flow(flows::parse_id(&id)?), Direction::Uses, query).await
}

/// `GET /flows/{flowId}/usedby`
pub async fn used_by(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    answer(&state, &caller, Used::Flow(flows::parse_id(&id)?), Direction::UsedBy, query).await
}

/// `GET /routing/queues/{queueId}/usedby`
pub async fn queue_used_by(
    State(state): State<ApiState>,
    caller: Caller<FlowRead>,
    _: Caller<RoutingRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Response, ApiError> {
    answer(&state, &caller, Used::Queue(queues::parse_id(&id)?), Direction::UsedBy, query).await
}

pub(crate) async fn answer<S>(
    state: &ApiState,
    caller: &Caller<S>,
    start: Used,
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
    let lacks = |vertex: Vertex| Some(scope(vertex)).filter(|scope| !caller.may(*scope));
    let mut withheld: Vec<Scope> = graph.nodes.iter().filter_map(|node| lacks(node.vertex())).collect();
    withheld.dedup();
    let told = graph.nodes.iter().filter(|node| lacks(node.vertex()).is_none());
    let nodes = told.map(|node| {
        let flow = if let Node::Flow(flow) = node { Some(flow) } else { None };
        GraphNode {
            id: id(node.vertex()),
            kind: kind(node.vertex()).into(),
            name: node.name().into(),
            flow_type: flow.map(|flow| flow.type_as_written.as_str().into()),
            version: flow.and_then(|flow| flow.published),
            deprecated: flow.and_then(|flow| flow.deprecated.as_deref()).map(Into::into),
        }
    });
    let told = graph.edges.iter().filter(|edge| lacks(edge.from).or(lacks(edge.to)).is_none());
    let edges = told.map(|edge| GraphEdge {
        from: id(edge.from),
        to: id(edge.to),
        kind: edge.kind.into(),
        version: edge.version,
        path: Some(&*edge.path).filter(|path| !path.is_empty()).map(Into::into),
        selector: edge.selector.as_ref().map(selector),
    });
    let withheld = withheld.into_iter().map(|scope| scope.as_str().into()).collect();
    Graph { nodes: nodes.collect(), edges: edges.collect(), withheld }
}

/// The scope that lets a client read it.
fn scope(vertex: Vertex) -> Scope {
    match vertex {
        Vertex::Flow(_) => Scope::FlowRead,
        Vertex::Route(_) | Vertex::Queue(_) | Vertex::AnyQueue | Vertex::Table(_) | Vertex::Schedule(_) => {
            Scope::RoutingRead
        }
    }
}

fn selector(selector: &Selector) -> Cow<'_, str> {
    match selector {
        Selector::Published => "published".into(),
        Selector::Version(version) => version.to_string().into(),
        Selector::Label(label) => (&**label).into(),
    }
}

fn kind(vertex: Vertex) -> &'static str {
    match vertex {
        Vertex::Route(_) => "route",
        Vertex::Flow(_) => "flow",
        Vertex::Queue(_) | Vertex::AnyQueue => "queue",
        Vertex::Table(_) => "table",
        Vertex::Schedule(_) => "schedule",
    }
}

fn id(vertex: Vertex) -> Uuid {
    match vertex {
        Vertex::Route(id) => id,
        Vertex::Flow(id) => id.0,
        Vertex::Queue(id) => id.0,
        Vertex::AnyQueue => Uuid::nil(),
        Vertex::Table(id) => id.0,
        Vertex::Schedule(id) => id.0,
    }
}
