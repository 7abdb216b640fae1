//! `waypost validate`: every problem of a folder, with file, line, the expression underlined and a suggestion.

use std::io::{self, IsTerminal, Write};
use std::path::PathBuf;

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
    project.world();
    project.rows(|file, name| files::beside(&files, file, name));
    let mut out = io::stdout().lock();
    let colour = io::stdout().is_terminal();
    let (errors, warnings) = files::print_problems(&mut out, &files, &project, colour)?;
    let flows = project.flows.len();
    writeln!(out, "{flows} flow(s) in {} file(s): {errors} error(s), {warnings} warning(s)", files.len())?;
    if errors > 0 { Err(Failure::Found) } else { Ok(()) }
}
