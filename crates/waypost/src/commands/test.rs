//! `waypost test`: the tests of a folder of flows, without a server.

mod annotations;
mod cases;
mod fetch;
mod generate;
mod mutants;
mod print;
mod snapshots;
mod watch;

use std::fs;
use std::io::{self, BufWriter, Write};
use std::path::PathBuf;

use waypost_flow::diagnostic::counted;
use waypost_flow_tests::coverage::{self, Counts, Coverage, Map};
use waypost_flow_tests::report::{FoundProblem, TestReport};
use waypost_flow_tests::{Case, Flows, Suite, junit};
use waypost_project::Project;
use waypost_witness::mutate::Base;

use super::validate::located;
use crate::failure::Failure;
use crate::remote::Server;
use crate::table::Output;
use crate::{files, screen};

/// Arguments of `test`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folders of flows and their tests, which are in files named *.test.yaml; if you name test files, only those run
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// Run only tests whose file or name contains this text, ignoring case
    #[arg(long, value_name = "TEXT")]
    filter: Option<String>,
    /// List the cases that passed, too
    #[arg(long, short)]
    verbose: bool,
    /// Count which nodes, branches and outcomes of conditions the tests reach
    #[arg(long)]
    coverage: bool,
    /// Fail if the lowest of the three is below this percentage; counts coverage
    #[arg(long, value_name = "PERCENT", value_parser = percent)]
    threshold: Option<f64>,
    /// Write coverage to a file, in lcov's format; counts coverage
    #[arg(long, value_name = "FILE")]
    lcov: Option<PathBuf>,
    /// Write an HTML page that draws the flows with what the tests reach; counts coverage
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// Write the results to a file, as JUnit XML
    #[arg(long, value_name = "FILE")]
    junit: Option<PathBuf>,
    /// Write the snapshots of tests that expect one, instead of comparing with them
    #[arg(long)]
    update: bool,
    /// Make one small change to the flows at a time, and report changes that no test catches
    #[arg(long, conflicts_with_all = ["filter", "update", "watch", "junit", "coverage", "threshold", "lcov", "html"])]
    mutate: bool,
    /// Search for mail that reaches what no test reaches, and write it as tests for you to review and name
    #[arg(long, conflicts_with_all = ["filter", "mutate", "watch"])]
    generate: bool,
    /// How long to search
    #[arg(long, value_name = "SECONDS", default_value_t = 10, value_parser = clap::value_parser!(u64).range(1..), requires = "generate")]
    seconds: u64,
    /// Run the tests again whenever a file changes
    #[arg(long)]
    watch: bool,
    /// Fetch the recorded interactions that tests name and that are not there yet from a server, and keep them beside the test files
    #[arg(long, conflicts_with = "watch")]
    fetch: bool,
    #[command(flatten)]
    server: Server,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

fn percent(text: &str) -> Result<f64, String> {
    let number: Option<f64> = text.strip_suffix('%').unwrap_or(text).trim().parse().ok();
    number.filter(|number| (0.0..=100.0).contains(number)).ok_or_else(|| "expected a number from 0 to 100".to_owned())
}

impl Arguments {
    fn counts_coverage(&self) -> bool {
        self.coverage || self.generate || self.threshold.is_some() || self.lcov.is_some() || self.html.is_some()
    }

    fn selects(&self, file: &str, case: &Case) -> bool {
        let Some(filter) = &self.filter else { return true };
        let filter = filter.to_lowercase();
        [file, &case.name].into_iter().any(|text| text.to_lowercase().contains(&filter))
    }
}

/// Exit code 0: all passed; 1: a test failed, the threshold is missed, or a mutant survived; 2: the tests could not run.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    if arguments.watch { watch::watch(&arguments.paths, || reported(arguments)) } else { reported(arguments) }
}

/// Runs the tests once. If they could not run, the file of the results says so: one of an earlier run would pass for theirs.
fn reported(arguments: &Arguments) -> Result<(), Failure> {
    let ended = once(arguments);
    if let (Err(Failure::Failed(why)), Some(path)) = (&ended, &arguments.junit) {
        write(path, &junit::not_run(why))?;
    }
    ended
}

