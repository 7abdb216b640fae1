//! `waypost secrets`: values that outside servers are shown. A value comes from stdin or a file, never from an argument, which others on the
//! machine see.

use std::fs;
use std::io::{self, IsTerminal, Read, Write};
use std::path::PathBuf;

use waypost_flow::document;
use waypost_wire::secret::{Secret, SecretRequest};

use crate::asking::Deleting;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::Printing;
use crate::which;

/// Sub-commands of `secrets`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List secrets, without their values
    List(Listing),
    /// Create a secret or replace its value; the value is read from stdin or a file
    Set(Set),
    /// Delete a secret
    Delete(Delete),
}

/// Arguments of `set`.
#[derive(clap::Args)]
pub(crate) struct Set {
    #[command(flatten)]
    server: Server,
    /// The secret's name, such as crmToken: what uses the value names it so
    name: String,
    /// A host that the value may be sent to, without https:// and path, such as api.example.com. A new secret needs one. May be given several
    /// times. Left out: an existing secret keeps its hosts
    #[arg(long = "host", value_name = "HOST", value_delimiter = ',')]
    hosts: Vec<String>,
    /// Read the value from a file instead of stdin; a line break at its end is removed
    #[arg(long, value_name = "FILE")]
    file: Option<PathBuf>,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `delete`.
#[derive(clap::Args)]
pub(crate) struct Delete {
    #[command(flatten)]
    server: Server,
    /// The secret's name or id
    name: String,
    #[command(flatten)]
    deleting: Deleting,
}

/// Exit code 0: done; 1: the server refused, with every reason; 2: not found or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::List(arguments) => list(arguments, out),
        Command::Set(arguments) => set(arguments, out),
        Command::Delete(Delete { server, name, deleting }) => {
            let remote = server.connect()?;
            let all = remote.all(remote.secrets().list())?;
            let found = which::one("secret", name, all, |one| (one.id.to_string(), one.name.clone()))?;
            deleting.agreed(&format!("delete the secret {}? Nobody can read its value any more", found.name))?;
            remote.wait(remote.secrets().delete(found.id))?;
            Ok(writeln!(out, "secret {}: deleted", found.name)?)
        }
    }
}

fn find(remote: &Remote, name: &str) -> Result<Option<Secret>, Failure> {
    let all = remote.all(remote.secrets().list())?;
    Ok(all.into_iter().find(|one| document::fold_name(&one.name) == document::fold_name(name)))
}

fn list(arguments: &Listing, out: &mut impl Write) -> Result<(), Failure> {
    let set = |one: &Secret| one.date_value_set.map_or_else(|| "forgotten".to_owned(), |at| at.to_string());
    let row = |_: &Remote, one: &Secret| Ok([one.id.to_string(), one.name.clone(), one.hosts.join(" "), set(one)]);
    arguments.print(out, |remote| remote.secrets().list(), ["ID", "NAME", "HOSTS", "VALUE SET"], row)
}

fn set(arguments: &Set, out: &mut impl Write) -> Result<(), Failure> {
    let value = value(arguments)?;
    let remote = arguments.server.connect()?;
    let known = find(&remote, &arguments.name)?;
    let hosts = match &known {
        Some(known) if arguments.hosts.is_empty() => known.hosts.clone(),
        _ => arguments.hosts.clone(),
    };
    let name = known.as_ref().map_or(&arguments.name, |known| &known.name).clone();
    let request = SecretRequest { name, value: Some(value), hosts };
    let (done, word) = match known {
        Some(known) => (remote.wait(remote.secrets().update(known.id, &request, None))?, "value changed"),
        None => (remote.wait(remote.secrets().create(&request))?, "created"),
    };
    Ok(arguments.printing.print(out, &done, format_args!("secret {}: {word}", done.name))?)
}

fn value(arguments: &Set) -> Result<String, Failure> {
    let text = match &arguments.file {
        Some(file) => {
            fs::read_to_string(file).map_err(|error| Failure::of(format!("can't read {}", file.display()))(&error))?
        }
        None => {
            if io::stdin().is_terminal() {
                writeln!(screen::stderr(), "enter the value, then Ctrl-D on a line of its own:")?;
            }
            let mut text = String::new();
            io::stdin().read_to_string(&mut text).map_err(|error| Failure::of("can't read the value")(&error))?;
            text
        }
    };
    let without_break = text.strip_suffix('\n').map(|text| text.strip_suffix('\r').unwrap_or(text));
    Ok(without_break.unwrap_or(&text).to_owned())
}
