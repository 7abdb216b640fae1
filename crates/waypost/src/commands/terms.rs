//! `waypost skills` and the like: the declared terms of a server, and what names them.

use std::io::Write;

use waypost_ids::Term;

use super::flows::Looking;
use crate::failure::Failure;
use crate::remote::Server;
use crate::screen;
use crate::table::{self, Output};
use crate::which;

/// Sub-commands.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List them, by name
    List(List),
    /// Show the flows that name one
    UsedBy(OfTerm),
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

/// Arguments of `used-by`.
#[derive(clap::Args)]
pub(crate) struct OfTerm {
    #[command(flatten)]
    server: Server,
    /// Its name or id
    name: String,
    #[command(flatten)]
    looking: Looking,
}

/// Exit code 0: printed; 2: not found, refused or no answer.
pub(crate) fn run(term: Term, command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::List(arguments) => list(term, arguments, out),
        Command::UsedBy(arguments) => used_by(term, arguments, out),
    }
}

fn list(term: Term, arguments: &List, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let known = remote.all(remote.terms(term).list())?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &known)?);
    }
    let rows: Vec<[String; 2]> = known.iter().map(|one| [one.id.to_string(), one.name.clone()]).collect();
    Ok(table::rows(out, ["ID", "NAME"], &rows)?)
}

fn used_by(term: Term, arguments: &OfTerm, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let known = remote.all(remote.terms(term).list())?;
    let found = which::one(term.as_str(), &arguments.name, known, |one| (one.id.to_string(), one.name.clone()))?;
    let id = found.id;
    let graph = remote.wait(remote.terms(term).used_by(id, arguments.looking.transitive))?;
    arguments.looking.print_users(&graph, out)
}
