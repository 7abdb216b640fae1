//! What an object uses, and what uses it: nodes and edges, directly or all the way.

use std::collections::HashSet;
use std::sync::Arc;

use waypost_flow::document::fold_name;
use waypost_flow::program::Selector;
use waypost_ids::{DataActionId, FlowId, Kind, QueueId, Ref, Version};
use waypost_store::records::catalogue::{DeliverTo, FlowRecord, QueueRecord, RouteRecord, RouteTarget};
use waypost_store::records::mailboxes::{MailboxAuth, MailboxRecord};

use crate::LiveCatalogue;
use crate::data_actions::KnownDataAction;
use crate::error::{ChangeError, User};
use crate::object::{Object, not_found};
use crate::usage::{self, Use};
use crate::versions::VersionName;
use crate::world::{VersionKey, World};

/// Something in the graph.
#[derive(Clone, Debug)]
pub struct Node {
    /// Which; [`Ref::any`] stands for whichever a flow decides for at run time.
    pub object: Ref,
    /// Its name, or a route's address pattern.
    pub name: String,
    /// More of a flow.
    pub flow: Option<Arc<FlowRecord>>,
}

impl Node {
    pub(crate) fn order(&self) -> (bool, Kind, &str, &Ref) {
        (self.object.is_any(), self.object.kind, &self.name, &self.object)
    }
}

/// One use.
#[derive(Clone, Debug)]
pub struct Edge {
    /// What uses.
    pub from: Ref,
    /// The version of the flow that uses.
    pub version: Option<Version>,
    /// Where in it, such as `nodes[0].actions[1]`; empty for routes.
    pub path: Arc<str>,
    /// What is used.
    pub to: Ref,
    /// How: an action's type, `end`, `route`, `unrouted` for the queue of a route's unrouted mail, or `deliverTo`.
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
    pub async fn graph(&self, start: &Ref, direction: Direction, transitive: bool) -> Result<Graph, ChangeError> {
        let world = self.world();
        if start.is_any() || node(&world, start).is_none() {
            return Err(match start.flow() {
                Some(flow) => self.absent(flow).await?,
                None => not_found(start.kind.as_str(), start),
            });
        }
        Ok(walk(&world, start, direction, transitive))
    }
}

impl LiveCatalogue {
    /// What uses something, directly; with a version of a flow, what follows that one now.
    ///
    /// # Errors
    /// Not found, deleted, or the store.
    pub async fn direct_users(&self, used: &Ref, version: Option<Version>) -> Result<Vec<Node>, ChangeError> {
        let Graph { nodes, edges } = self.graph(used, Direction::UsedBy, false).await?;
        let mut nodes = nodes.into_iter().filter(|node| !node.object.is_any());
        if let (Some(Some(flow)), Some(version)) = (nodes.next().map(|node| node.flow), version) {
            let following = edges.iter().filter(|edge| follows(&flow, edge.selector.as_ref(), version));
            let following: HashSet<&Ref> = following.map(|edge| &edge.from).collect();
            return Ok(nodes.filter(|node| following.contains(&node.object)).collect());
        }
        Ok(nodes.collect())
    }

    /// What one version of a flow uses, whether it runs or not: each thing once.
    ///
    /// # Errors
    /// Not found, or the store.
    pub async fn used_by_version(&self, id: FlowId, name: &VersionName) -> Result<Vec<Node>, ChangeError> {
        let loaded = self.named_version(id, name).await?;
        let world = self.world();
        let used = usage::uses(&loaded.document, &world, &loaded.record.bindings);
        let mut seen = HashSet::new();
        let used = used.iter().filter_map(|one| world.as_declared(&one.target)).filter(|object| !object.is_any());
        let mut nodes: Vec<Node> =
            used.filter(|object| seen.insert(object.clone())).filter_map(|object| node(&world, &object)).collect();
        nodes.sort_unstable_by(|a, b| a.order().cmp(&b.order()));
        Ok(nodes)
    }
}

impl LiveCatalogue {
    /// Where a route leads, its queue for unrouted mail included.
    #[must_use]
    pub fn led_to(&self, route: &RouteRecord) -> Vec<Node> {
        let world = self.world();
        let leads = led_to(route).map(|(to, _)| to);
        let mut seen = HashSet::new();
        leads.filter(|to| seen.insert(to.clone())).filter_map(|to| node(&world, &to)).collect()
    }
}

/// What a route leads to, and how: its target, then the queue of its unrouted mail.
pub(crate) fn led_to(route: &RouteRecord) -> impl Iterator<Item = (Ref, &'static str)> + use<> {
    let leads = match route.target {
        RouteTarget::Flow(flow) => flow.into(),
        RouteTarget::Queue(queue) => queue.into(),
    };
    let unrouted = route.unrouted_queue.map(|queue| (queue.into(), "unrouted"));
    [Some((leads, "route")), unrouted].into_iter().flatten()
}

