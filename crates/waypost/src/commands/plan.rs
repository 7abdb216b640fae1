//! `waypost plan`: what applying a folder would change on a server, and what it would break.

mod blocked;
mod print;
mod saved;
mod users;
mod witness;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;

use futures_util::StreamExt;
use serde_json::json;
use waypost_client::Error;
use waypost_client::flows::FlowFilter;
use waypost_flow::diff::{Change, Difference};
use waypost_flow::document;
use waypost_ids::Kind;
use waypost_project::clients::PlannedClient;
use waypost_project::difference::{self, ObjectDifference, RowsDifference};
use waypost_project::plan::{Base, Plan, PlannedObject, PlannedOfOther, SavedPlan, explicit};
use waypost_project::{Project, SourceFile};
use waypost_wire::change::{ChangeSet, ChangeSetDone, FlowDifference};
use waypost_wire::replay::ReplayRequest;
use waypost_wire::table::RowCounts;

use crate::commands::apply::{differences, planned as planned_clients, refused, shown};
use crate::commands::{export, replay};
use crate::failure::Failure;
use crate::files;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::Output;

pub(crate) use blocked::blocked;
pub(crate) use saved::carry_out;
use users::Users;

/// Arguments of `plan`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: Server,
    /// Folders or files of flows and objects
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Save the plan to this file, for `waypost apply --plan`
    #[arg(long, value_name = "FILE")]
    out: Option<PathBuf>,
    /// Replay the N most recent affected mails, and show which decisions would change
    #[arg(long, value_name = "N")]
    replay: Option<u64>,
    /// Search, for each flow that changes, for a mail that the new version would decide differently
    #[arg(long)]
    witness: bool,
    /// How long to search for each flow, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..), requires = "witness")]
    seconds: u64,
    /// Also delete what this project applied before and no longer has
    #[arg(long)]
    prune: bool,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Exit code 0: nothing to do; 2: something would change; 1: the folder has errors, the server would refuse it, or it did not answer.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    planned(arguments).map_err(|failure| match failure {
        Failure::Failed(message) => Failure::Refused(message),
        other => other,
    })
}

fn planned(arguments: &Arguments) -> Result<(), Failure> {
    let sources = files::some_sources(&arguments.paths)?;
    let mut project = Project::read(&sources);
    let rows = project.rows(|file, name| files::beside(&sources, file, name));
    if project.has_errors() {
        return Err(shown(&sources, &project)?);
    }
    let remote = arguments.server.connect()?;
    // A plan shows what another project applied last, instead of being refused because of it.
    let set = ChangeSet { dry_run: true, take_over: true, ..set_of(&project, arguments.prune)? };
    let plan = Plan { server: remote.url().to_owned(), project: set.project.clone(), ..Plan::default() };
    let clients = planned_clients(&remote, &project)?;
    if is_empty(&set) {
        // Nothing is sent of such a folder, and whoever reads that there is nothing to do believes that the server was asked.
        remote.all(remote.flows().list(&FlowFilter::default()).take(1))?;
        if clients.is_empty() {
            writeln!(screen::stderr(), "note: the folder has no flows and no objects")?;
        }
    }
    let done = if is_empty(&set) { Ok(ChangeSetDone::default()) } else { remote.wait(remote.flows().change(&set)) };
    let done = match done {
        Ok(done) => done,
        Err(error) => return told_refusal(arguments, plan, error, (&sources, &mut project)),
    };
    let rows_differ = differences(&remote, &project, &rows)?;
    let mut changed = changed(&remote, &project, &done, &rows_differ)?;
    changed.extend(clients.iter().filter(|one| one.change() != "unchanged").map(of_client));
    let same = clients.iter().filter(|one| one.change() == "unchanged").count() as u64;
    let unchanged = unchanged(&done, &rows_differ) + same;
    let of_others = of_others(&done, &rows_differ);
    let mut plan = Plan { changes: !changed.is_empty(), unchanged, objects: changed, of_others, ..plan };
    let set = explicit(set, &done);
    if let Some(count) = arguments.replay.filter(|_| plan.changes) {
        let request = ReplayRequest { count: Some(count), ..replay::request(&project, &rows, &rows_differ)? };
        if let Some(request) = replay::of_set(&set, request)? {
            let started = remote.wait(remote.replays().start(&request))?;
            let replayed = replay::watch(&remote, started.id)?;
            replay::judge(&replayed, None)?;
            plan.replay = Some(replayed);
        }
    }
    if arguments.witness {
        let flows = plan.objects.iter().filter(|one| one.kind == "flow" && one.change == "changed");
        let flows: Vec<String> = flows.map(|one| one.name.clone()).collect();
        plan.witnesses = witness::of(&remote, &flows, (&mut project, &rows), arguments.seconds)?;
    }
    // Whoever stops reading what is printed wants the file all the same.
    if let Some(file) = &arguments.out {
        let base = saved::base(&remote, Base::of(&done), &rows_differ)?;
        let rows = saved::rows(&project, &rows, &rows_differ);
        let texts = project.texts(&sources);
        let format = waypost_project::plan::FORMAT;
        saved::write(file, &SavedPlan { format, plan: plan.clone(), base, set, texts, rows, clients })?;
    }
    print(arguments, &plan)?;
    if plan.changes { Err(Failure::Differs) } else { Ok(()) }
}

