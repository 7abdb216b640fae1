//! Everything and who uses whom.

use std::collections::HashSet;
use std::sync::Arc;

use waypost_ids::{Kind, Ref};

use crate::where_used::{Edge, Graph, Node, led_to, node, used_by_mailbox, uses};
use crate::world::World;

/// All objects and their uses, in an order that does not change by itself.
#[must_use]
pub fn whole(world: &World) -> Graph {
    let objects: Vec<Ref> = Kind::ALL.into_iter().flat_map(|kind| world.objects(kind)).collect();
    let mut edges: Vec<Edge> = objects.iter().flat_map(|object| uses(world, object)).collect();
    for route in world.routes.values() {
        let domain = (Ref::domain(&route.domain), "domain");
        let from = Ref::new(Kind::Route, route.id);
        edges.extend(led_to(route).chain([domain]).map(|(to, kind)| plain(&from, to, kind)));
    }
    for mailbox in world.mailboxes.values() {
        let from = mailbox.id.into();
        edges.extend(used_by_mailbox(mailbox).map(|(to, kind)| plain(&from, to, kind)));
    }
    let mut known: HashSet<Ref> = objects.iter().cloned().collect();
    // What is decided for at run time is there once, if anything decides so. What is named and not there has no node.
    let decided: Vec<Ref> = edges.iter().map(|edge| &edge.to).filter(|to| to.is_any()).cloned().collect();
    let decided: Vec<Ref> = decided.into_iter().filter(|object| known.insert(object.clone())).collect();
    let mut nodes: Vec<Node> = objects.iter().chain(&decided).filter_map(|object| node(world, object)).collect();
    nodes.sort_unstable_by(|a, b| a.order().cmp(&b.order()));
    edges.retain(|edge| known.contains(&edge.from) && known.contains(&edge.to));
    edges.sort_unstable_by(|a, b| (&a.from, &a.path, &a.to, a.kind).cmp(&(&b.from, &b.path, &b.to, b.kind)));
    Graph { nodes, edges }
}

fn plain(from: &Ref, to: Ref, kind: &'static str) -> Edge {
    Edge { from: from.clone(), version: None, path: Arc::from(""), to, kind, selector: None }
}
