//! `waypost clients`: who may ask a server, and for what.

use std::io::{self, IsTerminal, Write};

use waypost_flow::document::fold_name;
use waypost_wire::access::{OAuthClient, OAuthClientRequest};

use crate::asking::Deleting;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::Printing;
use crate::which;

/// Sub-commands of `clients`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List clients
    List(Listing),
    /// Create a client; its secret is printed once, alone on stdout
    Create(Create),
    /// Replace a client's scopes
    Scopes(Scopes),
    /// Rotate a client's secret: print a new one, once; the old one and its tokens stop working immediately
    Rotate(Rotate),
    /// Disable a client: revoke its tokens and refuse new ones until it is enabled
    Disable(One),
    /// Enable a client that was disabled
    Enable(One),
    /// Delete a client; its tokens stop working immediately
    Revoke(Revoke),
}

/// Arguments of `create`.
#[derive(clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    server: Server,
    /// What people call it
    name: String,
    /// Its scopes: flow:read, flow:write, routing:read, routing:write, email:read, email:write, admin, or Genesys's names
    #[arg(long = "scope", required = true, value_delimiter = ',')]
    scopes: Vec<String>,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
    /// How long its tokens last, in seconds: 300 to 172800; left out: 86400, a day
    #[arg(long)]
    token_seconds: Option<u32>,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `scopes`.
#[derive(clap::Args)]
pub(crate) struct Scopes {
    #[command(flatten)]
    one: One,
    /// The new scopes
    #[arg(required = true)]
    scopes: Vec<String>,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `rotate`.
#[derive(clap::Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments about one client.
#[derive(clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    server: Server,
    /// The client's id or name
    client: String,
}

/// Arguments of `revoke`.
#[derive(clap::Args)]
pub(crate) struct Revoke {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    deleting: Deleting,
}

/// Exit code 0: done; 1: the server refused, with every reason; 2: not found or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::List(arguments) => list(arguments, out),
        Command::Create(arguments) => create(arguments, out),
        Command::Scopes(arguments) => {
            let client = change(&arguments.one, |request| request.scope.clone_from(&arguments.scopes))?;
            note_useless(&arguments.scopes)?;
            let line = format!("client {}: scopes {}", client.name, client.scope.join(" "));
            Ok(arguments.printing.print(out, &client, line)?)
        }
        Command::Rotate(arguments) => {
            let (remote, client) = arguments.one.find()?;
            let client = remote.wait(remote.access().rotate(&client.id))?;
            secret(&client, &arguments.printing, out)
        }
        Command::Disable(arguments) => state(arguments, "inactive", out),
        Command::Enable(arguments) => state(arguments, "active", out),
        Command::Revoke(Revoke { one, deleting }) => {
            let (remote, client) = one.find()?;
            deleting.agreed(&format!("delete the client {}? Its secret and its tokens stop working", client.name))?;
            remote.wait(remote.access().delete(&client.id))?;
            Ok(writeln!(out, "client {}: deleted", client.name)?)
        }
    }
}

fn list(arguments: &Listing, out: &mut impl Write) -> Result<(), Failure> {
    let row = |_: &Remote, client: &OAuthClient| {
        let by = client.created_by.as_ref().map(|by| by.id.clone()).unwrap_or_default();
        Ok([client.id.clone(), client.name.clone(), client.state.clone(), client.scope.join(" "), by])
    };
    arguments.print(out, |remote| remote.access().clients(), ["ID", "NAME", "STATE", "SCOPES", "MADE BY"], row)
}

fn create(arguments: &Create, out: &mut impl Write) -> Result<(), Failure> {
    let request = OAuthClientRequest {
        name: arguments.name.clone(),
        description: arguments.description.clone(),
        scope: arguments.scopes.clone(),
        access_token_validity_seconds: arguments.token_seconds,
        ..OAuthClientRequest::default()
    };
    let remote = arguments.server.connect()?;
    let before = remote.all(remote.access().clients())?;
    let client = remote.wait(remote.access().create(&request))?;
    note_useless(&arguments.scopes)?;
    note_twins(&client.name, &before)?;
    secret(&client, &arguments.printing, out)
}

/// Tells of scopes that are Genesys's and mean nothing to this server.
fn note_useless(scopes: &[String]) -> Result<(), Failure> {
    let is_useless = |scope: &&String| waypost_ids::scopes::Scopes::requested(scope) == Ok(Default::default());
    for scope in scopes.iter().filter(is_useless) {
        writeln!(screen::stderr(), "note: `{scope}` grants nothing here")?;
    }
    Ok(())
}

/// Tells of clients that have the same name already: commands need an id from now on.
fn note_twins(name: &str, before: &[OAuthClient]) -> Result<(), Failure> {
    let twins = before.iter().filter(|one| fold_name(&one.name) == fold_name(name));
    let ids: Vec<&str> = twins.map(|one| one.id.as_str()).collect();
    if !ids.is_empty() {
        let ids = ids.join(", ");
        writeln!(screen::stderr(), "note: `{name}` is also the name of {ids}: commands need the id of one of them")?;
    }
    Ok(())
}

/// The secret alone on stdout, so that it can go straight to where it is kept; what people want to know beside it on stderr. As data, the
/// client with its secret.
fn secret(client: &OAuthClient, printing: &Printing, out: &mut impl Write) -> Result<(), Failure> {
    if printing.output.is_data() {
        return Ok(printing.output.write(out, client)?);
    }
    let mut talk = screen::stderr();
    writeln!(talk, "client {}: id {}, scopes {}", client.name, client.id, client.scope.join(" "))?;
    if io::stdout().is_terminal() {
        writeln!(talk, "its secret, which is shown this once:")?;
    }
    Ok(writeln!(out, "{}", client.secret.as_deref().unwrap_or_default())?)
}

fn state(arguments: &One, state: &str, out: &mut impl Write) -> Result<(), Failure> {
    let client = change(arguments, |request| request.state = Some(state.to_owned()))?;
    let word = if client.state == "active" { "enabled" } else { "disabled" };
    Ok(writeln!(out, "client {}: {word}", client.name)?)
}

/// Changes one thing of a client.
fn change(arguments: &One, change: impl Fn(&mut OAuthClientRequest)) -> Result<OAuthClient, Failure> {
    let (remote, client) = arguments.find()?;
    let id = client.id.clone();
    let again = || remote.wait(remote.access().client(&id));
    let changed = remote.change(client, again, |client| {
        let mut request = as_it_is(client);
        change(&mut request);
        remote.wait(remote.access().update(&id, &request, Some(client.revision)))
    });
    Ok(changed?)
}

fn as_it_is(client: &OAuthClient) -> OAuthClientRequest {
    OAuthClientRequest {
        name: client.name.clone(),
        description: client.description.clone(),
        authorized_grant_type: None,
        scope: client.scope.clone(),
        access_token_validity_seconds: Some(client.access_token_validity_seconds),
        state: Some(client.state.clone()),
    }
}

impl One {
    /// Connects, and finds the client.
    fn find(&self) -> Result<(Remote, OAuthClient), Failure> {
        let remote = self.server.connect()?;
        let clients = remote.all(remote.access().clients())?;
        let found = which::one("client", &self.client, clients, |client| (client.id.clone(), client.name.clone()))?;
        Ok((remote, found))
    }
}
