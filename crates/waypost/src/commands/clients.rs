//! `waypost clients`: who may ask a server, and for what.

use std::io::{self, IsTerminal, Write};

use waypost_wire::access::{OAuthClient, OAuthClientRequest};

use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::{self, Output};
use crate::which;

/// Sub-commands of `clients`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List clients
    List(List),
    /// Create a client; its secret is printed once, alone on stdout
    Create(Create),
    /// Give a client other scopes
    Scopes(Scopes),
    /// Give a client a new secret, printed once; the old one and its tokens stop working immediately
    Rotate(One),
    /// Revoke a client's tokens and refuse new ones, until `enable`
    Disable(One),
    /// Enable a client that was disabled
    Enable(One),
    /// Delete a client; its tokens stop working immediately
    Revoke(One),
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

/// Arguments of `create`.
#[derive(clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    server: Server,
    /// What people call it
    name: String,
    /// What it may do: flow:read, flow:write, routing:read, routing:write, email:read, email:write, admin, or Genesys's names
    #[arg(long = "scope", required = true, value_delimiter = ',')]
    scopes: Vec<String>,
    /// What it is for
    #[arg(long)]
    description: Option<String>,
    /// How long its tokens last, in seconds: 300 to 172800; a day unless told
    #[arg(long)]
    token_seconds: Option<u32>,
    /// How to print
    #[arg(long, value_enum, default_value_t)]
    output: Output,
}

/// Arguments of `scopes`.
#[derive(clap::Args)]
pub(crate) struct Scopes {
    #[command(flatten)]
    one: One,
    /// What it may do from now on
    #[arg(required = true)]
    scopes: Vec<String>,
}

/// Arguments about one client.
#[derive(clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    server: Server,
    /// The client's id or name
    client: String,
}

/// Exit code 0: done; 1: the server refused, with every reason; 2: not found or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::List(arguments) => list(arguments, out),
        Command::Create(arguments) => create(arguments, out),
        Command::Scopes(arguments) => {
            let client = change(&arguments.one, |request| request.scope.clone_from(&arguments.scopes))?;
            Ok(writeln!(out, "{} may {}", client.name, client.scope.join(" "))?)
        }
        Command::Rotate(arguments) => {
            let (remote, client) = arguments.find()?;
            let client = remote.wait(remote.access().rotate(&client.id))?;
            secret(&client, out)
        }
        Command::Disable(arguments) => state(arguments, "inactive", out),
        Command::Enable(arguments) => state(arguments, "active", out),
        Command::Revoke(arguments) => {
            let (remote, client) = arguments.find()?;
            remote.wait(remote.access().delete(&client.id))?;
            Ok(writeln!(out, "{} is gone", client.name)?)
        }
    }
}

fn list(arguments: &List, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let clients = remote.all(remote.access().clients())?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &clients)?);
    }
    let row = |client: &OAuthClient| {
        let by = client.created_by.as_ref().map(|by| by.id.clone()).unwrap_or_default();
        [client.id.clone(), client.name.clone(), client.state.clone(), client.scope.join(" "), by]
    };
    let rows: Vec<[String; 5]> = clients.iter().map(row).collect();
    Ok(table::rows(out, ["ID", "NAME", "STATE", "SCOPES", "MADE BY"], &rows)?)
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
    let client = remote.wait(remote.access().create(&request))?;
    for scope in
        arguments.scopes.iter().filter(|scope| waypost_ids::scopes::Scopes::requested(scope) == Ok(Default::default()))
    {
        writeln!(screen::stderr(), "note: `{scope}` grants nothing here")?;
    }
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &client)?);
    }
    secret(&client, out)
}

/// The secret alone on stdout, so that it can go straight to where it is kept; what people want to know beside it on stderr.
fn secret(client: &OAuthClient, out: &mut impl Write) -> Result<(), Failure> {
    let mut talk = screen::stderr();
    writeln!(talk, "client {}: id {}, scopes {}", client.name, client.id, client.scope.join(" "))?;
    if io::stdout().is_terminal() {
        writeln!(talk, "its secret, which is shown this once:")?;
    }
    Ok(writeln!(out, "{}", client.secret.as_deref().unwrap_or_default())?)
}

fn state(arguments: &One, state: &str, out: &mut impl Write) -> Result<(), Failure> {
    let client = change(arguments, |request| request.state = Some(state.to_owned()))?;
    Ok(writeln!(out, "{} is {}", client.name, client.state)?)
}

/// Changes one thing of a client. What somebody else changed since it was read stays: then it is read again.
fn change(arguments: &One, change: impl Fn(&mut OAuthClientRequest)) -> Result<OAuthClient, Failure> {
    let (remote, mut client) = arguments.find()?;
    loop {
        let mut request = as_it_is(&client);
        change(&mut request);
        match remote.wait(remote.access().update(&client.id, &request, Some(client.revision))) {
            Err(error) if error.status() == Some(412) => client = remote.wait(remote.access().client(&client.id))?,
            outcome => return Ok(outcome?),
        }
    }
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
