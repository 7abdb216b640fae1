//! `waypost apply`: a folder of flows, tables, schedules, queues, terms and routes onto a server: tables and schedules first, for flows
//! name them, then flows, queues and terms as one change set. What is there already is left as it is.

mod schedules;
mod tables;

use std::collections::{BTreeMap, BTreeSet};
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use waypost_app::folder::{FileProblem, Folder, RouteLine, SourceFile};
use waypost_client::Error;
use waypost_client::flows::FlowFilter;
use waypost_flow::diagnostic::{Code, Diagnostic};
use waypost_flow::document;
use waypost_ids::Term;
use waypost_wire::Object;
use waypost_wire::change::{ChangeSet, ChangeSetDone, ChangeSetFlow, ChangeSetObject};
use waypost_wire::reference::Reference;
use waypost_wire::replay::ReplayRequest;
use waypost_wire::routing::{Route, RouteRequest};

use crate::commands::replay;
use crate::failure::Failure;
use crate::files;
use crate::remote::{Remote, Server};
use crate::screen;

pub(crate) use tables::replaced;

/// Arguments of `apply`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: Server,
    /// Folders or files of flows and routing
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Say what would be done to the flows, and what would break, without doing it
    #[arg(long)]
    dry_run: bool,
    /// Why, for the flows' histories
    #[arg(long)]
    note: Option<String>,
    /// Before the flows are changed, replay the newest so many recorded mails that they concern, and say which decisions would differ.
    /// Tables and schedules are applied first: the flows name them
    #[arg(long, value_name = "N")]
    replay: Option<u64>,
    /// With --replay: change nothing if more decisions than this would differ
    #[arg(long, value_name = "M", requires = "replay")]
    max_changed: Option<u64>,
}

/// Exit code 0: everything is there; 1: the folder has errors, or the server refused it and no flow was changed; 2: the server did
/// not answer.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let sources = files::sources(&arguments.paths)?;
    // Only what can be said without the server: flows and queues that stand there already are its business.
    let mut folder = Folder::read(&sources);
    let rows = folder.rows(|file, name| files::beside(&sources, file, name));
    if folder.has_errors() {
        files::print_problems(&mut io::stderr().lock(), &sources, &folder, io::stderr().is_terminal())?;
        return Err(Failure::Found);
    }
    let remote = arguments.server.connect()?;
    let mut out = screen::stdout();
    tables::apply(&remote, arguments, &folder, &rows, &mut out)?;
    schedules::apply(&remote, arguments, &folder, &mut out)?;
    let flows = flows(&remote, arguments, &sources, &mut folder, &mut out)?;
    if arguments.dry_run {
        return Ok(());
    }
    routes(&remote, &folder, &flows, &mut out)
}

/// Makes the folder's queues and terms and publishes its flows as one change set: all of it, or none. Answers ids of flows of type email by
/// folded name.
fn flows(
    remote: &Remote,
    arguments: &Arguments,
    sources: &[SourceFile],
    folder: &mut Folder,
    out: &mut impl Write,
) -> Result<BTreeMap<String, String>, Failure> {
    if !(folder.flows.is_empty() && folder.queues.is_empty() && folder.terms.is_empty()) {
        let flows = folder
            .flows
            .iter()
            .map(|(_, _, tree)| ChangeSetFlow { document: Some(tree.to_json()), ..ChangeSetFlow::default() });
        let set = ChangeSet {
            flows: flows.collect(),
            queues: folder.queues.clone(),
            objects: folder.terms.iter().map(|(term, name)| declared(*term, name)).collect(),
            dry_run: arguments.dry_run,
            note: arguments.note.clone(),
            ..ChangeSet::default()
        };
        if let Some(count) = arguments.replay.filter(|_| !set.flows.is_empty()) {
            replayed(remote, arguments, &set, count, out)?;
        }
        match remote.wait(remote.flows().change(&set)) {
            Ok(done) => said(&done, out)?,
            Err(error) => return Err(refused(error, sources, folder)?),
        }
    }
    let mut known = BTreeMap::new();
    for flow in remote.all(remote.flows().list(&FlowFilter::default()))? {
        if !document::is_shared_type(&flow.flow_type) {
            known.insert(document::fold_name(&flow.name), flow.id.to_string());
        }
    }
    Ok(known)
}

fn declared(term: Term, name: &str) -> ChangeSetObject {
    let put = Object::from_iter([("name".to_owned(), name.into())]);
    ChangeSetObject { kind: term.as_str().to_owned(), put: Some(put), ..ChangeSetObject::default() }
}

/// Replays recorded mail through the flows as they would be; fails if too many decisions would be others.
fn replayed(
    remote: &Remote,
    arguments: &Arguments,
    set: &ChangeSet,
    count: u64,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let request = ReplayRequest {
        flows: set.flows.clone(),
        queues: set.queues.clone(),
        count: Some(count),
        ..ReplayRequest::default()
    };
    let replay = replay::watch(remote, &request)?;
    replay::print(out, &replay)?;
    replay::judge(&replay, arguments.max_changed)
}

