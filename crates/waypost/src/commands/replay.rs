//! `waypost replay`: flows that are to change over recorded mail on a server; or mails through two folders, offline.

mod offline;
mod report;

use std::collections::BTreeMap;
use std::io::Write;
use std::path::PathBuf;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};
use uuid::Uuid;
use waypost_catalogue::tables::held::HeldRows;
use waypost_flow::diagnostic::counted;
use waypost_project::Project;
use waypost_project::difference::RowsDifference;
use waypost_wire::change::{ChangeSet, ChangeSetFlow};
use waypost_wire::replay::{Replay, ReplayReport, ReplayRequest};

use crate::commands::apply::{differences, for_replay, refused, shown};
use crate::failure::Failure;
use crate::files;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::Output;
use crate::times::time;

pub(crate) use report::print;

/// Arguments of `replay`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: Server,
    /// Folders or files of the changed flows; with --before and --after: mails (.eml files, mboxes, folders of them)
    paths: Vec<PathBuf>,
    /// Instead of a folder: replay the draft of this flow on the server, by name or id
    #[arg(long, conflicts_with_all = ["before", "after"])]
    flow: Option<String>,
    /// Which version of the flow: a number, a label, or newest
    #[arg(long, default_value = "newest", requires = "flow")]
    version: String,
    #[command(flatten)]
    mails: Mails,
    /// Without a server: a folder of the current flows
    #[arg(long, requires = "after")]
    before: Option<PathBuf>,
    /// Without a server: a folder of the changed flows
    #[arg(long, requires = "before")]
    after: Option<PathBuf>,
    /// Without a server: the envelope recipient; left out: the first address of To that has a route
    #[arg(long, requires = "before")]
    to: Option<String>,
    /// Fail if more than M decisions would change or are unknown
    #[arg(long, value_name = "M")]
    max_changed: Option<u64>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Which recorded mails.
#[derive(clap::Args)]
struct Mails {
    /// Only mail accepted at or after this time (RFC 3339)
    #[arg(long, value_parser = time)]
    since: Option<jiff::Timestamp>,
    /// Only mail accepted before this time
    #[arg(long, value_parser = time)]
    until: Option<jiff::Timestamp>,
    /// Only mail of this route: its address, such as support@example.com, or its id
    #[arg(long)]
    route: Option<String>,
    /// Only mail whose run started in this flow
    #[arg(long)]
    caller: Option<String>,
    /// Replay at most N interactions, the newest that the change affects
    #[arg(long, value_name = "N")]
    count: Option<u64>,
    /// The share of interactions to replay, above 0 and up to 1; the same ones each time
    #[arg(long)]
    sample: Option<f64>,
}

/// Exit code 0: done; 1: more decisions than --max-changed would change, or the flows have errors; 2: it could not be done.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let (Some(before), Some(after)) = (&arguments.before, &arguments.after) {
        return offline::run(arguments, before, after);
    }
    let (remote, started) = match &arguments.flow {
        Some(flow) => {
            let flows = vec![named(flow, &arguments.version)];
            let request = arguments.mails.of(ReplayRequest { flows, ..ReplayRequest::default() });
            let remote = arguments.server.connect()?;
            let started = remote.wait(remote.replays().start(&request))?;
            (remote, started)
        }
        None if arguments.paths.is_empty() => {
            return Err(Failure::Failed("what is to change? Name a folder of flows, or --flow".to_owned()));
        }
        None => of_folder(arguments)?,
    };
    let replay = watch(&remote, started.id)?;
    let mut out = screen::stdout();
    match arguments.output {
        Output::Json | Output::Yaml => arguments.output.write(&mut out, &replay)?,
        Output::Table => print(&mut out, &replay)?,
    }
    judge(&replay, arguments.max_changed)
}

/// A flow of the server, by id or by name.
fn named(flow: &str, version: &str) -> ChangeSetFlow {
    let is_id = flow.parse::<uuid::Uuid>().is_ok();
    ChangeSetFlow {
        flow_id: is_id.then(|| flow.to_owned()),
        name: (!is_id).then(|| flow.to_owned()),
        version: Some(version.into()),
        ..ChangeSetFlow::default()
    }
}

