//! `waypost apply`: a project onto a server, as one change set: all of it, or nothing. Rows of tables, how
//! flows are written, and clients follow once the set is in.

mod clients;
pub(crate) mod report;
mod rows;
mod texts;

use std::collections::BTreeMap;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use waypost_catalogue::tables::held::HeldRows;
use waypost_client::Error;
use waypost_flow::diagnostic::{counted, render};
use waypost_flow::document;
use waypost_ids::Kind;
use waypost_project::difference::RowsDifference;
use waypost_project::plan::{PlannedObject, SavedPlan, explicit};
use waypost_project::tables::TableEntry;
use waypost_project::{Project, SourceFile};
use waypost_wire::change::{ChangeSet, ChangeSetDone, ChangedObject};
use waypost_wire::error::Problem;
use waypost_wire::replay::ReplayRequest;

use crate::asking::Deleting;
use crate::commands::plan::{blocked, carry_out, is_empty, set_of};
use crate::commands::replay;
use crate::failure::Failure;
use crate::files;
use crate::plain;
use crate::refusal;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::Output;
use report::{Became, Report};
use rows::{Guard, Target};

pub(crate) use clients::{Secrets, changed_since, planned};
pub(crate) use rows::{differences, for_replay, replaced, row_versions};

/// Arguments of `apply`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: Server,
    /// Folders or files of flows and objects
    #[arg(required_unless_present = "plan")]
    paths: Vec<PathBuf>,
    /// Apply exactly the plan that `waypost plan --out` saved, instead of a folder; refused if the server has changed since
    #[arg(long, value_name = "FILE", conflicts_with_all = ["paths", "dry_run", "replay", "prune"])]
    plan: Option<PathBuf>,
    /// Also delete what this project applied before and no longer has
    #[arg(long)]
    prune: bool,
    /// Take over objects that another project applied last; without it, nothing is applied if there are any
    #[arg(long)]
    take_over: bool,
    #[command(flatten)]
    deleting: Deleting,
    /// Append the secrets of new clients to this file, readable only by its owner; left out: print them, on a terminal only
    #[arg(long, value_name = "FILE")]
    client_secrets: Option<PathBuf>,
    /// Show what would be done and what would break, without doing it
    #[arg(long)]
    dry_run: bool,
    /// Why, for the flows' histories and the audit log
    #[arg(long)]
    note: Option<String>,
    /// First replay the N most recent mails that the change affects, and show which decisions would change
    #[arg(long, value_name = "N")]
    replay: Option<u64>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
    /// With --replay: change nothing if more than M decisions would change or are unknown
    #[arg(long, value_name = "M", requires = "replay")]
    max_changed: Option<u64>,
}

