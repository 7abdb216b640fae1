//! `waypost queues`: the queues of a server, and what leads to them.

use std::io::Write;

use super::flows::{OfQueue, queue_used_by};
use crate::failure::Failure;
use crate::remote::Server;
use crate::screen;
use crate::table::{self, Output};

/// Sub-commands of `queues`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List queues
    List(List),
    /// Show what leads to a queue
    UsedBy(OfQueue),
}

/// Arguments of `list`.
#[derive(clap::Args)]
pub(crate) struct List {
    #[command(flatten)]
    server: Server,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Exit code 0: printed; 2: not found, refused or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::UsedBy(arguments) => queue_used_by(arguments, out),
        Command::List(arguments) => list(arguments, out),
    }
}

fn list(arguments: &List, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let queues = remote.all(remote.routing().queues())?;
    if arguments.output == Output::Json {
        return Ok(table::json(out, &queues)?);
    }
    let rows: Vec<[String; 3]> = queues
        .into_iter()
        .map(|queue| [queue.id.to_string(), queue.name, queue.service_level.unwrap_or_default()])
        .collect();
    Ok(table::rows(out, ["ID", "NAME", "SERVICE LEVEL"], &rows)?)
}
