//! `waypost completions`: what a shell completes.

use std::io::{self, Write};

use clap_complete::{Shell, generate};

use crate::failure::Failure;

/// Arguments of `completions`.
#[derive(clap::Args)]
pub(crate) struct Arguments {
    /// The shell
    shell: Shell,
}

/// Exit code 0: printed.
pub(crate) fn run(arguments: &Arguments, mut command: clap::Command) -> Result<(), Failure> {
    // `generate` panics where it can't write, as into a pipe that `head` has closed.
    let mut script = Vec::new();
    generate(arguments.shell, &mut command, "waypost", &mut script);
    Ok(io::stdout().lock().write_all(&script)?)
}
