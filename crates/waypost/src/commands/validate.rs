//! `waypost validate`: every problem of a folder and its tests, with file, line, the expression underlined and a suggestion.

use std::io::{self, Write};
use std::path::PathBuf;

use schemars::{JsonSchema, Schema, schema_for};
use serde::Serialize;
use waypost_api::error::diagnosis;
use waypost_flow::diagnostic::{counted, render};
use waypost_flow::source::Places;
use waypost_flow_tests::report::FoundProblem;
use waypost_flow_tests::{Flows, Suite};
use waypost_project::{At, FileProblem, Project, SourceFile};
use waypost_wire::error::Problem;
use waypost_witness::mutate::Accepted;

use crate::failure::Failure;
use crate::files::{self, Unreadable};
use crate::screen;
use crate::table::Output;

/// Arguments of `validate`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folders or files of flows and objects
    #[arg(required = true)]
    paths: Vec<PathBuf>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// What `waypost validate --output json` prints.
#[derive(Debug, Default, Serialize, JsonSchema)]
#[serde(rename_all = "camelCase")]
struct Report {
    /// How many flows there are.
    flows: usize,
    /// How many files were read, tests left out.
    files: usize,
    /// How many problems are errors.
    errors: usize,
    /// How many are warnings.
    warnings: usize,
    /// Every problem, in order of files and places.
    problems: Vec<FoundProblem>,
}

impl Report {
    fn add<'p>(&mut self, files: &[SourceFile], problems: &[FileProblem], places: &dyn Fn(At) -> Option<&'p Places>) {
        let errors = problems.iter().filter(|one| one.diagnostic.is_error()).count();
        self.errors += errors;
        self.warnings += problems.len() - errors;
        self.problems.extend(located(files, problems, places));
    }
}

/// Problems with line and column in their files.
pub(crate) fn located<'p>(
    files: &[SourceFile],
    problems: &[FileProblem],
    places: &dyn Fn(At) -> Option<&'p Places>,
) -> Vec<FoundProblem> {
    let one = |FileProblem { at, diagnostic }: &FileProblem| {
        let file = files.get(at.file)?;
        let spot =
            places(*at).and_then(|places| render::spot(&diagnostic.path, diagnostic.range.clone(), &file.text, places));
        let (line, column) = spot.unzip();
        Some(FoundProblem { file: file.path.clone(), problem: Problem { line, column, ..diagnosis(diagnostic) } })
    };
    problems.iter().filter_map(one).collect()
}

/// The report's JSON Schema.
pub(crate) fn schema() -> Schema {
    schema_for!(Report)
}

/// Exit code 0: no errors; 1: errors found; 2: could not read.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let mut unread = Vec::new();
    let files = files::readable(&arguments.paths, files::is_source, &mut unread)?;
    let mut project = Project::read(&files);
    for one in &unread {
        project.leave_out(&one.file);
    }
    let world = project.world();
    let rows = project.rows(|file, name| files::beside(&files, file, name));
    let mut out = screen::styled_stdout();
    let colour = screen::is_coloured(&io::stdout());
    let output = arguments.output;
    let mut report = Report { flows: project.flows.len(), files: files.len(), ..Report::default() };
    report.add(&files, &project.problems, &|at| project.places(at));
    if !output.is_data() {
        files::print_problems(&mut out, &files, &project, colour)?;
    }
    let is_whole = unread.is_empty();
    let tests = files::readable(&arguments.paths, files::is_test, &mut unread)?;
    if !tests.is_empty() {
        let flows = Flows { project: &project, world: &world, running: &world.running(), rows: &rows };
        let mut suite = Suite::read(&tests, &flows, &|file, name| files::bytes_beside(&tests, file, name));
        if report.errors > 0 || !is_whole {
            suite.forget_names();
        }
        // What tests are warned of is shown, and not counted among the flows'.
        let warnings = report.warnings;
        report.add(&tests, &suite.problems, &|at| suite.places(at));
        if !output.is_data() {
            report.warnings = warnings;
            files::print_found(&mut out, &tests, &suite.problems, &|at| suite.places(at), colour)?;
        }
    }
    let lists = files::readable(&arguments.paths, files::lists_mutants, &mut unread)?;
    let accepted = Accepted::read(&lists);
    report.add(&lists, &accepted.problems, &|at| accepted.places(at));
    if !output.is_data() {
        files::print_found(&mut out, &lists, &accepted.problems, &|at| accepted.places(at), colour)?;
    }
    let Report { flows, files, errors, warnings, .. } = report;
    if output.is_data() {
        output.write(&mut out, &report)?;
    } else {
        let (flows, files) = (counted(flows, "flow"), counted(files, "file"));
        writeln!(out, "{flows} in {files}: {}, {}", counted(errors, "error"), counted(warnings, "warning"))?;
    }
    if !unread.is_empty() {
        let mut unreadable = Unreadable::default();
        for one in unread {
            unreadable.add(one.why)?;
        }
        return unreadable.end(Ok(()));
    }
    if files == 0 {
        return Err(Failure::Failed("nothing was found to check: name the project's folder".to_owned()));
    }
    if errors > 0 { Err(Failure::Found) } else { Ok(()) }
}
