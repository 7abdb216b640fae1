//! What a flow uses, and what uses a flow, a queue, a table or a schedule: nodes and edges, directly or all the way.

use std::collections::HashSet;
use std::sync::Arc;

use uuid::Uuid;
use waypost_flow::check::Resolved;
use waypost_flow::program::Selector;
use waypost_ids::{FlowId, QueueId, ScheduleId, TableId, Version};
use waypost_store::records::catalogue::{FlowRecord, QueueRecord, RouteRecord, RouteTarget};

use super::LiveCatalogue;
use super::schedules::KnownSchedule;
use super::shape::Table;
use super::usage::{Target, Used};
use super::versions::VersionName;
use super::world::World;
use crate::error::AppError;

/// Something in the graph.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Vertex {
    /// A route.
    Route(Uuid),
    /// A flow.
    Flow(FlowId),
    /// A queue.
    Queue(QueueId),
    /// Whichever queue a flow decides for at run time.
    AnyQueue,
    /// A data table.
    Table(TableId),
    /// A schedule.
    Schedule(ScheduleId),
}

/// A vertex with what is known of it.
#[derive(Clone, Debug)]
pub enum Node {
    /// A flow.
    Flow(Arc<FlowRecord>),
    /// A queue.
    Queue(Arc<QueueRecord>),
    /// A data table.
    Table(Arc<Table>),
    /// A schedule.
    Schedule(Arc<KnownSchedule>),
    /// A route, with its address pattern.
    Route(Uuid, String),
    /// Whichever queue a flow decides for at run time.
    AnyQueue,
}

impl Node {
    /// Which.
    #[must_use]
    pub fn vertex(&self) -> Vertex {
        match self {
            Self::Flow(flow) => Vertex::Flow(flow.id),
            Self::Queue(queue) => Vertex::Queue(queue.id),
            Self::Table(table) => Vertex::Table(table.record.id),
            Self::Schedule(schedule) => Vertex::Schedule(schedule.record.id),
            Self::Route(id, _) => Vertex::Route(*id),
            Self::AnyQueue => Vertex::AnyQueue,
        }
    }

    /// Its name, or a route's address pattern.
    #[must_use]
    pub fn name(&self) -> &str {
        match self {
            Self::Flow(flow) => &flow.name,
            Self::Queue(queue) => &queue.name,
            Self::Table(table) => &table.record.name,
            Self::Schedule(schedule) => &schedule.record.name,
            Self::Route(_, address) => address,
            Self::AnyQueue => "decided at run time",
        }
    }

    fn order(&self) -> (u8, &str, Vertex) {
        let kind = match self {
            Self::Route(..) => 0,
            Self::Flow(_) => 1,
            Self::Queue(_) => 2,
            Self::AnyQueue => 5,
            Self::Table(_) => 3,
            Self::Schedule(_) => 4,
        };
        (kind, self.name(), self.vertex())
    }
}

/// One use.
#[derive(Clone, Debug)]
pub struct Edge {
    /// What uses.
    pub from: Vertex,
    /// The version of the flow that uses.
    pub version: Option<Version>,
    /// Where in it, such as `nodes[0].actions[1]`; empty for routes.
    pub path: Arc<str>,
    /// What is used.
    pub to: Vertex,
    /// How: an action's type, `end`, `route`, or `unrouted` for the queue of a route's unrouted mail.
    pub kind: &'static str,
    /// Which version of a flow: `published`, a number, or a label.
    pub selector: Option<Selector>,
}

/// Nodes and edges.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    /// What was asked about stands first.
    pub nodes: Vec<Node>,
    /// Uses, from whatever uses.
    pub edges: Vec<Edge>,
}

/// Which way to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Direction {
    /// What it uses.
    Uses,
    /// What uses it.
    UsedBy,
}

impl LiveCatalogue {
    /// What something uses or is used by.
    ///
    /// # Errors
    /// Not found, deleted, or the store.
    pub async fn graph(&self, start: Used, direction: Direction, transitive: bool) -> Result<Graph, AppError> {
        let world = self.world();
        let vertex = match start {
            Used::Flow(id) if world.flows.contains_key(&id) => Vertex::Flow(id),
            Used::Flow(id) => return Err(self.absent(id).await?),
            Used::Queue(id) if world.queues.contains_key(&id) => Vertex::Queue(id),
            Used::Queue(id) => return Err(AppError::NotFound { kind: "queue", id: id.to_string() }),
            Used::AnyQueue => Vertex::AnyQueue,
            Used::Table(id) if world.tables.contains_key(&id) => Vertex::Table(id),
            Used::Table(id) => return Err(AppError::NotFound { kind: "table", id: id.to_string() }),
            Used::Schedule(id) if world.schedules.contains_key(&id) => Vertex::Schedule(id),
            Used::Schedule(id) => return Err(AppError::NotFound { kind: "schedule", id: id.to_string() }),
        };
        Ok(walk(&world, vertex, direction, transitive))
    }
}

