//! `waypost skills` and the like: the declared terms of a server, and what names them.

use std::io::Write;

use waypost_ids::Term;

use super::flows::Looking;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::which;

/// Sub-commands.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List them, by name
    List(Listing),
    /// Show the flows that name one
    UsedBy(OfTerm),
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

fn list(term: Term, arguments: &Listing, out: &mut impl Write) -> Result<(), Failure> {
    let row = |_: &Remote, one: &waypost_wire::term::Term| Ok([one.id.to_string(), one.name.clone()]);
    arguments.print(out, |remote| remote.terms(term).list(), ["ID", "NAME"], row)
}

fn used_by(term: Term, arguments: &OfTerm, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let known = remote.all(remote.terms(term).list())?;
    let found = which::one(term.as_str(), &arguments.name, known, |one| (one.id.to_string(), one.name.clone()))?;
    let id = found.id;
    let graph = remote.wait(remote.terms(term).used_by(id, arguments.looking.transitive))?;
    arguments.looking.print_users(&graph, out)
}
