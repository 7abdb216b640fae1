//! `waypost diff`: how two project folders differ, and a mail that shows it.

mod found;

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value as Json;
use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::world::{Running, World};
use waypost_flow::diagnostic::counted;
use waypost_flow::diff::{Change, Difference};
use waypost_flow::document::fold_name;
use waypost_flow_tests::{Flows, Observed};
use waypost_ids::Kind;
use waypost_problem::nearest;
use waypost_project::clients::clients_between;
use waypost_project::{Project, difference};
use waypost_witness::report::{DiffReport, MemberReport, ObjectReport, RowsReport, WitnessReport};
use waypost_witness::search::{Bounds, Entry, Searched, Witness, witness};
use waypost_witness::{apart, differences};

use super::fmt;
use crate::failure::Failure;
use crate::table::{Output, clip, flat};
use crate::{files, screen};

/// Mails that are tried at most, however long there is.
pub(crate) const MOST_TRIES: u64 = 100_000_000;

/// Arguments of `diff`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The folder as it was
    before: PathBuf,
    /// The folder as it is
    after: PathBuf,
    /// Compare only this flow, called on its own
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
    /// Search for a mail that the two decide differently
    #[arg(long)]
    witness: bool,
    /// How long to search
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..), requires = "witness")]
    seconds: u64,
    /// Stop the search after this many mails
    #[arg(long, value_name = "N", default_value_t = MOST_TRIES, requires = "witness", hide_default_value = true)]
    tries: u64,
    /// The seed of the search: the same seed tries the same mails in the same order
    #[arg(long, value_name = "N", default_value_t = 0, requires = "witness")]
    seed: u64,
    /// Write the mail to this file, and a .test.yaml beside it if the mail alone does not show the difference
    #[arg(long, value_name = "FILE.eml", requires = "witness")]
    out: Option<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// A folder, ready to run.
struct Side {
    project: Project,
    world: World,
    running: Running,
    rows: HeldRows,
}

impl Side {
    fn read(path: &Path) -> Result<Self, Failure> {
        let sources = files::some_sources(&[path.to_owned()])?;
        let mut project = Project::read(&sources);
        let world = project.world();
        let rows = project.rows(|file, name| files::beside(&sources, file, name));
        if project.has_errors() {
            files::print_problems(
                &mut screen::styled_stderr(),
                &sources,
                &project,
                screen::is_coloured(&io::stderr()),
            )?;
            return Err(Failure::Refused(format!("{} has errors", path.display())));
        }
        let running = world.running();
        Ok(Self { project, world, running, rows })
    }

    fn flows(&self) -> Flows<'_> {
        Flows { project: &self.project, world: &self.world, running: &self.running, rows: &self.rows }
    }

    fn has(&self, flow: &str) -> bool {
        self.project.flows.iter().any(|entry| fold_name(&entry.document.name) == fold_name(flow))
    }
}

/// Exit code 0: the same, or no mail found that shows a difference; 1: a folder has errors; 2: they differ, or such a mail was found.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    // 2 says that they differ.
    compare(arguments).map_err(|failure| match failure {
        Failure::Failed(message) => Failure::Refused(message),
        other => other,
    })
}

fn compare(arguments: &Arguments) -> Result<(), Failure> {
    arguments.out.as_deref().map_or(Ok(()), found::may_be_written)?;
    let (before, after) = (Side::read(&arguments.before)?, Side::read(&arguments.after)?);
    if let Some(flow) = arguments.flow.as_deref().filter(|flow| !before.has(flow) && !after.has(flow)) {
        let known = after.project.flows.iter().chain(&before.project.flows);
        let near = nearest(flow, known.map(|entry| entry.document.name.as_str()));
        let near = near.map(|near| format!("; did you mean `{near}`?")).unwrap_or_default();
        return Err(Failure::Refused(format!("neither folder has a flow `{flow}`{near}")));
    }
    let mut report = described(&before, &after, arguments.flow.as_deref());
    let is_same = report.differences.is_empty() && report.rows.is_empty();
    // With one flow alone, what it calls and asks may differ still.
    if arguments.witness && (!is_same || arguments.flow.is_some()) {
        let file = arguments.out.as_ref().and_then(|out| out.file_name()).map(|name| name.to_string_lossy());
        let file = file.unwrap_or("witness.eml".into());
        let bounds = Bounds { time: Duration::from_secs(arguments.seconds), tries: arguments.tries };
        let sides = [before.flows(), after.flows()];
        let Searched { witness: found, tries } =
            witness(&sides, arguments.flow.as_deref(), &file, &bounds, arguments.seed);
        report.tries = Some(tries);
        if let Some(found) = found {
            let found = told(found);
            if let Some(out) = &arguments.out {
                found::write(out, &found)?;
            }
            report.witness = Some(found);
        }
    }
    let mut out = BufWriter::new(screen::stdout());
    match arguments.output {
        Output::Json | Output::Yaml => arguments.output.write(&mut out, &report)?,
        Output::Table => print(&mut out, &report, arguments)?,
    }
    out.flush()?;
    let differs = if arguments.witness { report.witness.is_some() } else { !is_same };
    if differs { Err(Failure::Differs) } else { Ok(()) }
}