impl LiveCatalogue {
    /// What uses something, directly; with a version of a flow, what follows that one now.
    ///
    /// # Errors
    /// Not found, deleted, or the store.
    pub async fn direct_users(&self, used: Used, version: Option<Version>) -> Result<Vec<Node>, AppError> {
        let Graph { nodes, edges } = self.graph(used, Direction::UsedBy, false).await?;
        let mut nodes = nodes.into_iter().filter(|node| !matches!(node, Node::AnyQueue));
        if let (Some(Node::Flow(flow)), Some(version)) = (nodes.next(), version) {
            let following = edges.iter().filter(|edge| follows(&flow, edge.selector.as_ref(), version));
            let following: HashSet<Vertex> = following.map(|edge| edge.from).collect();
            return Ok(nodes.filter(|node| following.contains(&node.vertex())).collect());
        }
        Ok(nodes.collect())
    }

    /// What one version of a flow uses, whether it runs or not: each thing once.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn used_by_version(&self, id: FlowId, name: &VersionName) -> Result<Vec<Node>, AppError> {
        let loaded = self.named_version(id, name).await?;
        let world = self.world();
        let checked = {
            let world = world.clone();
            self.desk.work(move |wanted| world.check_known(&loaded, wanted)).await?
        };
        let mut seen = HashSet::new();
        let vertices = checked.references.iter().map(|reference| match &reference.target {
            Resolved::Flow(flow, _) => Vertex::Flow(*flow),
            Resolved::Queue(queue) => Vertex::Queue(queue.id),
            Resolved::Table(table) => Vertex::Table(table.id),
            Resolved::Schedule(schedule) => Vertex::Schedule(schedule.id),
        });
        let mut nodes: Vec<Node> =
            vertices.filter(|vertex| seen.insert(*vertex)).filter_map(|vertex| node(&world, vertex)).collect();
        nodes.sort_unstable_by(|a, b| a.order().cmp(&b.order()));
        Ok(nodes)
    }
}

impl LiveCatalogue {
    /// Where a route leads, its queue for unrouted mail included.
    #[must_use]
    pub fn led_to(&self, route: &RouteRecord) -> Vec<Node> {
        let world = self.world();
        let leads = match route.target {
            RouteTarget::Flow(flow) => Vertex::Flow(flow),
            RouteTarget::Queue(queue) => Vertex::Queue(queue),
        };
        let unrouted = route.unrouted_queue.map(Vertex::Queue).filter(|queue| *queue != leads);
        [Some(leads), unrouted].into_iter().flatten().filter_map(|vertex| node(&world, vertex)).collect()
    }
}

/// Whether one who names a flow in this way follows that version. Routes follow what is published.
fn follows(flow: &FlowRecord, selector: Option<&Selector>, version: Version) -> bool {
    match selector {
        None | Some(Selector::Published) => flow.published == Some(version),
        Some(Selector::Version(pinned)) => *pinned == version,
        Some(Selector::Label(label)) => {
            flow.labels.get(&**label).is_some_and(|targets| targets.iter().any(|target| target.version == version))
        }
    }
}

fn walk(world: &World, start: Vertex, direction: Direction, transitive: bool) -> Graph {
    let mut seen = HashSet::from([start]);
    let mut order = vec![start];
    let mut edges = Vec::new();
    let mut next = 0;
    while let Some(vertex) = order.get(next).copied() {
        if next > 0 && !transitive {
            break;
        }
        next += 1;
        if next > 1 && vertex == Vertex::AnyQueue {
            continue;
        }
        let found = match direction {
            Direction::Uses => uses(world, vertex),
            Direction::UsedBy => users(world, vertex),
        };
        for edge in found {
            let other = if direction == Direction::Uses { edge.to } else { edge.from };
            if seen.insert(other) {
                order.push(other);
            }
            // Flows that decide at run time may use any queue: they are told as users of each, with what they are known to use.
            if edge.to == Vertex::AnyQueue && seen.insert(edge.to) {
                order.push(edge.to);
            }
            edges.push(edge);
        }
    }
    let mut nodes: Vec<Node> = order.into_iter().filter_map(|vertex| node(world, vertex)).collect();
    // Neighbours in the order of their names: a list that is read by people should not change from day to day.
    if let Some(rest) = nodes.get_mut(1..) {
        rest.sort_unstable_by(|a, b| a.order().cmp(&b.order()));
    }
    Graph { nodes, edges }
}

