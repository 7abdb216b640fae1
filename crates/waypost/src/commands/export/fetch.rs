//! Everything that a server has, asked for by its API.

use std::collections::HashMap;

use serde_json::Value as Json;
use waypost_client::flows::FlowFilter;
use waypost_ids::{FlowId, Term};
use waypost_project::clients::of_server;
use waypost_project::export::Bodies;
use waypost_wire::access::OAuthClientRequest;
use waypost_wire::flow::Flow;
use waypost_wire::text::PublishedText;

use crate::failure::Failure;
use crate::remote::{NO_TEXTS, Remote};

/// Asks for clients; none if the token may not know of them.
pub(super) fn clients(remote: &Remote) -> Result<Option<Vec<OAuthClientRequest>>, Failure> {
    match remote.all(remote.access().clients()) {
        Ok(clients) => Ok(Some(of_server(&clients))),
        Err(error) if error.status() == Some(403) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Asks for all of it but clients. What others change meanwhile may be in it or not.
pub(super) fn everything(remote: &Remote, notes: &mut Vec<String>) -> Result<Bodies, Failure> {
    let mut bodies = without_rows(remote, notes)?;
    for (table, rows) in &mut bodies.tables {
        *rows = remote.wait(remote.tables().export(table.id, None, false))?.to_vec();
    }
    Ok(bodies)
}

/// What published versions say, by their flows, and how they were written, as far as the server knows.
#[derive(Default)]
struct Published {
    documents: HashMap<FlowId, Json>,
    texts: HashMap<FlowId, String>,
}

/// Asks for what flows say, many at a time. What the server can't give is noted, and exported without comments.
fn published(remote: &Remote, flows: &[Flow], notes: &mut Vec<String>) -> Result<Published, Failure> {
    let found = match remote.all(remote.flows().published()) {
        // An older server has only the texts.
        Err(error) if error.status() == Some(400) => remote.all(remote.flows().texts()),
        found => found,
    };
    let found = match found {
        Ok(found) => found,
        // A still older one takes the path for a flow's.
        Err(error) if error.is_not_offered() || error.status() == Some(404) => {
            notes.push(format!("{NO_TEXTS}; flows are exported without comments"));
            return Ok(Published::default());
        }
        Err(error) => return Err(error.into()),
    };
    let mut published = Published::default();
    for PublishedText { flow_id, document, text, errors, .. } in found {
        if let Some(problem) = errors.first() {
            let known = flows.iter().find(|flow| flow.id == flow_id);
            let name = known.map_or_else(|| flow_id.to_string(), |flow| flow.name.clone());
            notes.push(format!("flow {name} is exported without comments: {}", problem.message));
        }
        published.documents.extend(document.map(|document| (flow_id, document)));
        published.texts.extend(text.map(|text| (flow_id, text)));
    }
    Ok(published)
}

/// What a flow said when it was published last; none if it never was.
pub(super) fn published_last(remote: &Remote, flow: FlowId) -> Result<Option<Json>, Failure> {
    let versions = remote.all(remote.flows().versions(flow))?;
    let last = versions.into_iter().filter(|one| one.date_published.is_some()).max_by_key(|one| one.date_published);
    last.map(|last| Ok(remote.wait(remote.flows().document(flow, &last.name))?)).transpose()
}

/// The same, with tables as if they had no rows.
pub(super) fn without_rows(remote: &Remote, notes: &mut Vec<String>) -> Result<Bodies, Failure> {
    let mut bodies = Bodies {
        queues: remote.all(remote.routing().queues())?,
        schedules: remote.all(remote.schedules().list())?,
        webhooks: remote.all(remote.webhooks().list())?,
        data_actions: remote.all(remote.data_actions().list())?,
        mailboxes: remote.all(remote.mailboxes().list())?,
        ..Bodies::default()
    };
    let flows = remote.all(remote.flows().list(&FlowFilter::default()))?;
    let Published { mut documents, texts } = published(remote, &flows, notes)?;
    bodies.texts = texts;
    for flow in flows {
        let content = match (&flow.published_version, documents.remove(&flow.id)) {
            (None, _) => None,
            (Some(_), Some(document)) => Some(document),
            // An older server lists no documents, and others publish meanwhile.
            (Some(_), None) => Some(remote.wait(remote.flows().document(flow.id, "published"))?),
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
