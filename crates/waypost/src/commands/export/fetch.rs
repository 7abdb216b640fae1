//! Everything that a server has, asked for by its API.

use std::collections::HashMap;
use std::io::Write;

use waypost_client::flows::FlowFilter;
use waypost_ids::{FlowId, Term};
use waypost_project::clients::of_server;
use waypost_project::export::Bodies;
use waypost_wire::access::OAuthClientRequest;
use waypost_wire::text::PublishedText;

use crate::failure::Failure;
use crate::remote::{NO_TEXTS, Remote};
use crate::screen;

/// Asks for clients; none if the token may not know of them.
pub(super) fn clients(remote: &Remote) -> Result<Option<Vec<OAuthClientRequest>>, Failure> {
    match remote.all(remote.access().clients()) {
        Ok(clients) => Ok(Some(of_server(&clients))),
        Err(error) if error.status() == Some(403) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Asks for all of it but clients. What others change meanwhile may be in it or not.
pub(super) fn everything(remote: &Remote) -> Result<Bodies, Failure> {
    let mut bodies = without_rows(remote)?;
    for (table, rows) in &mut bodies.tables {
        *rows = remote.wait(remote.tables().export(table.id, None, false))?.to_vec();
    }
    Ok(bodies)
}

/// How published versions were written, as far as the server knows. What it can't give is said, and exported without comments.
pub(super) fn texts(remote: &Remote, bodies: &Bodies) -> Result<HashMap<FlowId, String>, Failure> {
    let found = match remote.all(remote.flows().texts()) {
        Ok(found) => found,
        // An older server takes the path for a flow's.
        Err(error) if error.is_not_offered() || error.status() == Some(404) => {
            writeln!(screen::stderr(), "note: {NO_TEXTS}; flows are exported without comments")?;
            return Ok(HashMap::new());
        }
        Err(error) => return Err(error.into()),
    };
    let mut texts = HashMap::new();
    for PublishedText { flow_id, text, errors, .. } in found {
        if let Some(problem) = errors.first() {
            let known = bodies.flows.iter().find(|(flow, _)| flow.id == flow_id);
            let name = known.map_or_else(|| flow_id.to_string(), |(flow, _)| flow.name.clone());
            writeln!(screen::stderr(), "note: flow {name} is exported without comments: {}", problem.message)?;
        }
        texts.extend(text.map(|text| (flow_id, text)));
    }
    Ok(texts)
}

/// The same, with tables as if they had no rows.
pub(super) fn without_rows(remote: &Remote) -> Result<Bodies, Failure> {
    let mut bodies = Bodies {
        queues: remote.all(remote.routing().queues())?,
        schedules: remote.all(remote.schedules().list())?,
        webhooks: remote.all(remote.webhooks().list())?,
        data_actions: remote.all(remote.data_actions().list())?,
        mailboxes: remote.all(remote.mailboxes().list())?,
        ..Bodies::default()
    };
    for flow in remote.all(remote.flows().list(&FlowFilter::default()))? {
        let content = match flow.published_version {
            Some(_) => Some(remote.wait(remote.flows().document(flow.id, "published"))?),
            None => None,
        };
        bodies.flows.push((flow, content));
    }
    for domain in remote.all(remote.routing().domains())? {
        let routes = remote.all(remote.routing().routes(&domain.id))?;
        bodies.domains.push((domain, routes));
    }
    bodies.tables.extend(remote.all(remote.tables().list())?.into_iter().map(|table| (table, Vec::new())));
    for term in Term::ALL {
        bodies.terms.extend(remote.all(remote.terms(term).list())?.into_iter().map(|one| (term, one)));
    }
    Ok(bodies)
}