fn said(done: &ChangeSetDone, out: &mut impl Write) -> Result<(), Failure> {
    let would = if done.dry_run { "would be " } else { "" };
    for queue in &done.queues {
        match queue.outcome.as_str() {
            "created" => writeln!(out, "queue {}: {would}created", queue.name)?,
            _ => writeln!(out, "queue {}: unchanged", queue.name)?,
        }
    }
    for object in &done.objects {
        let would = if object.outcome == "unchanged" { "" } else { would };
        writeln!(out, "{} {}: {would}{}", object.kind, object.name, object.outcome)?;
    }
    for flow in &done.flows {
        let version = flow.version.map(|version| format!("version {version}")).unwrap_or_default();
        match flow.outcome.as_str() {
            "created" => writeln!(out, "flow {}: {would}created, {version}", flow.name)?,
            "published" => writeln!(out, "flow {}: {version} {would}published", flow.name)?,
            "described" => writeln!(out, "flow {}: {would}described anew", flow.name)?,
            _ => writeln!(out, "flow {}: unchanged", flow.name)?,
        }
    }
    Ok(())
}

/// What the server found in the folder's flows is shown in their files; everything else as it says it.
fn refused(error: Error, sources: &[SourceFile], folder: &mut Folder) -> Result<Failure, Failure> {
    let Error::Refused { body, retry_after } = error else { return Ok(error.into()) };
    if body.code != "changeset.invalid" {
        return Ok(Error::Refused { body, retry_after }.into());
    }
    let mut elsewhere = body.clone();
    elsewhere.errors.clear();
    for problem in body.errors {
        let place = problem.path.as_deref().and_then(in_set);
        let code = Code::ALL.iter().find(|code| code.as_str() == problem.code);
        match (place.and_then(|(index, path)| Some((folder.flows.get(index)?.0, path))), code) {
            (Some((file, path)), Some(code)) => {
                let diagnostic = Diagnostic {
                    range: problem.range.map(|range| range.start..range.end),
                    expected: problem.expected,
                    found: problem.found,
                    suggestion: problem.suggestion,
                    ..Diagnostic::error(*code, path, problem.message)
                };
                folder.problems.push(FileProblem { file, diagnostic });
            }
            _ => elsewhere.errors.push(problem),
        }
    }
    if !elsewhere.errors.is_empty() {
        return Ok(Error::Refused { body: elsewhere, retry_after }.into());
    }
    files::print_problems(&mut io::stderr().lock(), sources, folder, io::stderr().is_terminal())?;
    Ok(Failure::Found)
}

/// The member of a change set, and the path in its document: of `flows[1].document.nodes[0].id` 1 and `nodes[0].id`.
fn in_set(path: &str) -> Option<(usize, String)> {
    let (index, rest) = path.strip_prefix("flows[")?.split_once(']')?;
    Some((index.parse().ok()?, rest.strip_prefix(".document")?.trim_start_matches('.').to_owned()))
}

fn routes(
    remote: &Remote,
    folder: &Folder,
    flows: &BTreeMap<String, String>,
    out: &mut impl Write,
) -> Result<(), Failure> {
    let queues: BTreeMap<String, String> = remote
        .all(remote.routing().queues())?
        .into_iter()
        .map(|queue| (document::fold_name(&queue.name), queue.id.to_string()))
        .collect();
    let domains: BTreeSet<String> =
        remote.all(remote.routing().domains())?.into_iter().map(|domain| domain.id).collect();
    let mut made = BTreeSet::new();
    for line in &folder.routes {
        let Some((pattern, domain)) = line.parts() else {
            return Err(Failure::Failed(format!("route {}: an address is pattern@domain", line.address)));
        };
        if !domains.contains(&domain) && made.insert(domain.clone()) {
            remote.wait(remote.routing().create_domain(&domain))?;
            writeln!(out, "domain {domain}: created")?;
        }
        let body = route_body(line, &pattern, flows, &queues)?;
        let before = remote.all(remote.routing().routes(&domain))?.into_iter().find(|route| route.pattern == pattern);
        match before {
            None => {
                remote.wait(remote.routing().create_route(&domain, &body))?;
                writeln!(out, "route {}: created", line.address)?;
            }
            Some(route) if says_the_same(&route, &body) => writeln!(out, "route {}: unchanged", line.address)?,
            Some(route) => {
                remote.wait(remote.routing().update_route(&domain, route.id, &body))?;
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
) -> Result<RouteRequest, Failure> {
    let look_up = |kind: &str, name: &Option<String>, known: &BTreeMap<String, String>| {
        let Some(name) = name else { return Ok(None) };
        let id = known.get(&document::fold_name(name));
        let reference = |id: &String| Reference { id: id.clone(), ..Reference::default() };
        id.map(|id| Some(reference(id))).ok_or_else(|| {
            Failure::Failed(format!(
                "route {}: there is no {kind} `{name}`, neither in the folder nor on the server",
                line.address
            ))
        })
    };
    Ok(RouteRequest {
        pattern: pattern.to_owned(),
        flow: look_up("flow", &line.flow, flows)?,
        queue: look_up("queue", &line.queue, queues)?,
        unrouted_queue: look_up("queue", &line.unrouted_queue, queues)?,
        priority: line.priority,
        extra: Object::new(),
    })
}

fn says_the_same(route: &Route, wanted: &RouteRequest) -> bool {
    let same = |mine: &Option<Reference>, theirs: &Option<Reference>| {
        mine.as_ref().map(|reference| &reference.id) == theirs.as_ref().map(|reference| &reference.id)
    };
    same(&route.flow, &wanted.flow)
        && same(&route.queue, &wanted.queue)
        && same(&route.unrouted_queue, &wanted.unrouted_queue)
        && route.priority == wanted.priority
}