/// How the folders differ in what they mean.
fn described(before: &Side, after: &Side, flow: Option<&str>) -> DiffReport {
    let wanted =
        |kind: Kind, name: &str| flow.is_none_or(|flow| kind == Kind::Flow && fold_name(flow) == fold_name(name));
    let objects = difference::between(&before.project.state(), &after.project.state());
    let report = |kind: &str, name: String, change: Change, members: Vec<Difference>| ObjectReport {
        kind: kind.to_owned(),
        name,
        change: change.as_str().to_owned(),
        members: members.into_iter().map(member).collect(),
    };
    let objects = objects.into_iter().filter(|one| wanted(one.kind, &one.name));
    let objects = objects.map(|one| report(one.kind.as_str(), one.name, one.change, one.members));
    let clients = clients_between(&before.project, &after.project).into_iter().filter(|_| flow.is_none());
    let differences = objects.chain(clients.map(|(name, change, members)| report("client", name, change, members)));
    let rows = difference::rows_between((&before.project, &before.rows), (&after.project, &after.rows));
    let rows = rows.into_iter().filter(|_| flow.is_none()).map(|(table, rows)| RowsReport {
        table,
        added: rows.added,
        changed: rows.changed,
        removed: rows.removed,
    });
    DiffReport { differences: differences.collect(), rows: rows.collect(), witness: None, tries: None }
}

fn member(member: Difference) -> MemberReport {
    let Difference { path, change, before, after } = member;
    MemberReport { path, change: change.as_str().to_owned(), before, after }
}

/// A mail that was found, with what differs in words.
pub(crate) fn told(found: Witness) -> WitnessReport {
    let differs = match (&found.before, &found.after) {
        (Some(before), Some(after)) => differences(before, after),
        (None, Some(after)) => vec![only("second", &found.entry, after)],
        (Some(before), None) => vec![only("first", &found.entry, before)],
        (None, None) => Vec::new(),
    };
    WitnessReport {
        mail: String::from_utf8_lossy(&found.mail).into_owned(),
        test: fmt::as_test(found.test),
        needs_test: found.needs_test,
        before: found.before,
        after: found.after,
        differs,
    }
}

fn only(folder: &str, entry: &Entry, observed: &Observed) -> String {
    let what = match entry {
        Entry::Route(address) => format!("a route for `{address}`"),
        Entry::Flow(name) => format!("a flow `{name}`"),
    };
    format!("only the {folder} folder has {what}: {}", observed.decision.as_str())
}

fn print(out: &mut impl Write, report: &DiffReport, arguments: &Arguments) -> io::Result<()> {
    for object in &report.differences {
        writeln!(out, "{} {} `{}`", object.change, object.kind, flat(&object.name))?;
        for member in &object.members {
            let (was, is) = shown(member.before.as_ref(), member.after.as_ref());
            match member.change.as_str() {
                "added" => writeln!(out, "  {}: added {is}", member.path)?,
                "removed" => writeln!(out, "  {}: removed {was}", member.path)?,
                "moved" => writeln!(out, "  {}: moved", member.path)?,
                _ => writeln!(out, "  {}: {was} -> {is}", member.path)?,
            }
        }
    }
    for rows in &report.rows {
        let RowsReport { table, added, changed, removed } = rows;
        writeln!(out, "rows of table `{}`: {added} added, {changed} changed, {removed} removed", flat(table))?;
    }
    if report.differences.is_empty() && report.rows.is_empty() {
        writeln!(out, "no difference in meaning")?;
    }
    if let Some(found) = &report.witness {
        writeln!(
            out,
            "\nthis mail is decided differently, found after {}:",
            counted(report.tries.unwrap_or_default(), "try")
        )?;
        for line in &found.differs {
            writeln!(out, "  {}", flat(line))?;
        }
        match &arguments.out {
            Some(path) => {
                writeln!(out, "written to {}", path.display())?;
                if found.needs_test {
                    // A route or a flow that the second folder has not can be run in the first alone.
                    let folder = if found.after.is_some() { &arguments.after } else { &arguments.before };
                    let (test, folder) = (found::beside(path), folder.display());
                    writeln!(out, "and to {}; run it with `waypost test {folder} {}`", test.display(), test.display())?;
                }
            }
            None => {
                indented(out, &clip_lines(&found.mail))?;
                if found.needs_test {
                    writeln!(out, "with this test:")?;
                    indented(out, &found.test)?;
                }
            }
        }
    } else if let Some(tried) = report.tries {
        writeln!(out, "\nnone found after {}", counted(tried, "try"))?;
    }
    Ok(())
}

/// Lines, each a few places to the right.
pub(crate) fn indented(out: &mut impl Write, text: &str) -> io::Result<()> {
    text.lines().try_for_each(|line| writeln!(out, "{}", format!("    {}", flat(line)).trim_end()))
}

/// The first lines of a mail: the rest may be filling.
pub(crate) fn clip_lines(mail: &str) -> String {
    const MOST: usize = 60;
    let mut lines: Vec<&str> = mail.lines().take(MOST).collect();
    if mail.lines().count() > MOST {
        lines.push("…");
    }
    lines.join("\n")
}

/// Characters of a value that are shown; JSON has all.
const SHOWN: usize = 100;

/// Both values of a member, around the first difference.
fn shown(before: Option<&Json>, after: Option<&Json>) -> (String, String) {
    let text = |value: &Json| value.as_str().map_or_else(|| value.to_string(), str::to_owned);
    let (was, is) = match (before, after) {
        (Some(before), Some(after)) => apart(&text(before), &text(after), SHOWN),
        (before, after) => {
            let one = |value: Option<&Json>| value.map(|value| clip(&text(value), SHOWN)).unwrap_or_default();
            (one(before), one(after))
        }
    };
    (format!("`{was}`"), format!("`{is}`"))
}