/// Exit code 0: everything is there; 1: the folder has errors, or the server refused it, and nothing was changed; 2: the server did
/// not answer, or the client may not do it.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if let Some(file) = &arguments.plan {
        return of_plan(arguments, file);
    }
    let sources = files::some_sources(&arguments.paths)?;
    let mut project = Project::read(&sources);
    let rows = project.rows(|file, name| files::beside(&sources, file, name));
    if project.has_errors() {
        also_asked(&arguments.server, &mut project);
        return Err(shown(&sources, &project)?);
    }
    warn(&sources)?;
    let remote = arguments.server.connect()?;
    let set = set_of(&project, arguments.prune)?;
    let (dry_run, take_over) = (arguments.dry_run, arguments.take_over);
    let mut set = ChangeSet { dry_run, take_over, note: arguments.note.clone(), ..set };
    let clients = planned(&remote, &project)?;
    if is_empty(&set) && clients.is_empty() {
        writeln!(screen::stderr(), "nothing to apply: the folder has no flows and no objects")?;
        return Ok(());
    }
    let mut secrets = match arguments.dry_run {
        true => Secrets::Nowhere,
        false => Secrets::of(&clients, arguments.client_secrets.as_deref())?,
    };
    // A reader that goes away must not stop the work half-way: a closed pipe is an error only at the end.
    let mut out = screen::stdout();
    let mut printed = Ok(());
    let mut told = Report::new(arguments.dry_run);
    let compared = arguments.dry_run || arguments.replay.is_some();
    let differences = if compared { differences(&remote, &project, &rows)? } else { BTreeMap::new() };
    // What is pruned is replayed with the rest, and listed before anything is done.
    let look = ChangeSet { dry_run: true, ..set.clone() };
    let has_rows = set.project.is_some() && !take_over && project.tables().iter().any(TableEntry::has_rows);
    // Before it is known whose the tables are: rows that come after that are seen by their version.
    let with_rows = project.tables().iter().filter(|one| one.has_rows() && has_rows && !dry_run);
    let versions = row_versions(&remote, with_rows.map(|one| &one.table.record.name))?;
    let looked = match (arguments.prune || has_rows).then(|| remote.wait(remote.flows().change(&look))).transpose() {
        Ok(found) => found,
        Err(mut error) => {
            also_rows(&mut error, &remote, (&project, &rows), &look)?;
            return Err(refused(error, &sources, &mut project)?);
        }
    };
    if let Some(found) = &looked {
        rows::refuse(&rows::of_others(&remote, &project, &rows, (found, |one| one.stays_with.as_ref()))?, Vec::new())?;
    }
    let pruned = looked.filter(|_| arguments.prune);
    if let Some(count) = arguments.replay {
        let request = ReplayRequest { count: Some(count), ..replay::request(&project, &rows, &differences)? };
        let whole = pruned.as_ref().map_or_else(|| set.clone(), |found| explicit(set.clone(), found));
        if let Some(request) = replay::of_set(&whole, request)? {
            let started = match remote.wait(remote.replays().start(&request)) {
                Ok(started) => started,
                Err(error) => return Err(refused(error, &sources, &mut project)?),
            };
            let replayed = replay::watch(&remote, started.id)?;
            let judged = replay::judge(&replayed, arguments.max_changed);
            if arguments.output.is_data() {
                // Data is one value: what the replay found is a member of it.
                told.replay = Some(replayed);
                if let Err(why) = &judged {
                    told.held_back = Some(why.to_string());
                    told.print(arguments.output, &mut out)?;
                }
            } else {
                printed = replay::print(&mut out, &replayed);
            }
            judged?;
        }
    }
    if let Some(found) = pruned.filter(|_| !arguments.dry_run) {
        agree(&deleted(&remote, &found)?, &arguments.deleting)?;
        // What was listed, and nothing else, is deleted.
        set.if_epoch = Some(found.epoch);
    }
    let changed = if is_empty(&set) { Ok(ChangeSetDone::default()) } else { remote.wait(remote.flows().change(&set)) };
    match changed {
        Ok(done) => {
            let guard = has_rows.then(|| Guard { versions, look: look.clone() });
            let note = arguments.note.as_deref();
            let target = Target { remote: &remote, project: &project, rows: &rows, note, guard };
            let applied = Applied { target, differences, dry_run };
            let ended = tell(&done, &mut told, &mut |one, told| applied.rows_of(one, told));
            let texts = if arguments.dry_run { Vec::new() } else { project.texts(&sources) };
            let ended = ended.and_then(|()| texts::keep(&remote, &done, texts, arguments.note.as_deref(), &mut told));
            let ended = clients::after(ended, &remote, (&clients, &mut secrets), &mut told);
            let ended = match arguments.dry_run {
                true => ended.and(applied.refuse_blocked(&done, &mut told)),
                false => ended,
            };
            let written = told.print(arguments.output, &mut out);
            plain::warn(plain::of_set(&set))?;
            ended?;
            printed?;
            Ok(written?)
        }
        Err(error) => Err(refused(error, &sources, &mut project)?),
    }
}

/// Adds to what is another project's the rows of tables that are: they are in no change set, so the server does not name them.
fn also_rows(
    error: &mut Error,
    remote: &Remote,
    (project, rows): (&Project, &HeldRows),
    look: &ChangeSet,
) -> Result<(), Failure> {
    let Error::Refused { body, .. } = error else { return Ok(()) };
    if body.code != refusal::OF_ANOTHER_PROJECT {
        return Ok(());
    }
    let look = ChangeSet { take_over: true, ..look.clone() };
    let Ok(found) = remote.wait(remote.flows().change(&look)) else { return Ok(()) };
    let others = rows::of_others(remote, project, rows, (&found, |one| one.taken_from.as_ref()))?;
    if others.is_empty() {
        return Ok(());
    }
    let code = body.code.clone();
    let problems = others.iter().map(|(name, project)| Problem {
        code: code.clone(),
        message: rows::of_other(name, project),
        ..Problem::default()
    });
    body.errors.extend(problems);
    body.message = format!("other projects applied {} last", counted(body.errors.len(), "object"));
    Ok(())
}