/// What a mailbox uses: the route that its mail goes by, and secrets.
pub(crate) fn used_by_mailbox(mailbox: &MailboxRecord) -> impl Iterator<Item = (Ref, &'static str)> + use<> {
    let settings = &mailbox.settings;
    let submission = settings.submission.as_ref().and_then(|submission| submission.auth.as_ref());
    let secrets = [Some(&settings.auth), submission].into_iter().flatten().flat_map(|auth| match auth {
        MailboxAuth::Secret(secret) => [Some(*secret), None],
        MailboxAuth::Oauth(oauth) => [oauth.secret, oauth.refresh_token],
    });
    let secrets: Vec<(Ref, &'static str)> = secrets.flatten().map(|secret| (secret.into(), "secret")).collect();
    let route = (Ref::new(Kind::Route, settings.route), "mailbox");
    std::iter::once(route).chain(secrets)
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

fn walk(world: &World, start: &Ref, direction: Direction, transitive: bool) -> Graph {
    let mut seen = HashSet::from([start.clone()]);
    let mut order = vec![start.clone()];
    let mut edges = Vec::new();
    let mut next = 0;
    while let Some(object) = order.get(next).cloned() {
        if next > 0 && !transitive {
            break;
        }
        next += 1;
        if next > 1 && object.is_any() {
            continue;
        }
        let found = match direction {
            Direction::Uses => uses(world, &object),
            Direction::UsedBy => users(world, &object),
        };
        for edge in found {
            let other = if direction == Direction::Uses { &edge.to } else { &edge.from };
            // Flows that decide at run time may use any queue: they are told as users of each, with what they are known to use.
            for object in [Some(other), Some(&edge.to).filter(|to| to.is_any())].into_iter().flatten() {
                if seen.insert(object.clone()) {
                    order.push(object.clone());
                }
            }
            edges.push(edge);
        }
    }
    let mut nodes: Vec<Node> = order.iter().filter_map(|object| node(world, object)).collect();
    // Neighbours in the order of their names: a list that is read by people should not change from day to day.
    if let Some(rest) = nodes.get_mut(1..) {
        rest.sort_unstable_by(|a, b| a.order().cmp(&b.order()));
    }
    Graph { nodes, edges }
}

/// What an object uses; routes and mailboxes aside.
pub(crate) fn uses(world: &World, object: &Ref) -> Vec<Edge> {
    if object.kind == Kind::Queue && !object.is_any() {
        let queue = world.queues.get(&QueueId(object.uuid()));
        return queue.and_then(|queue| delivery(queue.record())).into_iter().collect();
    }
    let Some(flow) = object.flow() else {
        let action = Some(object).filter(|object| object.kind == Kind::DataAction);
        let known = action.and_then(|object| world.data_actions.get(&DataActionId(object.uuid())));
        return known.into_iter().flat_map(|action| credentials(world, action)).collect();
    };
    let versions = world.loaded_versions(flow);
    versions
        .into_iter()
        .flat_map(|key| world.usage.of(key).iter().filter_map(move |place| edge(world, key, place)))
        .collect()
}

fn users(world: &World, object: &Ref) -> Vec<Edge> {
    let any = Ref::any(object.kind);
    let mut edges = uses_of(world, &world.as_written(object));
    if *object != any {
        edges.extend(uses_of(world, &any));
    }
    if object.kind == Kind::Secret {
        let all = world.data_actions.values().flat_map(|action| credentials(world, action));
        edges.extend(all.filter(|edge| edge.to == *object));
    }
    for route in world.routes.values() {
        edges.extend(led_to(route).filter(|(to, _)| to == object).map(|(to, kind)| Edge {
            from: Ref::new(Kind::Route, route.id),
            version: None,
            path: Arc::from(""),
            to,
            kind,
            selector: None,
        }));
    }
    if matches!(object.kind, Kind::Webhook | Kind::Mailbox) {
        edges.extend(
            world.queues.values().filter_map(|queue| delivery(queue.record())).filter(|edge| edge.to == *object),
        );
    }
    for mailbox in world.mailboxes.values() {
        edges.extend(used_by_mailbox(mailbox).filter(|(to, _)| to == object).map(|(to, kind)| Edge {
            from: mailbox.id.into(),
            version: None,
            path: Arc::from(""),
            to,
            kind,
            selector: None,
        }));
    }
    edges
}

/// Secrets that a data action shows to its server.
fn credentials<'w>(world: &'w World, action: &'w KnownDataAction) -> impl Iterator<Item = Edge> + use<'w> {
    action.secrets(world).map(|secret| Edge {
        from: action.record.id.into(),
        version: None,
        path: Arc::from("config.request.headers"),
        to: secret.id.into(),
        kind: "credential",
        selector: None,
    })
}

/// How a queue uses the webhook or the mailbox that it delivers to.
fn delivery(queue: &QueueRecord) -> Option<Edge> {
    Some(Edge {
        from: queue.id.into(),
        version: None,
        path: Arc::from(QueueRecord::DELIVER_TO),
        to: delivers_to(queue)?,
        kind: QueueRecord::DELIVER_TO,
        selector: None,
    })
}

fn delivers_to(queue: &QueueRecord) -> Option<Ref> {
    match queue.deliver_to()? {
        DeliverTo::Webhook { webhook } => Some(webhook.into()),
        DeliverTo::Folder { mailbox, .. } => Some(mailbox.into()),
        DeliverTo::Addresses { .. } => None,
    }
}

fn uses_of(world: &World, used: &Ref) -> Vec<Edge> {
    let places = |key| world.usage.places(key, used).filter_map(move |place| edge(world, key, place));
    world.usage.users(used).flat_map(places).collect()
}

/// A place that names something; none if nobody declared it.
fn edge(world: &World, (flow, version): VersionKey, place: &Use) -> Option<Edge> {
    Some(Edge {
        from: flow.into(),
        version: Some(version),
        path: place.path.clone(),
        to: world.as_declared(&place.target)?,
        kind: place.action,
        selector: place.selector.clone(),
    })
}

/// An object of the world, if it is there.
#[must_use]
pub fn node(world: &World, object: &Ref) -> Option<Node> {
    let flow = object.flow().and_then(|id| world.flows.get(&id)).cloned();
    let name = match (&flow, world.shelf(object.kind)) {
        _ if object.is_any() => "decided at run time".to_owned(),
        (Some(flow), _) => flow.name.clone(),
        (None, Some(shelf)) => shelf.name(object)?,
        (None, None) => return None,
    };
    Some(Node { object: object.clone(), name, flow })
}

/// Everything that uses an object by its id, or writes a term: running versions of other flows, routes, mailboxes, and queues that deliver to it.
pub(crate) fn users_of(world: &World, object: &Ref) -> Vec<User> {
    let mut users = Vec::new();
    for key in world.usage.users(object).filter(|key| Some(key.0) != object.flow()) {
        let Some(record) = world.flows.get(&key.0) else { continue };
        users.extend(world.usage.places(key, object).map(|place| User {
            kind: "flow",
            id: key.0.to_string(),
            name: record.name.clone(),
            path: place.path.to_string(),
        }));
    }
    let is_in = |route: &RouteRecord| Ref::domain(&route.domain) == *object;
    let routes = world
        .routes
        .values()
        .filter(|route| led_to(route).any(|(to, _)| to == *object) || (object.kind == Kind::Domain && is_in(route)));
    users.extend(routes.map(|route| User {
        kind: "route",
        id: route.id.to_string(),
        name: RouteRecord::name(route),
        path: String::new(),
    }));
    let pushing = world.queues.values().filter(|queue| delivers_to(queue).is_some_and(|to| to == *object));
    users.extend(pushing.map(|queue| User {
        kind: "queue",
        id: queue.id.to_string(),
        name: queue.name.clone(),
        path: QueueRecord::DELIVER_TO.to_owned(),
    }));
    let mailboxes = world.mailboxes.values();
    let mailboxes = mailboxes.filter(|mailbox| used_by_mailbox(mailbox).any(|(used, _)| used == *object));
    users.extend(mailboxes.map(|mailbox| User {
        kind: "mailbox",
        id: mailbox.id.to_string(),
        name: mailbox.name.clone(),
        path: String::new(),
    }));
    users.sort_by(|a, b| (a.kind, &a.name, &a.path).cmp(&(b.kind, &b.name, &b.path)));
    users.dedup();
    users
}

/// Data actions that show a secret of this name, folded. They know secrets by name alone, so this also tells who misses one that is gone.
pub(crate) fn showing_secret(world: &World, folded: &str) -> Vec<User> {
    let shows = |action: &KnownDataAction| action.credentials().any(|name| fold_name(name) == folded);
    let showing = world.data_actions.values().filter(|action| shows(action));
    showing
        .map(|action| User {
            kind: "dataAction",
            id: action.record.id.to_string(),
            name: action.record.name.clone(),
            path: "config.request.headers".to_owned(),
        })
        .collect()
}

/// Flows and everything that follows them, whatever the version: those whose runs a change of them may change.
#[must_use]
pub fn followers(world: &World, flows: &[FlowId]) -> HashSet<FlowId> {
    let mut seen: HashSet<FlowId> = flows.iter().copied().collect();
    let mut order: Vec<FlowId> = flows.to_vec();
    while let Some(flow) = order.pop() {
        let callers = world.usage.users(&flow.into()).map(|(caller, _)| caller);
        order.extend(callers.filter(|caller| seen.insert(*caller)));
    }
    seen
}