fn once(arguments: &Arguments) -> Result<(), Failure> {
    let sources = files::sources(&arguments.paths)?;
    let (test_files, left_out) = files::named_tests(&arguments.paths)?;
    if left_out > 0 {
        let (named, left_out) = (counted(test_files.len(), "named test file"), counted(left_out, "other"));
        writeln!(screen::stderr(), "running {named}; {left_out} in the folders left out")?;
    }
    // The first tests may be generated.
    if test_files.is_empty() && !arguments.generate {
        let help = "write one (docs/testing.md), or let `--generate` begin it";
        return Err(Failure::Failed(format!("there are no tests: no file is named *.test.yaml; {help}")));
    }
    let mut project = Project::read(&sources);
    let world = project.world();
    let rows = project.rows(|file, name| files::beside(&sources, file, name));
    let colour = screen::is_coloured(&io::stderr());
    if project.has_errors() {
        files::print_problems(&mut screen::styled_stderr(), &sources, &project, colour)?;
        let problems = located(&sources, &project.problems, &|at| project.places(at));
        return not_run(arguments, problems, "the flows have errors, so no test ran");
    }
    files::print_pins(&mut screen::styled_stderr(), &sources, &project)?;
    let running = world.running();
    let flows = Flows { project: &project, world: &world, running: &running, rows: &rows };
    let fetching = fetch::Fetching::from(arguments.fetch.then_some(&arguments.server));
    let suite = Suite::read(&test_files, &flows, &|file, name| fetching.open(&test_files, file, name));
    fetching.ended()?;
    if !suite.problems.is_empty() {
        let places = |at| suite.places(at);
        files::print_found(&mut screen::styled_stderr(), &test_files, &suite.problems, &places, colour)?;
        let problems = located(&test_files, &suite.problems, &places);
        let why = match project.flows.is_empty() && !arguments.paths.iter().any(|path| path.is_dir()) {
            true => {
                "the tests have errors, so none ran: there are no flows; name their folder, too: `waypost test FOLDER FILE`"
            }
            false => "the tests have errors, so none ran",
        };
        return not_run(arguments, problems, why);
    }
    let name = |case: &Case| test_files.get(case.at.file).map_or("", |file| file.path.as_str());
    let selected: Vec<&Case> = suite.cases.iter().filter(|case| arguments.selects(name(case), case)).collect();
    if let (true, Some(filter)) = (selected.is_empty(), &arguments.filter) {
        return Err(Failure::Failed(format!("no test's file or name contains `{filter}`")));
    }

    let mut snapshots = snapshots::Snapshots::open(&test_files)?;
    let (ran, counts) = cases::run(&selected, &flows, &snapshots, arguments)?;
    if arguments.update {
        snapshots.update(&suite, &selected, &ran, arguments.filter.is_none())?;
    }
    if arguments.mutate && ran.iter().all(|ran| ran.mismatches.is_empty()) {
        let bases = selected.iter().zip(ran).map(|(case, ran)| Base::new(case, snapshots.of(case), ran)).collect();
        return mutants::run(arguments, (&flows, &sources), (&suite, &test_files), bases);
    }
    let mut report = cases::report(&suite, &selected, ran, name);
    if arguments.counts_coverage() {
        let map = Map::of(&flows, &sources);
        report.coverage = Some(covered(arguments, &map, &counts)?);
        if arguments.generate {
            generate::run(arguments, &flows, &map, &counts)?;
        }
    }
    tell(arguments, &report)
}

/// Ends without a test that ran. Who asked for data gets the errors as data.
fn not_run(arguments: &Arguments, problems: Vec<FoundProblem>, why: &str) -> Result<(), Failure> {
    if arguments.output.is_data() {
        let mut out = screen::stdout();
        arguments.output.write(&mut out, &TestReport { problems, ..TestReport::default() })?;
        out.flush()?;
    }
    Err(Failure::Failed(why.to_owned()))
}

/// Coverage, written to where it is wanted.
fn covered(arguments: &Arguments, map: &Map, counts: &Counts) -> Result<Coverage, Failure> {
    if let Some(path) = &arguments.lcov {
        write(path, &coverage::lcov(map, counts))?;
    }
    let coverage = Coverage::of(map, counts);
    if let Some(path) = &arguments.html {
        write(path, &coverage::html(map, counts, &coverage))?;
    }
    Ok(coverage)
}

/// Prints the report, and answers how the command ends.
fn tell(arguments: &Arguments, report: &TestReport) -> Result<(), Failure> {
    if let Some(path) = &arguments.junit {
        write(path, &junit::xml(report))?;
    }
    let missed =
        arguments.threshold.filter(|threshold| report.coverage.as_ref().is_some_and(|it| it.lowest < *threshold));
    let mut out = BufWriter::new(screen::stdout());
    match arguments.output {
        Output::Json | Output::Yaml => arguments.output.write(&mut out, report)?,
        Output::Table => {
            print::report(&mut out, report, arguments.verbose)?;
            if let (Some(threshold), Some(coverage)) = (missed, &report.coverage) {
                writeln!(out, "\ncoverage is {:.1} %, below the threshold of {threshold} %", floor(coverage.lowest))?;
            }
        }
    }
    out.flush()?;
    if std::env::var("GITHUB_ACTIONS").is_ok_and(|value| value == "true") {
        annotations::write(&mut screen::stderr(), report, missed.is_some())?;
    }
    if report.failed > 0 || missed.is_some() { Err(Failure::Found) } else { Ok(()) }
}

/// Rounded down: what is not all is never 100.0.
fn floor(percent: f64) -> f64 {
    (percent * 10.0).floor() / 10.0
}

fn write(path: &std::path::Path, text: &str) -> Result<(), Failure> {
    fs::write(path, text).map_err(|error| Failure::of(format!("can't write {}", path.display()))(&error))
}