/// Does what a saved plan says. Exit code 0: done; 1: the server is not as the plan is based on, and nothing was changed.
fn of_plan(arguments: &Arguments, file: &Path) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let mut secrets = Secrets::Nowhere;
    let mut agreed = |saved: &SavedPlan| {
        if !arguments.take_over {
            refuse_others(saved)?;
        }
        let gone = saved.plan.objects.iter().filter(|one| one.change == "deleted");
        agree(&gone.map(|one| format!("{} {}", one.kind, one.name)).collect::<Vec<_>>(), &arguments.deleting)?;
        secrets = Secrets::of(&saved.clients, arguments.client_secrets.as_deref())?;
        Ok(())
    };
    let (saved, done) = carry_out(&remote, file, (arguments.note.as_deref(), arguments.take_over), &mut agreed)?;
    let mut out = screen::stdout();
    let mut told = Report::new(false);
    let mut rows = |one: &ChangedObject, told: &mut Report| {
        let folded = document::fold_name(&one.name);
        let Some((_, csv)) = saved.rows.iter().find(|(name, _)| document::fold_name(name) == folded) else {
            return Ok(());
        };
        // Those that the plan shows are replaced, and no others.
        let based_on = saved.base.rows.iter().find(|(name, _)| document::fold_name(name) == folded);
        let version = based_on.map_or(rows::NO_ROWS_YET, |(_, version)| *version);
        let note = arguments.note.as_deref();
        let done = match remote.replace_rows(rows::table_id(one)?, csv.clone(), note, Some(version)) {
            Err(error) if error.status() == Some(412) => {
                return Err(Failure::Refused("the rows have changed since the plan was made; plan again".to_owned()));
            }
            answer => answer?,
        };
        told.objects.push(rows::became(&one.name, &done));
        Ok(())
    };
    let ended = tell(&done, &mut told, &mut rows);
    let ended =
        ended.and_then(|()| texts::keep(&remote, &done, saved.texts.clone(), arguments.note.as_deref(), &mut told));
    let ended = clients::after(ended, &remote, (&saved.clients, &mut secrets), &mut told);
    let written = told.print(arguments.output, &mut out);
    plain::warn(plain::of_set(&saved.set))?;
    ended?;
    Ok(written?)
}

/// Refuses a plan that changes rows of another project's tables: a change set has no rows, so the server can't. All that the plan takes from
/// other projects is named.
fn refuse_others(saved: &SavedPlan) -> Result<(), Failure> {
    let others = saved.plan.objects.iter().filter(|one| one.taken_from.is_some());
    let only_rows =
        |one: &PlannedObject| one.kind == Kind::Table.as_str() && one.rows.is_some() && one.members.is_empty();
    let (tables, more): (Vec<_>, Vec<_>) = others.partition(|one| only_rows(one));
    let project = |one: &PlannedObject| one.taken_from.clone().unwrap_or_default();
    let tables: Vec<_> = tables.into_iter().map(|one| (one.name.clone(), project(one))).collect();
    let more = more.into_iter();
    let more = more.map(|one| format!("the project `{}` applied the {} `{}` last", project(one), one.kind, one.name));
    rows::refuse(&tables, more.collect())
}

/// What a change set deletes, by kind and name, each with what keeps it from being deleted now.
fn deleted(remote: &Remote, done: &ChangeSetDone) -> Result<Vec<String>, Failure> {
    let flows = done.flows.iter().filter(|one| one.outcome == "deleted").map(|one| Ok(format!("flow {}", one.name)));
    let objects = done.objects.iter().filter(|one| one.outcome == "deleted").map(|one| {
        let blocked = blocked(remote, one)?.map(|why| format!(" (can't be deleted now: {why})"));
        Ok(format!("{} {}{}", one.kind, one.name, blocked.unwrap_or_default()))
    });
    flows.chain(objects).collect()
}

