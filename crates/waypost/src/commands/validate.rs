//! `waypost validate`: every problem of a folder and its tests, with file, line, the expression underlined and a suggestion.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

use waypost_flow_tests::{Flows, Suite};
use waypost_project::Project;

use crate::failure::Failure;
use crate::files;

/// Arguments of `validate`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// Folders or files of flows and objects
    #[arg(required = true)]
    paths: Vec<PathBuf>,
}

/// Exit code 0: no errors; 1: errors found; 2: could not read.
pub(crate) fn run(arguments: &Arguments) -> Result<(), Failure> {
    let files = files::sources(&arguments.paths)?;
    let mut project = Project::read(&files);
    let world = project.world();
    let rows = project.rows(|file, name| files::beside(&files, file, name));
    let mut out = io::stdout().lock();
    let colour = io::stdout().is_terminal();
    let (mut errors, warnings) = files::print_problems(&mut out, &files, &project, colour)?;
    let tests = files::tests(&arguments.paths)?;
    // What tests name is only known once the flows can be read.
    if errors == 0 && !tests.is_empty() {
        let flows = Flows { project: &project, world: &world, running: &world.running(), rows: &rows };
        let suite = Suite::read(&tests, &flows, &|file, name| files::bytes_beside(&tests, file, name));
        errors += files::print_found(&mut out, &tests, &suite.problems, &|at| suite.places(at), colour)?.0;
    }
    let flows = project.flows.len();
    writeln!(out, "{flows} flow(s) in {} file(s): {errors} error(s), {warnings} warning(s)", files.len())?;
    if errors > 0 { Err(Failure::Found) } else { Ok(()) }
}
