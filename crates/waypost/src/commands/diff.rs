//! `waypost diff`: how two project folders differ, and a mail that shows it.

use std::fs;
use std::io::{self, BufWriter, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use serde_json::Value as Json;
use waypost_catalogue::tables::held::HeldRows;
use waypost_catalogue::world::{Running, World};
use waypost_flow::diagnostic::nearest;
use waypost_flow::diff::{Change, Difference};
use waypost_flow::document::fold_name;
use waypost_flow_tests::{Flows, Observed};
use waypost_ids::Kind;
use waypost_project::clients::clients_between;
use waypost_project::{Project, difference};
use waypost_witness::differences;
use waypost_witness::report::{DiffReport, MemberReport, ObjectReport, RowsReport, WitnessReport};
use waypost_witness::search::{Bounds, Entry, Searched, Witness, witness};

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
    /// Compare only this flow, and call it by itself
    #[arg(long, value_name = "NAME")]
    flow: Option<String>,
    /// Search for a mail that the two decide differently
    #[arg(long)]
    witness: bool,
    /// How long to search
    #[arg(long, value_name = "SECONDS", default_value_t = 10, requires = "witness")]
    seconds: u64,
    /// Stop the search after this many mails
    #[arg(long, value_name = "N", default_value_t = MOST_TRIES, requires = "witness", hide_default_value = true)]
    tries: u64,
    /// Where the search starts: the same seed tries the same mails
    #[arg(long, value_name = "N", default_value_t = 0, requires = "witness")]
    seed: u64,
    /// Write the mail to this file, and beside it a .test.yaml if it needs more than the mail
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
        let sources = files::sources(&[path.to_owned()])?;
        let mut project = Project::read(&sources);
        let world = project.world();
        let rows = project.rows(|file, name| files::beside(&sources, file, name));
        if project.has_errors() {
            files::print_problems(&mut io::stderr().lock(), &sources, &project, io::stderr().is_terminal())?;
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
            if let Some(out) = &arguments.out {
                write(out, &found)?;
            }
            report.witness = Some(told(found));
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
        test: found.test,
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

/// Writes the mail, and its test beside it if it needs one.
fn write(out: &Path, found: &Witness) -> Result<(), Failure> {
    let put = |path: &Path, bytes: &[u8]| {
        fs::write(path, bytes).map_err(|error| Failure::of(format!("can't write {}", path.display()))(&error))
    };
    put(out, &found.mail)?;
    if found.needs_test {
        put(
            &test_file(out),
            format!(
                "# Two versions decide this mail differently. What is expected is what the second makes of it.\n{}",
                found.test
            )
            .as_bytes(),
        )?;
    }
    Ok(())
}

fn test_file(mail: &Path) -> PathBuf {
    mail.with_extension("test.yaml")
}

fn print(out: &mut impl Write, report: &DiffReport, arguments: &Arguments) -> io::Result<()> {
    for object in &report.differences {
        writeln!(out, "{} {} `{}`", object.change, object.kind, flat(&object.name))?;
        for member in &object.members {
            let (was, is) = (shown(member.before.as_ref()), shown(member.after.as_ref()));
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
        writeln!(out, "\nthis mail is decided differently, found after {}:", tries(report.tries.unwrap_or_default()))?;
        for line in &found.differs {
            writeln!(out, "  {}", flat(line))?;
        }
        match &arguments.out {
            Some(path) => {
                writeln!(out, "written to {}", path.display())?;
                if found.needs_test {
                    let (test, after) = (test_file(path), arguments.after.display());
                    writeln!(out, "and to {}; run it with `waypost test {after} {}`", test.display(), test.display())?;
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
        writeln!(out, "\nnone found after {}", tries(tried))?;
    }
    Ok(())
}

pub(crate) fn tries(count: u64) -> String {
    format!("{count} {}", if count == 1 { "try" } else { "tries" })
}

fn indented(out: &mut impl Write, text: &str) -> io::Result<()> {
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

fn shown(value: Option<&Json>) -> String {
    match value {
        None => "nothing".to_owned(),
        Some(Json::String(text)) => format!("`{}`", clip(text, 100)),
        Some(other) => format!("`{}`", clip(&other.to_string(), 100)),
    }
}
