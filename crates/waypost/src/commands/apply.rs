//! `waypost apply`: a project onto a server, as one change set: all of it, or nothing. Rows of tables follow once the set is in.

mod rows;

use std::collections::BTreeMap;
use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use waypost_catalogue::tables::held::HeldRows;
use waypost_client::Error;
use waypost_flow::document;
use waypost_ids::{Kind, TableId};
use waypost_project::difference::RowsDifference;
use waypost_project::{Project, SourceFile};
use waypost_wire::change::{ChangeSet, ChangeSetDone, ChangedObject};
use waypost_wire::replay::ReplayRequest;

use crate::commands::replay;
use crate::failure::Failure;
use crate::files;
use crate::remote::{Remote, Server};
use crate::screen;

pub(crate) use rows::{differences, for_replay, replaced};

/// Arguments of `apply`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    server: Server,
    /// Folders or files of flows and objects
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Say what would be done, and what would break, without doing it
    #[arg(long)]
    dry_run: bool,
    /// Why, for the flows' histories
    #[arg(long)]
    note: Option<String>,
    /// Before anything is changed, replay the N most recent recorded mails that the change concerns, and say which decisions would differ
    #[arg(long, value_name = "N")]
    replay: Option<u64>,
    /// With --replay: change nothing if more decisions than this would differ
    #[arg(long, value_name = "M", requires = "replay")]
    max_changed: Option<u64>,
}

/// Exit code 0: everything is there; 1: the folder has errors, or the server refused it, and nothing was changed; 2: the server did
/// not answer.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let sources = files::sources(&arguments.paths)?;
    let mut project = Project::read(&sources);
    let rows = project.rows(|file, name| files::beside(&sources, file, name));
    if project.has_errors() {
        also_asked(&arguments.server, &mut project);
        return Err(shown(&sources, &project)?);
    }
    let remote = arguments.server.connect()?;
    let set = ChangeSet { dry_run: arguments.dry_run, note: arguments.note.clone(), ..project.change_set() };
    if set.flows.is_empty() && set.queues.is_empty() && set.objects.is_empty() {
        return Ok(());
    }
    // A reader that goes away must not stop the work half-way: a closed pipe is an error only at the end.
    let mut out = screen::stdout();
    let mut printed = Ok(());
    let compared = arguments.dry_run || arguments.replay.is_some();
    let differences = if compared { differences(&remote, &project, &rows)? } else { BTreeMap::new() };
    if let Some(count) = arguments.replay {
        let request = ReplayRequest { count: Some(count), ..replay::request(&project, &rows, &differences)? };
        let started = match remote.wait(remote.replays().start(&request)) {
            Ok(started) => started,
            Err(error) => return Err(refused(error, &sources, &mut project)?),
        };
        let replayed = replay::watch(&remote, started.id)?;
        printed = replay::print(&mut out, &replayed);
        replay::judge(&replayed, arguments.max_changed)?;
    }
    match remote.wait(remote.flows().change(&set)) {
        Ok(done) => {
            let mut told = Vec::new();
            let applied = Applied { remote: &remote, project: &project, rows: &rows, differences, arguments };
            let ended = applied.told(&done, &mut told);
            let written = out.write_all(&told);
            ended?;
            printed?;
            Ok(written?)
        }
        Err(error) => Err(refused(error, &sources, &mut project)?),
    }
}

/// Asks the server what else is wrong, so that a folder with errors gets to hear of all of them. Without a server, or an answer, they
/// are told as far as they are known.
fn also_asked(server: &Server, project: &mut Project) {
    if !project.is_complete() {
        return;
    }
    let Ok(remote) = server.connect() else { return };
    let set = ChangeSet { dry_run: true, ..project.change_set() };
    if let Err(Error::Refused { body, .. }) = remote.wait(remote.flows().change(&set)) {
        project.refused(body.errors);
    }
}