/// Lists what is to be deleted, and asks whether it may be, if anybody is there to answer.
fn agree(deleted: &[String], deleting: &Deleting) -> Result<(), Failure> {
    if deleted.is_empty() {
        return Ok(());
    }
    let mut err = screen::stderr();
    writeln!(err, "to be deleted:")?;
    for one in deleted {
        writeln!(err, "  {one}")?;
    }
    drop(err);
    deleting.agreed("delete them?")
}

/// Asks the server what else is wrong, so that a folder with errors gets to hear of all of them. Without a server, or an answer, they
/// are told as far as they are known.
fn also_asked(server: &Server, project: &mut Project) {
    if !project.is_complete() {
        return;
    }
    let Ok(remote) = server.connect() else { return };
    let set = ChangeSet { dry_run: true, take_over: true, ..project.change_set() };
    if let Err(Error::Refused { body, .. }) = remote.wait(remote.flows().change(&set)) {
        project.refused(body.errors);
    }
}

/// What the server found in the folder is shown in its files; everything else as the server says it.
pub(crate) fn refused(error: Error, sources: &[SourceFile], project: &mut Project) -> Result<Failure, Failure> {
    let Error::Refused { mut body, retry_after } = error else { return Ok(error.into()) };
    if !["changeset.invalid", "replay.invalid"].contains(&body.code.as_str()) {
        let told = refusal::text_in(&body, &|problem| located(problem, sources, project));
        return Ok(Failure::of_refusal(&body, told));
    }
    body.errors = project.refused(std::mem::take(&mut body.errors));
    let shown = shown(sources, project)?;
    if body.errors.is_empty() { Ok(shown) } else { Ok(Error::Refused { body, retry_after }.into()) }
}

/// The line of a problem in a flow that the folder has.
fn located(problem: &Problem, sources: &[SourceFile], project: &Project) -> Option<String> {
    let folded = document::fold_name(problem.flow_name.as_deref()?);
    let flow = project.flows.iter().find(|flow| document::fold_name(&flow.document.name) == folded)?;
    let (file, places) = (sources.get(flow.at.file)?, project.places(flow.at)?);
    let range = problem.range.map(|range| range.start..range.end);
    let (line, _) = render::spot(problem.path.as_deref()?, range, &file.text, places)?;
    Some(format!("{}:{line}", file.path))
}

pub(crate) fn shown(sources: &[SourceFile], project: &Project) -> Result<Failure, Failure> {
    files::print_problems(&mut screen::styled_stderr(), sources, project, screen::is_coloured(&io::stderr()))?;
    Ok(Failure::Found)
}

/// Shows what the folder's flows are warned of. It is only known of a folder that has all that it names: the server may have the rest.
fn warn(sources: &[SourceFile]) -> io::Result<()> {
    let mut alone = Project::read(sources);
    drop(alone.world());
    if !alone.has_errors() {
        files::print_problems(&mut screen::styled_stderr(), sources, &alone, screen::is_coloured(&io::stderr()))?;
    }
    Ok(())
}

/// A change set that is in, or would be.
struct Applied<'a> {
    target: Target<'a>,
    differences: BTreeMap<String, RowsDifference>,
    dry_run: bool,
}

/// What comes after a table in the answer: its rows.
type Rows<'r> = dyn FnMut(&ChangedObject, &mut Report) -> Result<(), Failure> + 'r;

