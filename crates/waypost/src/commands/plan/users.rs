//! Who is affected: what uses an object on the server, directly or not.

use std::collections::HashSet;

use uuid::Uuid;
use waypost_ids::{FlowId, Kind};
use waypost_project::plan::PlannedUser;
use waypost_wire::graph::Graph;

use crate::failure::Failure;
use crate::remote::Remote;

/// What uses an object, and what may.
#[derive(Default)]
pub(super) struct Users {
    pub(super) surely: Vec<PlannedUser>,
    pub(super) perhaps: Vec<PlannedUser>,
}

/// Callers of a flow, and routes that lead to it.
pub(super) fn of_flow(remote: &Remote, id: FlowId) -> Result<Users, Failure> {
    Ok(users(&remote.wait(remote.flows().used_by(id, true))?))
}

/// What uses an object of another kind; nothing for kinds that nothing uses.
pub(super) fn of_object(remote: &Remote, kind: Kind, id: &str) -> Result<Users, Failure> {
    fn read<T: std::str::FromStr>(id: &str) -> Result<T, Failure> {
        id.parse().map_err(|_| Failure::Failed(format!("the server's object `{id}` has no id")))
    }
    let graph = match kind {
        Kind::Queue => remote.wait(remote.routing().queue_used_by(read(id)?, true))?,
        Kind::Table => remote.wait(remote.tables().used_by(read(id)?, true))?,
        Kind::Schedule => remote.wait(remote.schedules().used_by(read(id)?, true))?,
        Kind::Webhook => remote.wait(remote.webhooks().used_by(read(id)?, true))?,
        Kind::DataAction => remote.wait(remote.data_actions().used_by(read(id)?, true))?,
        Kind::Term(term) => remote.wait(remote.terms(term).used_by(read(id)?, true))?,
        Kind::Flow | Kind::Route | Kind::Domain | Kind::Mailbox | Kind::Secret => return Ok(Users::default()),
    };
    Ok(users(&graph))
}

/// The graph's nodes but the first, which was asked about. Another one stands for whichever queue is decided for at run time: what leads
/// to the first through that one alone may use it.
fn users(graph: &Graph<'_>) -> Users {
    let mut surely: HashSet<Uuid> = graph.nodes.first().map(|node| node.id).into_iter().collect();
    let mut count = 0;
    while surely.len() > count {
        count = surely.len();
        let users = graph.edges.iter().filter(|edge| !edge.to.is_nil() && surely.contains(&edge.to));
        let more: Vec<Uuid> = users.map(|edge| edge.from).collect();
        surely.extend(more);
    }
    let mut found = Users::default();
    for node in graph.nodes.iter().skip(1).filter(|node| !node.id.is_nil()) {
        let user = PlannedUser { kind: node.kind.to_string(), name: node.name.to_string() };
        if surely.contains(&node.id) { found.surely.push(user) } else { found.perhaps.push(user) }
    }
    for users in [&mut found.surely, &mut found.perhaps] {
        users.sort();
        users.dedup();
    }
    found
}