/// Whether a change set has nothing in it: a server refuses that, unless it prunes.
pub(crate) fn is_empty(set: &ChangeSet) -> bool {
    !set.prune && set.flows.is_empty() && set.queues.is_empty() && set.objects.is_empty()
}

fn of_client(client: &PlannedClient) -> PlannedObject {
    PlannedObject {
        kind: "client".to_owned(),
        name: client.request.name.clone(),
        change: client.change().to_owned(),
        members: client.members.clone(),
        ..PlannedObject::default()
    }
}

/// The folder's change set; with `prune`, if the folder says whose objects those are.
pub(crate) fn set_of(project: &Project, prune: bool) -> Result<ChangeSet, Failure> {
    let set = project.change_set();
    if prune && set.project.is_none() {
        let message = "--prune needs the project's name: add a file with `kind: project` and `name: …` to the folder";
        return Err(Failure::Refused(message.to_owned()));
    }
    Ok(ChangeSet { prune, ..set })
}

/// What the server would refuse: for programs as a plan that says so, else where the folder has it.
fn told_refusal(
    arguments: &Arguments,
    plan: Plan,
    error: Error,
    (sources, project): (&[SourceFile], &mut Project),
) -> Result<(), Failure> {
    match error {
        Error::Refused { body, .. } if arguments.output.is_data() && [400, 409].contains(&body.status) => {
            print(arguments, &Plan { refusal: Some(body.message), problems: body.errors, ..plan })?;
            Err(Failure::Found)
        }
        error => Err(refused(error, sources, project)?),
    }
}

fn print(arguments: &Arguments, plan: &Plan) -> Result<(), Failure> {
    match arguments.output {
        Output::Table => print::print(plan)?,
        Output::Json | Output::Yaml => arguments.output.write(&mut screen::stdout(), plan)?,
    }
    Ok(())
}

/// Every object that would change. Whether it does is the server's word; what of it differs is seen in both states.
fn changed(
    remote: &Remote,
    project: &Project,
    done: &ChangeSetDone,
    rows: &BTreeMap<String, RowsDifference>,
) -> Result<Vec<PlannedObject>, Failure> {
    let is_changed = |outcome: &str| outcome != "unchanged";
    let any_before = done.flows.iter().any(|one| is_changed(&one.outcome) && one.before.is_some())
        || done.objects.iter().any(|one| is_changed(&one.outcome) && one.before.is_some());
    let (found, unpublished) = match any_before {
        true => {
            let (there, unpublished) = export::project_of(remote)?;
            (difference::between(&there.state(), &project.state()), unpublished)
        }
        false => Default::default(),
    };
    let mut objects: Vec<(Kind, PlannedObject)> = Vec::new();
    for one in done.flows.iter().filter(|one| is_changed(&one.outcome)) {
        let change = match one.outcome.as_str() {
            "published" | "described" => "changed",
            other => other,
        };
        let mut members = members(&found, Kind::Flow, &one.name, &[]);
        if one.outcome == "published" && unpublished.contains(&one.flow_id) {
            let (path, before, after) = ("published".to_owned(), Some(json!(false)), Some(json!(true)));
            members.insert(0, difference::wire(Difference { path, change: Change::Changed, before, after }));
        }
        let users = if one.before.is_some() { users::of_flow(remote, one.flow_id)? } else { Users::default() };
        let (kind, name, change) = ("flow".to_owned(), one.name.clone(), change.to_owned());
        let taken_from = one.taken_from.clone();
        let used_by = users.surely;
        let object = PlannedObject { kind, name, change, members, used_by, taken_from, ..PlannedObject::default() };
        objects.push((Kind::Flow, object));
    }
    for one in done.queues.iter().filter(|one| is_changed(&one.outcome)) {
        let (kind, name, change) = ("queue".to_owned(), one.name.clone(), one.outcome.clone());
        objects.push((Kind::Queue, PlannedObject { kind, name, change, ..PlannedObject::default() }));
    }
    for one in &done.objects {
        let Some(kind) = Kind::named(&one.kind) else { continue };
        let rows = rows_of(rows, kind, &one.name).filter(|_| one.outcome != "deleted");
        if !is_changed(&one.outcome) && rows.is_none() {
            continue;
        }
        let members = match one.outcome.as_str() {
            "changed" => members(&found, kind, &one.name, &one.differs),
            _ => Vec::new(),
        };
        let users = if one.before.is_some() { users::of_object(remote, kind, &one.id)? } else { Users::default() };
        let (used_by, may_be_used_by) = (users.surely, users.perhaps);
        let change = if is_changed(&one.outcome) { one.outcome.clone() } else { "changed".to_owned() };
        let (word, name) = (one.kind.clone(), one.name.clone());
        let (blocked, taken_from) = (blocked(remote, one)?, one.taken_from.clone());
        let planned =
            PlannedObject { kind: word, name, change, members, rows, used_by, may_be_used_by, blocked, taken_from };
        objects.push((kind, planned));
    }
    objects.sort_by(|(a, one), (b, other)| (a, &one.name).cmp(&(b, &other.name)));
    Ok(objects.into_iter().map(|(_, one)| one).collect())
}