/// Tells what became of everything, and has the rows of tables brought.
fn tell(done: &ChangeSetDone, told: &mut Report, rows: &mut Rows<'_>) -> Result<(), Failure> {
    let dry_run = told.dry_run;
    let objects =
        |wanted: fn(Kind) -> bool| done.objects.iter().filter(move |one| Kind::named(&one.kind).is_some_and(wanted));
    let would = |outcome: &str| if dry_run && outcome != "unchanged" { "would be " } else { "" };
    for one in objects(|kind| kind == Kind::Table) {
        told.objects.push(object(one, dry_run));
        if one.outcome != "deleted" {
            rows(one, told).map_err(|failure| half_way(failure, &one.name))?;
        }
    }
    for one in
        objects(|kind| matches!(kind, Kind::Schedule | Kind::Webhook | Kind::DataAction | Kind::Queue | Kind::Term(_)))
    {
        told.objects.push(object(one, dry_run));
    }
    for queue in &done.queues {
        let said = format!("{}{}", would(&queue.outcome), queue.outcome);
        told.objects.push(Became {
            kind: "queue".to_owned(),
            name: queue.name.clone(),
            outcome: queue.outcome.clone(),
            said,
            ..Became::default()
        });
    }
    for flow in &done.flows {
        let version = flow.version.map(|version| format!("version {version}")).unwrap_or_default();
        let would = would(&flow.outcome);
        let said = match flow.outcome.as_str() {
            "created" => format!("{would}created, {version}"),
            "published" => format!("{version} {would}published"),
            "described" => format!("{would}described anew"),
            "deleted" => format!("{would}deleted"),
            _ => "unchanged".to_owned(),
        };
        let said = said + &taken(flow.taken_from.as_deref());
        told.objects.push(Became {
            kind: "flow".to_owned(),
            name: flow.name.clone(),
            outcome: flow.outcome.clone(),
            version: flow.version.map(u64::from),
            said,
            ..Became::default()
        });
    }
    for one in objects(|kind| matches!(kind, Kind::Domain | Kind::Route | Kind::Mailbox)) {
        told.objects.push(object(one, dry_run));
    }
    Ok(())
}

/// Rows come when the change set is in: an error there does not mean that nothing was changed.
fn half_way(failure: Failure, table: &str) -> Failure {
    let told = |why: String| {
        format!(
            "{why}\n  flows and other objects are applied; rows of table {table}, and of tables after it, may not be: apply again"
        )
    };
    match failure {
        Failure::Refused(why) => Failure::Refused(told(why)),
        Failure::Failed(why) => Failure::Failed(told(why)),
        other => other,
    }
}

/// The project that an object was taken over from.
fn taken(from: Option<&str>) -> String {
    from.map(|project| format!(", taken over from the project `{project}`")).unwrap_or_default()
}

/// A dry run says what of an object would change, too.
fn object(done: &ChangedObject, dry_run: bool) -> Became {
    let ChangedObject { kind, name, outcome, differs, .. } = done.clone();
    let would = if dry_run && outcome != "unchanged" { "would be " } else { "" };
    let members = match dry_run && !differs.is_empty() {
        true => format!(" ({})", differs.join(", ")),
        false => String::new(),
    };
    let said = format!("{would}{outcome}{members}{}", taken(done.taken_from.as_deref()));
    Became { kind, name, outcome, differs, said, ..Became::default() }
}

impl Applied<'_> {
    /// Notes what would be deleted and can't be at the moment: the server looks for work in queues when it deletes them, not in a dry run.
    fn refuse_blocked(&self, done: &ChangeSetDone, told: &mut Report) -> Result<(), Failure> {
        let mut names = Vec::new();
        for one in &done.objects {
            let Some(why) = blocked(self.target.remote, one)? else { continue };
            let became = told.objects.iter_mut().filter(|became| became.kind == one.kind && became.name == one.name);
            for became in became {
                became.said.push_str(&format!(" (can't be deleted now: {why})"));
                became.blocked = Some(why.clone());
            }
            names.push(format!("{} {}", one.kind, one.name));
        }
        if names.is_empty() {
            return Ok(());
        }
        Err(Failure::Refused(format!("nothing would be applied: {} can't be deleted now", names.join(", "))))
    }

    fn rows_of(&self, table: &ChangedObject, told: &mut Report) -> Result<(), Failure> {
        let ChangedObject { name, outcome, .. } = table;
        let folded = document::fold_name(name);
        let tables = self.target.project.tables();
        let Some(entry) = tables.iter().find(|one| one.table.record.folded_name == folded && one.has_rows()) else {
            return Ok(());
        };
        if !self.dry_run {
            told.objects.push(self.target.replace(entry, table)?);
            return Ok(());
        }
        let difference = self.differences.get(&entry.table.record.name).filter(|_| outcome != "created");
        if let Some(said) = difference.and_then(rows::would_be) {
            let (kind, outcome) = ("rows".to_owned(), "replaced".to_owned());
            told.objects.push(Became { kind, name: name.clone(), outcome, said, ..Became::default() });
        }
        Ok(())
    }
}
