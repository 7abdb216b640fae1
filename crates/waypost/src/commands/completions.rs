//! `waypost completions`: what a shell completes.

use std::io;

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
    generate(arguments.shell, &mut command, "waypost", &mut io::stdout().lock());
    Ok(())
}