impl Mails {
    /// A request for these mails.
    fn of(&self, what: ReplayRequest) -> ReplayRequest {
        let Self { since, until, route, caller, count, sample } = self;
        ReplayRequest {
            since: since.map(Into::into),
            until: until.map(Into::into),
            route: route.clone(),
            caller: caller.clone(),
            count: *count,
            sample: *sample,
            ..what
        }
    }
}

/// Starts a replay of what applying a folder would change.
fn of_folder(arguments: &Arguments) -> Result<(Remote, Replay), Failure> {
    let sources = files::some_sources(&arguments.paths)?;
    let mut project = Project::read(&sources);
    let rows = project.rows(|file, name| files::beside(&sources, file, name));
    if project.has_errors() {
        return Err(shown(&sources, &project)?);
    }
    let remote = arguments.server.connect()?;
    let differences = differences(&remote, &project, &rows)?;
    let request = arguments.mails.of(request(&project, &rows, &differences)?);
    match remote.wait(remote.replays().start(&request)) {
        Ok(started) => Ok((remote, started)),
        Err(error) => Err(refused(error, &sources, &mut project)?),
    }
}

/// A replay of a project's change set: tables whose rows would differ have those of the project.
pub(crate) fn request(
    project: &Project,
    rows: &HeldRows,
    differences: &BTreeMap<String, RowsDifference>,
) -> std::io::Result<ReplayRequest> {
    let set = project.change_set();
    let rows = for_replay(project, rows, differences)?;
    Ok(ReplayRequest { flows: set.flows, queues: set.queues, objects: set.objects, rows, ..ReplayRequest::default() })
}

/// A replay of a change set with what it deletes; none if nothing is left to replay. A deleted flow has nothing to run: then all that goes
/// is left out, as flows and what they name go together.
pub(crate) fn of_set(set: &ChangeSet, request: ReplayRequest) -> std::io::Result<Option<ReplayRequest>> {
    let (mut flows, mut objects) = (set.flows.clone(), set.objects.clone());
    if flows.iter().any(|flow| flow.delete) {
        writeln!(screen::stderr(), "note: the replay leaves out what would be deleted")?;
        flows.retain(|flow| !flow.delete);
        objects.retain(|object| !object.delete);
    }
    let is_empty = flows.is_empty() && objects.is_empty();
    Ok((!is_empty).then_some(ReplayRequest { flows, objects, ..request }))
}

/// How often a server is asked how far it is.
const ASK: Duration = Duration::from_millis(200);

/// Waits for the end of a replay, with a bar on a terminal.
pub(crate) fn watch(remote: &Remote, id: Uuid) -> Result<Replay, Failure> {
    // On anything but a terminal nothing is drawn.
    let bar = ProgressBar::no_length();
    if let Ok(style) = ProgressStyle::with_template("{bar:30} {pos} mails replayed, {msg} decisions would change") {
        bar.set_style(style);
    }
    let replay = loop {
        let replay = remote.wait(remote.replays().get(id))?;
        if let Some(progress) = &replay.progress {
            bar.set_length(progress.most);
            bar.set_position(progress.replayed);
            bar.set_message(progress.changed.to_string());
        }
        if replay.report.is_some() {
            break replay;
        }
        std::thread::sleep(ASK);
    };
    bar.finish_and_clear();
    Ok(replay)
}

/// Fails if the replay did, or too many decisions would change.
pub(crate) fn judge(replay: &Replay, most: Option<u64>) -> Result<(), Failure> {
    let Some(report) = &replay.report else { return Ok(()) };
    if let Some(why) = &report.failed {
        return Err(Failure::Failed(format!("the replay could not be done: {why}")));
    }
    within(report, most)
}

/// What is unknown may be changed: it counts towards the limit.
fn within(report: &ReplayReport, most: Option<u64>) -> Result<(), Failure> {
    let ReplayReport { changed, unknown, .. } = *report;
    match most {
        Some(most) if changed.saturating_add(unknown) > most => {
            let and_unknown = if unknown > 0 { format!(", {unknown} unknown") } else { String::new() };
            let decisions = counted(changed, "decision");
            let message = format!("{decisions} would change{and_unknown}; the limit is {most} (--max-changed)");
            Err(Failure::Refused(message))
        }
        _ => Ok(()),
    }
}
