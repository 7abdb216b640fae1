//! Who is affected: what uses an object on the server, directly or not.

use waypost_ids::{FlowId, Kind};
use waypost_project::plan::PlannedUser;
use waypost_wire::graph::Graph;

use crate::failure::Failure;
use crate::remote::Remote;

/// Callers of a flow, and routes that lead to it.
pub(super) fn of_flow(remote: &Remote, id: FlowId) -> Result<Vec<PlannedUser>, Failure> {
    Ok(users(&remote.wait(remote.flows().used_by(id, true))?))
}

/// What uses an object of another kind; nothing for kinds that nothing uses.
pub(super) fn of_object(remote: &Remote, kind: Kind, id: &str) -> Result<Vec<PlannedUser>, Failure> {
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
        Kind::Flow | Kind::Route | Kind::Domain | Kind::Mailbox | Kind::Secret => return Ok(Vec::new()),
    };
    Ok(users(&graph))
}

/// The graph's nodes but the first, which was asked about.
fn users(graph: &Graph<'_>) -> Vec<PlannedUser> {
    let nodes = graph.nodes.iter().skip(1);
    let mut users: Vec<PlannedUser> =
        nodes.map(|node| PlannedUser { kind: node.kind.to_string(), name: node.name.to_string() }).collect();
    users.sort();
    users.dedup();
    users
}
