//! `waypost apply`: a folder of flows, queues and routes onto a server. What is there already is left as it is.

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use serde_json::{Value as Json, json};
use waypost_app::folder::{Folder, RouteLine};
use waypost_flow::document::{self, Document};
use waypost_wire::listing::Page;
use waypost_wire::reference::Reference;
use waypost_wire::routing::{Domain, Queue, Route};

use crate::failure::Failure;
use crate::files;
use crate::remote::{CallError, Remote, Server};

/// Arguments of `apply`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: Server,
    /// Folders or files of flows and routing
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

/// Exit code 0: everything is there; 1: the folder has errors, nothing was sent; 2: the server refused or did not answer.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let sources = files::sources(&arguments.paths)?;
    // Only what can be said without the server: flows and queues that stand there already are its business.
    let mut folder = Folder::read(&sources);
    if folder.has_errors() {
        files::print_problems(&mut io::stderr().lock(), &sources, &folder, io::stderr().is_terminal())?;
        return Err(Failure::Found);
    }
    let remote = arguments.server.connect()?;
    let mut out = io::stdout().lock();
    queues(&remote, &folder, &mut out)?;
    let flows = flows(&remote, &mut folder, &mut out)?;
    routes(&remote, &folder, &flows, &mut out)
}

fn queues(remote: &Remote, folder: &Folder, out: &mut impl Write) -> Result<(), Failure> {
    let known = all::<Queue>(remote, "/routing/queues")?;
    let known: BTreeSet<String> = known.iter().map(|queue| document::fold_name(&queue.name)).collect();
    for name in &folder.queues {
        if known.contains(&document::fold_name(name)) {
            writeln!(out, "queue {name}: unchanged")?;
        } else {
            remote.post::<Queue>("/routing/queues", &json!({ "name": name }))?;
            writeln!(out, "queue {name}: created")?;
        }
    }
    Ok(())
}

/// Sends flows, called ones before their callers; answers ids of flows of type email by folded name.
fn flows(remote: &Remote, folder: &mut Folder, out: &mut impl Write) -> Result<BTreeMap<String, String>, Failure> {
    let mut known: BTreeMap<(String, bool), (String, u64)> = BTreeMap::new();
    for flow in all::<Json>(remote, "/flows")? {
        let text = |member: &str| flow.get(member).and_then(Json::as_str).unwrap_or_default();
        let key = (document::fold_name(text("name")), document::is_shared_type(text("type")));
        known.insert(key, (text("id").to_owned(), flow.get("version").and_then(Json::as_u64).unwrap_or_default()));
    }
    for position in callees_first(folder) {
        let Some((_, document, _)) = folder.flows.get(position) else { continue };
        let key = (document::fold_name(&document.name), document.is_shared());
        let body: Json = serde_json::to_value(document).map_err(|error| Failure::Failed(error.to_string()))?;
        let before = known.get(&key).cloned();
        let answer: Result<Json, CallError> = match &before {
            Some((id, _)) => remote.put(&format!("/flows/{id}"), &body),
            None => remote.post("/flows", &body),
        };
        let flow = answer.map_err(|error| match Failure::from(error) {
            Failure::Failed(message) => Failure::Failed(format!("flow {}: {message}", document.name)),
            other => other,
        })?;
        let version = flow.get("version").and_then(Json::as_u64).unwrap_or_default();
        let id = flow.get("id").and_then(Json::as_str).unwrap_or_default().to_owned();
        let what = match &before {
            None => format!("created, version {version}"),
            Some((_, old)) if *old == version => "unchanged".to_owned(),
            Some(_) => format!("version {version} published"),
        };
        writeln!(out, "flow {}: {what}", document.name)?;
        known.insert(key, (id, version));
    }
    Ok(known.into_iter().filter(|((_, shared), _)| !shared).map(|((name, _), (id, _))| (name, id)).collect())
}