/// What the server found in the folder is shown in its files; everything else as the server says it.
pub(crate) fn refused(error: Error, sources: &[SourceFile], project: &mut Project) -> Result<Failure, Failure> {
    let Error::Refused { mut body, retry_after } = error else { return Ok(error.into()) };
    if !["changeset.invalid", "replay.invalid"].contains(&body.code.as_str()) {
        return Ok(Error::Refused { body, retry_after }.into());
    }
    body.errors = project.refused(std::mem::take(&mut body.errors));
    let shown = shown(sources, project)?;
    if body.errors.is_empty() { Ok(shown) } else { Ok(Error::Refused { body, retry_after }.into()) }
}

pub(crate) fn shown(sources: &[SourceFile], project: &Project) -> Result<Failure, Failure> {
    files::print_problems(&mut io::stderr().lock(), sources, project, io::stderr().is_terminal())?;
    Ok(Failure::Found)
}

/// A change set that is in, or would be.
struct Applied<'a> {
    remote: &'a Remote,
    project: &'a Project,
    rows: &'a HeldRows,
    differences: BTreeMap<String, RowsDifference>,
    arguments: &'a Arguments,
}

impl Applied<'_> {
    /// Tells what became of everything, and brings the rows of tables.
    fn told(&self, done: &ChangeSetDone, out: &mut impl Write) -> Result<(), Failure> {
        let objects = |wanted: fn(Kind) -> bool| {
            done.objects.iter().filter(move |one| Kind::named(&one.kind).is_some_and(wanted))
        };
        for one in objects(|kind| kind == Kind::Table) {
            self.object(one, out)?;
            self.rows_of(&one.name, &one.id, &one.outcome, out)?;
        }
        for one in objects(|kind| {
            matches!(kind, Kind::Schedule | Kind::Webhook | Kind::DataAction | Kind::Queue | Kind::Term(_))
        }) {
            self.object(one, out)?;
        }
        for queue in &done.queues {
            let would = if queue.outcome == "unchanged" { "" } else { self.would() };
            writeln!(out, "queue {}: {would}{}", queue.name, queue.outcome)?;
        }
        for flow in &done.flows {
            let version = flow.version.map(|version| format!("version {version}")).unwrap_or_default();
            let would = self.would();
            match flow.outcome.as_str() {
                "created" => writeln!(out, "flow {}: {would}created, {version}", flow.name)?,
                "published" => writeln!(out, "flow {}: {version} {would}published", flow.name)?,
                "described" => writeln!(out, "flow {}: {would}described anew", flow.name)?,
                _ => writeln!(out, "flow {}: unchanged", flow.name)?,
            }
        }
        for one in objects(|kind| matches!(kind, Kind::Domain | Kind::Route | Kind::Mailbox)) {
            self.object(one, out)?;
        }
        Ok(())
    }

    fn would(&self) -> &'static str {
        if self.arguments.dry_run { "would be " } else { "" }
    }

    /// A dry run says what of an object would change, too.
    fn object(&self, done: &ChangedObject, out: &mut impl Write) -> io::Result<()> {
        let ChangedObject { kind, name, outcome, differs, .. } = done;
        let would = if outcome == "unchanged" { "" } else { self.would() };
        let differs = match self.arguments.dry_run && !differs.is_empty() {
            true => format!(" ({})", differs.join(", ")),
            false => String::new(),
        };
        writeln!(out, "{kind} {name}: {would}{outcome}{differs}")
    }

    fn rows_of(&self, name: &str, id: &str, outcome: &str, out: &mut impl Write) -> Result<(), Failure> {
        let folded = document::fold_name(name);
        let tables = self.project.tables();
        let Some(entry) = tables.iter().find(|one| one.table.record.folded_name == folded && one.has_rows()) else {
            return Ok(());
        };
        if !self.arguments.dry_run {
            let id: TableId =
                id.parse().map_err(|_| Failure::Failed(format!("the server's table `{id}` has no id")))?;
            return rows::replace(self.remote, (entry, id), self.rows, self.arguments.note.as_deref(), out);
        }
        let difference = self.differences.get(&entry.table.record.name).filter(|_| outcome != "created");
        if let Some(line) = difference.and_then(rows::would_be) {
            writeln!(out, "table {name}: {line}")?;
        }
        Ok(())
    }
}
