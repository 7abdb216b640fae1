//! `waypost webhooks`: HTTP endpoints that flows send to, that queues push to, and that listen to events.

use std::io::Write;

use waypost_wire::webhook::{RotateSecretRequest, Webhook, WebhookRequest, WebhookState};

use super::flows::Looking;
use crate::failure::Failure;
use crate::remote::{Remote, Server};
use crate::screen;
use crate::table::{self, Output};
use crate::which;

/// Sub-commands of `webhooks`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List webhooks
    List(List),
    /// Create a webhook; its secret is printed once, alone on stdout
    Create(Create),
    /// Give a webhook a new secret, printed once; both sign for a day
    RotateSecret(One),
    /// Send to a webhook again
    Enable(One),
    /// Send nothing to a webhook
    Disable(One),
    /// Set which events a webhook receives
    Listen(Listen),
    /// Delete a webhook that no flow and no queue uses
    Delete(One),
    /// Show what uses a webhook
    UsedBy(UsedBy),
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
    one: One,
    /// Where requests go
    #[arg(id = "endpoint", value_name = "URL")]
    url: String,
    /// Tell the webhook of an event, such as `interaction.decided`, `delivery.*` or `*` (repeatable)
    #[arg(long = "event", value_name = "EVENT")]
    events: Vec<String>,
}

/// Arguments of `listen`.
#[derive(clap::Args)]
pub(crate) struct Listen {
    #[command(flatten)]
    one: One,
    /// Events, such as `interaction.decided`, `delivery.*` or `*`; none ends all subscriptions
    events: Vec<String>,
}

/// Arguments of `used-by`.
#[derive(clap::Args)]
pub(crate) struct UsedBy {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    looking: Looking,
}

/// Arguments about one webhook.
#[derive(clap::Args)]
pub(crate) struct One {
    #[command(flatten)]
    server: Server,
    /// The webhook's name or id
    name: String,
}

impl One {
    fn find(&self) -> Result<(Remote, Webhook), Failure> {
        let remote = self.server.connect()?;
        let all = remote.all(remote.webhooks().list())?;
        let found = which::one("webhook", &self.name, all, |one| (one.id.to_string(), one.name.clone()))?;
        Ok((remote, found))
    }
}

/// Exit code 0: done; 1: the server refused, with every reason; 2: not found or no answer.
pub(crate) fn run(command: &Command) -> Result<(), Failure> {
    let out = &mut screen::stdout();
    match command {
        Command::List(arguments) => list(arguments, out),
        Command::Create(arguments) => {
            let remote = arguments.one.server.connect()?;
            let request = WebhookRequest {
                name: arguments.one.name.clone(),
                url: arguments.url.clone(),
                events: Some(arguments.events.clone()).filter(|events| !events.is_empty()),
                ..WebhookRequest::default()
            };
            secret(&remote.wait(remote.webhooks().create(&request))?, out)
        }
        Command::RotateSecret(one) => {
            let (remote, webhook) = one.find()?;
            let request = RotateSecretRequest::default();
            secret(&remote.wait(remote.webhooks().rotate_secret(webhook.id, &request))?, out)
        }
        Command::Enable(one) => state(one, WebhookState::Enabled, out),
        Command::Disable(one) => state(one, WebhookState::Disabled, out),
        Command::Listen(Listen { one, events }) => listen(one, events, out),
        Command::Delete(one) => {
            let (remote, webhook) = one.find()?;
            remote.wait(remote.webhooks().delete(webhook.id))?;
            Ok(writeln!(out, "webhook {}: deleted", webhook.name)?)
        }
        Command::UsedBy(UsedBy { one, looking }) => {
            let (remote, webhook) = one.find()?;
            let graph = remote.wait(remote.webhooks().used_by(webhook.id, looking.transitive))?;
            looking.print_users(&graph, out)
        }
    }
}

fn list(arguments: &List, out: &mut impl Write) -> Result<(), Failure> {
    let remote = arguments.server.connect()?;
    let webhooks = remote.all(remote.webhooks().list())?;
    if arguments.output.is_data() {
        return Ok(arguments.output.write(out, &webhooks)?);
    }
    let row = |one: &Webhook| {
        let Webhook { id, name, state, url, events, .. } = one;
        [id.to_string(), name.clone(), word(*state).to_owned(), url.clone(), events.join(" ")]
    };
    let rows: Vec<[String; 5]> = webhooks.iter().map(row).collect();
    Ok(table::rows(out, ["ID", "NAME", "STATE", "URL", "EVENTS"], &rows)?)
}

fn state(one: &One, state: WebhookState, out: &mut impl Write) -> Result<(), Failure> {
    let (remote, webhook) = one.find()?;
    let request =
        WebhookRequest { name: webhook.name, url: webhook.url, state: Some(state), ..WebhookRequest::default() };
    // Only what was read is changed: somebody may have given it another URL since.
    let version = webhook.version.parse().ok();
    let webhook = remote.wait(remote.webhooks().update(webhook.id, &request, version))?;
    Ok(writeln!(out, "webhook {}: {}", webhook.name, word(webhook.state))?)
}

fn listen(one: &One, events: &[String], out: &mut impl Write) -> Result<(), Failure> {
    let (remote, webhook) = one.find()?;
    let request = WebhookRequest {
        name: webhook.name,
        url: webhook.url,
        events: Some(events.to_vec()),
        ..WebhookRequest::default()
    };
    let version = webhook.version.parse().ok();
    let webhook = remote.wait(remote.webhooks().update(webhook.id, &request, version))?;
    let told = if webhook.events.is_empty() { "nothing".to_owned() } else { webhook.events.join(", ") };
    Ok(writeln!(out, "webhook {}: listens to {told}", webhook.name)?)
}

fn word(state: WebhookState) -> &'static str {
    match state {
        WebhookState::Enabled => "enabled",
        WebhookState::Disabled => "disabled",
    }
}

/// The secret alone on stdout, so that it can go straight to where it is kept.
fn secret(webhook: &Webhook, out: &mut impl Write) -> Result<(), Failure> {
    writeln!(screen::stderr(), "webhook {}: id {}, secret shown this once:", webhook.name, webhook.id)?;
    Ok(writeln!(out, "{}", webhook.secret.as_deref().unwrap_or_default())?)
}
