//! What flows use, and what uses flows and queues.

use axum::Json;
use axum::extract::{Path, State};
use uuid::Uuid;
use waypost_app::catalogue::usage::Used;
use waypost_app::catalogue::where_used::{self, Direction, Vertex};
use waypost_wire::graph::{Graph, GraphEdge, GraphNode};

use crate::auth::{Caller, FlowRead};
use crate::error::ApiError;
use crate::query::Query;
use crate::state::ApiState;
use crate::{flows, queues};

/// `GET /flows/{flowId}/uses`
pub async fn uses(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Graph>, ApiError> {
    answer(&state, Used::Flow(flows::parse_id(&id)?), Direction::Uses, query).await
}

/// `GET /flows/{flowId}/usedby`
pub async fn used_by(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Graph>, ApiError> {
    answer(&state, Used::Flow(flows::parse_id(&id)?), Direction::UsedBy, query).await
}

/// `GET /routing/queues/{queueId}/usedby`
pub async fn queue_used_by(
    State(state): State<ApiState>,
    _: Caller<FlowRead>,
    Path(id): Path<String>,
    query: Query,
) -> Result<Json<Graph>, ApiError> {
    answer(&state, Used::Queue(queues::parse_id(&id)?), Direction::UsedBy, query).await
}

async fn answer(
    state: &ApiState,
    start: Used,
    direction: Direction,
    mut query: Query,
) -> Result<Json<Graph>, ApiError> {
    let transitive = query.flag("transitive");
    query.finish()?;
    Ok(Json(view(state.app.catalogue.graph(start, direction, transitive).await?)))
}

fn view(graph: where_used::Graph) -> Graph {
    let nodes = graph.nodes.into_iter().map(|node| GraphNode {
        id: id(node.vertex),
        kind: kind(node.vertex).into(),
        name: node.name,
        flow_type: node.flow_type,
        version: node.version,
        deprecated: node.deprecated,
    });
    let edges = graph.edges.into_iter().map(|edge| GraphEdge {
        from: id(edge.from),
        to: id(edge.to),
        kind: edge.kind.into(),
        version: edge.version,
        path: Some(edge.path).filter(|path| !path.is_empty()),
        selector: edge.selector,
    });
    Graph { nodes: nodes.collect(), edges: edges.collect() }
}

fn kind(vertex: Vertex) -> &'static str {
    match vertex {
        Vertex::Route(_) => "route",
        Vertex::Flow(_) => "flow",
        Vertex::Queue(_) => "queue",
    }
}

fn id(vertex: Vertex) -> Uuid {
    match vertex {
        Vertex::Route(id) => id,
        Vertex::Flow(id) => id.0,
        Vertex::Queue(id) => id.0,
    }
}
