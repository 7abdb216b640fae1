//! `waypost mail`: SMTP by hand, in both directions.

mod send;
mod sink;

use crate::failure::Failure;

/// Sub-commands of `mail`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// Send mail files by SMTP
    Send(send::Arguments),
    /// Accept all mail by SMTP and print it, for trying things out
    Sink(sink::Arguments),
}

/// Exit codes are those of the sub-command.
pub(crate) fn run(command: Command) -> Result<(), Failure> {
    match command {
        Command::Send(arguments) => send::run(&arguments),
        Command::Sink(arguments) => sink::run(arguments),
    }
}