/// What is the same already, rows included, and another project's.
fn of_others(done: &ChangeSetDone, rows: &BTreeMap<String, RowsDifference>) -> Vec<PlannedOfOther> {
    let flows = done.flows.iter().map(|one| ("flow", &one.name, &one.outcome, &one.taken_from));
    let objects = done.objects.iter().map(|one| (one.kind.as_str(), &one.name, &one.outcome, &one.taken_from));
    let has_other_rows =
        |kind: &str, name: &str| Kind::named(kind).is_some_and(|kind| rows_of(rows, kind, name).is_some());
    let same =
        flows.chain(objects).filter(|(kind, name, outcome, _)| *outcome == "unchanged" && !has_other_rows(kind, name));
    let of_other = |(kind, name, _, project): (&str, &String, &String, &Option<String>)| {
        Some(PlannedOfOther { kind: kind.to_owned(), name: name.clone(), project: project.clone()? })
    };
    same.filter_map(of_other).collect()
}

fn unchanged(done: &ChangeSetDone, rows: &BTreeMap<String, RowsDifference>) -> u64 {
    let flows = done.flows.iter().filter(|one| one.outcome == "unchanged").count();
    let queues = done.queues.iter().filter(|one| one.outcome == "unchanged").count();
    let objects = done.objects.iter().filter(|one| one.outcome == "unchanged");
    let objects =
        objects.filter(|one| Kind::named(&one.kind).is_none_or(|kind| rows_of(rows, kind, &one.name).is_none()));
    u64::try_from(flows + queues + objects.count()).unwrap_or(u64::MAX)
}

/// How a table's rows differ, if they do.
fn rows_of(rows: &BTreeMap<String, RowsDifference>, kind: Kind, name: &str) -> Option<RowCounts> {
    let folded = document::fold_name(name);
    let found = rows.iter().find(|(known, _)| kind == Kind::Table && document::fold_name(known) == folded);
    found.filter(|(_, rows)| rows.differs()).map(|(_, rows)| RowCounts {
        added: rows.added,
        changed: rows.changed,
        removed: rows.removed,
        same: rows.same,
    })
}

/// Where an object differs: as both states have it, or at least the members that the server names.
fn members(found: &[ObjectDifference], kind: Kind, name: &str, differs: &[String]) -> Vec<FlowDifference> {
    let folded = document::fold_name(name);
    let known = found.iter().find(|one| one.kind == kind && document::fold_name(&one.name) == folded);
    let members = known.map(|one| one.members.as_slice()).unwrap_or_default();
    if members.is_empty() {
        let named =
            |path: &String| Difference { path: path.clone(), change: Change::Changed, before: None, after: None };
        return differs.iter().map(named).map(difference::wire).collect();
    }
    members.iter().cloned().map(difference::wire).collect()
}
