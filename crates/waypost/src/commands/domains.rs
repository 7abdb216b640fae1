//! `waypost domains`: the domains that a server accepts mail for.

use std::io::Write;

use waypost_client::Error;
use waypost_wire::routing::Domain;

use crate::failure::Failure;
use crate::listing::Listing;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::Printing;
use crate::which;

/// Sub-commands of `domains`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List domains with the number of their routes
    List(Listing),
    /// Show a domain
    #[command(visible_alias = "get")]
    Show(One),
    /// Accept mail for a domain
    Create(One),
    /// Delete a domain without routes
    Delete(Named),
}

/// A domain.
#[derive(clap::Args)]
pub(crate) struct Named {
    #[command(flatten)]
    server: Server,
    /// The domain, such as example.com
    domain: String,
}

/// A domain that is printed.
#[derive(clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    named: Named,
    #[command(flatten)]
    printing: Printing,
}

/// Exit code 0: done; 1: the server refused, with every reason; 2: not found or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::List(arguments) => list(arguments, out),
        Command::Show(arguments) => show(arguments, out),
        Command::Create(One { named, printing }) => {
            let remote = named.server.connect()?;
            let made = remote.wait(remote.routing().create_domain(&named.domain))?;
            Ok(printing.print(out, &made, format_args!("domain {}: created", made.id))?)
        }
        Command::Delete(arguments) => {
            let remote = arguments.server.connect()?;
            let deleted = remote.wait(remote.routing().delete_domain(&arguments.domain));
            found(&remote, &arguments.domain, deleted)?;
            Ok(writeln!(out, "domain {}: deleted", arguments.domain)?)
        }
    }
}

fn list(arguments: &Listing, out: &mut impl Write) -> Result<(), Failure> {
    let row = |remote: &Remote, one: &Domain| {
        let routes = routes(remote, one)?;
        Ok([one.id.clone(), routes.to_string(), one.date_created.to_string()])
    };
    arguments.print(out, |remote| remote.routing().domains(), ["DOMAIN", "ROUTES", "CREATED"], row)
}

fn routes(remote: &Remote, domain: &Domain) -> Result<usize, Failure> {
    Ok(remote.all(remote.routing().routes(&domain.id))?.len())
}

/// What was answered about a domain; where there is none of that name, the nearest is said.
pub(super) fn found<T>(remote: &Remote, written: &str, answer: Result<T, Error>) -> Result<T, Failure> {
    match answer {
        Err(error) if error.status() == Some(404) => {
            let names = remote.all(remote.routing().domains())?.into_iter().map(|one| one.id);
            Err(which::missing("domain", written, &names.collect::<Vec<_>>()))
        }
        answer => Ok(answer?),
    }
}

fn show(arguments: &One, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.named.server.connect()?;
    let written = &arguments.named.domain;
    let domain = found(&remote, written, remote.wait(remote.routing().domain(written)))?;
    if arguments.printing.output.is_data() {
        return Ok(arguments.printing.output.write(out, &domain)?);
    }
    writeln!(out, "domain   {}", domain.id)?;
    writeln!(out, "routes   {}", routes(&remote, &domain)?)?;
    Ok(writeln!(out, "created  {}", domain.date_created)?)
}