fn uses(world: &World, vertex: Vertex) -> Vec<Edge> {
    let Vertex::Flow(flow) = vertex else { return Vec::new() };
    let versions = world.loaded_versions(flow);
    versions.into_iter().flat_map(|key| world.usage.of(key).iter().map(move |place| edge(key, place))).collect()
}

fn users(world: &World, vertex: Vertex) -> Vec<Edge> {
    let used = match vertex {
        Vertex::Flow(flow) => Used::Flow(flow),
        Vertex::Queue(queue) => Used::Queue(queue),
        Vertex::AnyQueue => Used::AnyQueue,
        Vertex::Table(table) => Used::Table(table),
        Vertex::Schedule(schedule) => Used::Schedule(schedule),
        Vertex::Route(_) => return Vec::new(),
    };
    let flows = uses_of(world, used)
        .chain(matches!(used, Used::Queue(_)).then(|| uses_of(world, Used::AnyQueue)).into_iter().flatten());
    let routes = world.routes.values().flat_map(|route| {
        let leads = match route.target {
            RouteTarget::Flow(flow) => Vertex::Flow(flow),
            RouteTarget::Queue(queue) => Vertex::Queue(queue),
        };
        let unrouted = route.unrouted_queue.map(|queue| (Vertex::Queue(queue), "unrouted"));
        [Some((leads, "route")), unrouted].into_iter().flatten().filter(move |(to, _)| *to == vertex).map(
            move |(to, kind)| Edge {
                from: Vertex::Route(route.id),
                version: None,
                path: Arc::from(""),
                to,
                kind,
                selector: None,
            },
        )
    });
    flows.chain(routes).collect()
}

fn uses_of(world: &World, used: Used) -> impl Iterator<Item = Edge> + '_ {
    world.usage.users(used).flat_map(move |key| world.usage.places(key, used).map(move |place| edge(key, place)))
}

fn edge((flow, version): (FlowId, Version), place: &super::usage::Use) -> Edge {
    let (to, selector) = match &place.target {
        Target::Flow(callee, selector) => (Vertex::Flow(*callee), Some(selector.clone())),
        Target::Queue(queue) => (Vertex::Queue(*queue), None),
        Target::AnyQueue => (Vertex::AnyQueue, None),
        Target::Table(table) => (Vertex::Table(*table), None),
        Target::Schedule(schedule) => (Vertex::Schedule(*schedule), None),
    };
    Edge {
        from: Vertex::Flow(flow),
        version: Some(version),
        path: place.path.clone(),
        to,
        kind: place.action,
        selector,
    }
}

fn node(world: &World, vertex: Vertex) -> Option<Node> {
    match vertex {
        Vertex::Flow(id) => world.flows.get(&id).cloned().map(Node::Flow),
        Vertex::Queue(id) => world.queues.get(&id).cloned().map(Node::Queue),
        Vertex::AnyQueue => Some(Node::AnyQueue),
        Vertex::Table(id) => world.tables.get(&id).cloned().map(Node::Table),
        Vertex::Schedule(id) => world.schedules.get(&id).cloned().map(Node::Schedule),
        Vertex::Route(id) => {
            let route = world.routes.get(&id)?;
            Some(Node::Route(id, format!("{}@{}", route.pattern, route.domain)))
        }
    }
}

/// Flows and everything that follows them, whatever the version: those whose runs a change of them may change.
#[must_use]
pub fn followers(world: &World, flows: &[FlowId]) -> HashSet<FlowId> {
    let mut seen: HashSet<FlowId> = flows.iter().copied().collect();
    let mut order: Vec<FlowId> = flows.to_vec();
    while let Some(flow) = order.pop() {
        let callers = world.usage.users(Used::Flow(flow)).map(|(caller, _)| caller);
        order.extend(callers.filter(|caller| seen.insert(*caller)));
    }
    seen
}