/// Positions of the folder's flows, so that what is called comes before its callers.
fn callees_first(folder: &Folder) -> Vec<usize> {
    fn visit(position: usize, flows: &[&Document], done: &mut Vec<bool>, order: &mut Vec<usize>) {
        if done.get(position).copied().unwrap_or(true) {
            return;
        }
        if let Some(mark) = done.get_mut(position) {
            *mark = true;
        }
        let called = flows.get(position).into_iter().flat_map(|flow| flow.flow_references());
        for name in called.filter_map(|reference| reference.flow.as_deref().map(document::fold_name)) {
            for (other, flow) in flows.iter().enumerate() {
                if document::fold_name(&flow.name) == name {
                    visit(other, flows, done, order);
                }
            }
        }
        order.push(position);
    }
    let flows: Vec<&Document> = folder.flows.iter().map(|(_, document, _)| document).collect();
    let mut done = vec![false; flows.len()];
    let mut order = Vec::with_capacity(flows.len());
    for position in 0..flows.len() {
        visit(position, &flows, &mut done, &mut order);
    }
    order
}

fn routes(
    remote: &Remote,
    folder: &Folder,
    flows: &BTreeMap<String, String>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let queues: BTreeMap<String, String> = all::<Queue>(remote, "/routing/queues")?
        .into_iter()
        .map(|queue| (document::fold_name(&queue.name), queue.id.to_string()))
        .collect();
    let domains: BTreeSet<String> =
        all::<Domain>(remote, "/routing/email/domains")?.into_iter().map(|domain| domain.id).collect();
    let mut made = BTreeSet::new();
    for line in &folder.routes {
        let Some((pattern, domain)) = line.parts() else {
            return Err(Failure::Failed(format!("route {}: an address is pattern@domain", line.address)));
        };
        if !domains.contains(&domain) && made.insert(domain.clone()) {
            remote.post::<Domain>("/routing/email/domains", &json!({ "id": domain }))?;
            writeln!(out, "domain {domain}: created")?;
        }
        let body = route_body(line, &pattern, flows, &queues)?;
        let base = format!("/routing/email/domains/{domain}/routes");
        let before = all::<Route>(remote, &base)?.into_iter().find(|route| route.pattern == pattern);
        match before {
            None => {
                remote.post::<Route>(&base, &body)?;
                writeln!(out, "route {}: created", line.address)?;
            }
            Some(route) if says_the_same(&route, &body) => writeln!(out, "route {}: unchanged", line.address)?,
            Some(route) => {
                remote.put::<Route>(&format!("{base}/{}", route.id), &body)?;
                writeln!(out, "route {}: changed", line.address)?;
            }
        }
    }
    Ok(())
}

fn route_body(
    line: &RouteLine,
    pattern: &str,
    flows: &BTreeMap<String, String>,
    queues: &BTreeMap<String, String>,
) -> Result<Json, Failure> {
    let look_up = |kind: &str, name: &str, known: &BTreeMap<String, String>| {
        let id = known.get(&document::fold_name(name));
        id.map(|id| json!({ "id": id })).ok_or_else(|| {
            Failure::Failed(format!(
                "route {}: there is no {kind} `{name}`, neither in the folder nor on the server",
                line.address
            ))
        })
    };
    let mut body = serde_json::Map::new();
    body.insert("pattern".to_owned(), pattern.into());
    body.insert("priority".to_owned(), line.priority.into());
    if let Some(flow) = &line.flow {
        body.insert("flow".to_owned(), look_up("flow", flow, flows)?);
    }
    if let Some(queue) = &line.queue {
        body.insert("queue".to_owned(), look_up("queue", queue, queues)?);
    }
    if let Some(queue) = &line.unrouted_queue {
        body.insert("unroutedQueue".to_owned(), look_up("queue", queue, queues)?);
    }
    Ok(body.into())
}

fn says_the_same(route: &Route, body: &Json) -> bool {
    let same = |mine: &Option<Reference>, member: &str| {
        let wanted = body.get(member).and_then(|reference| reference.get("id")).and_then(Json::as_str);
        mine.as_ref().map(|reference| reference.id.as_str()) == wanted
    };
    same(&route.flow, "flow")
        && same(&route.queue, "queue")
        && same(&route.unrouted_queue, "unroutedQueue")
        && body.get("priority").and_then(Json::as_i64) == Some(route.priority)
}

/// Every page of a list.
fn all<T: serde::de::DeserializeOwned>(remote: &Remote, path: &str) -> Result<Vec<T>, Failure> {
    let mut entities = Vec::new();
    for page in 1u32.. {
        let listing: Page<T> = remote.get(&format!("{path}?pageSize=100&pageNumber={page}"))?;
        let last = listing.entities.is_empty() || u64::from(page) >= listing.page_count;
        entities.extend(listing.entities);
        if last {
            break;
        }
    }
    Ok(entities)
}
