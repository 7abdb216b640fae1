//! `waypost webhooks`: HTTP endpoints that flows send to, that queues push to, and that listen to events.

use std::io::Write;

use waypost_wire::webhook::{RotateSecretRequest, Webhook, WebhookRequest, WebhookState};

use super::flows::Looking;
use crate::asking::Deleting;
use crate::failure::Failure;
use crate::listing::Listing;
use crate::remote::{Remote, Server};
use crate::table::Printing;
use crate::{plain, screen, which};

/// Sub-commands of `webhooks`.
#[derive(clap::Subcommand)]
pub(crate) enum Command {
    /// List webhooks
    List(Listing),
    /// Create a webhook; its secret is printed once, alone on stdout
    Create(Create),
    /// Rotate a webhook's secret: print a new one, once; both sign for 24 hours
    RotateSecret(Rotate),
    /// Enable a webhook
    Enable(One),
    /// Disable a webhook: nothing is sent to it
    Disable(One),
    /// Set which events a webhook receives
    Listen(Listen),
    /// Delete a webhook that no flow and no queue uses
    Delete(Delete),
    /// Show what uses a webhook
    UsedBy(UsedBy),
}

/// Arguments of `create`.
#[derive(clap::Args)]
pub(crate) struct Create {
    #[command(flatten)]
    server: Server,
    /// A name for the webhook, such as CRM: flows and queues name it so
    name: String,
    /// Where to send requests, such as `https://crm.example.com/waypost`
    #[arg(id = "endpoint", value_name = "ENDPOINT")]
    url: String,
    /// An event to subscribe to, such as `interaction.decided`, `delivery.*` or `*`; may be given several times
    #[arg(long = "event", value_name = "EVENT")]
    events: Vec<String>,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `rotate-secret`.
#[derive(clap::Args)]
pub(crate) struct Rotate {
    #[command(flatten)]
    one: One,
    #[command(flatten)]
    printing: Printing,
}

/// Arguments of `listen`.
#[derive(clap::Args)]
pub(crate) struct Listen {
    #[command(flatten)]
    one: One,
    /// Events, such as `interaction.decided`, `delivery.*` or `*`; none ends all subscriptions
    events: Vec<String>,
    #[command(flatten)]
    printing: Printing,
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

/// Arguments of `delete`.
#[derive(clap::Args)]
pub(crate) struct Delete {
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
        Command::Create(arguments) => {
            let remote = arguments.server.connect()?;
            let request = WebhookRequest {
                name: arguments.name.clone(),
                url: arguments.url.clone(),
                events: Some(arguments.events.clone()).filter(|events| !events.is_empty()),
                ..WebhookRequest::default()
            };
            let made = remote.wait(remote.webhooks().create(&request))?;
            plain::warn(plain::webhook(&made.name, &made.url))?;
            secret(&made, &arguments.printing, out)
        }
        Command::RotateSecret(Rotate { one, printing }) => {
            let (remote, webhook) = one.find()?;
            let request = RotateSecretRequest::default();
            secret(&remote.wait(remote.webhooks().rotate_secret(webhook.id, &request))?, printing, out)
        }
        Command::Enable(one) => state(one, WebhookState::Enabled, out),
        Command::Disable(one) => state(one, WebhookState::Disabled, out),
        Command::Listen(arguments) => listen(arguments, out),
        Command::Delete(Delete { one, deleting }) => {
            let (remote, webhook) = one.find()?;
            deleting.agreed(&format!("delete the webhook {} and its secret?", webhook.name))?;
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

fn list(arguments: &Listing, out: &mut impl Write) -> Result<(), Failure> {
    let row = |_: &Remote, one: &Webhook| {
        let Webhook { id, name, state, url, events, .. } = one;
        Ok([id.to_string(), name.clone(), word(*state).to_owned(), url.clone(), events.join(" ")])
    };
    arguments.print(out, |remote| remote.webhooks().list(), ["ID", "NAME", "STATE", "URL", "EVENTS"], row)
}

fn state(one: &One, state: WebhookState, out: &mut impl Write) -> Result<(), Failure> {
    let webhook = change(one, &WebhookRequest { state: Some(state), ..WebhookRequest::default() })?;
    Ok(writeln!(out, "webhook {}: {}", webhook.name, word(webhook.state))?)
}

fn listen(arguments: &Listen, out: &mut impl Write) -> Result<(), Failure> {
    let Listen { one, events, printing } = arguments;
    let webhook = change(one, &WebhookRequest { events: Some(events.clone()), ..WebhookRequest::default() })?;
    let told = if webhook.events.is_empty() { "nothing".to_owned() } else { webhook.events.join(", ") };
    Ok(printing.print(out, &webhook, format_args!("webhook {}: listens to {told}", webhook.name))?)
}

/// Changes what a request says, and neither name nor URL.
fn change(one: &One, wanted: &WebhookRequest) -> Result<Webhook, Failure> {
    let (remote, webhook) = one.find()?;
    let id = webhook.id;
    let again = || remote.wait(remote.webhooks().get(id));
    let changed = remote.change(webhook, again, |webhook| {
        let (name, url) = (webhook.name.clone(), webhook.url.clone());
        let request = WebhookRequest { name, url, ..wanted.clone() };
        remote.wait(remote.webhooks().update(id, &request, webhook.version.parse().ok()))
    });
    Ok(changed?)
}

fn word(state: WebhookState) -> &'static str {
    match state {
        WebhookState::Enabled => "enabled",
        WebhookState::Disabled => "disabled",
    }
}

/// The secret alone on stdout, so that it can go straight to where it is kept; as data, with the webhook.
fn secret(webhook: &Webhook, printing: &Printing, out: &mut impl Write) -> Result<(), Failure> {
    if printing.output.is_data() {
        return Ok(printing.output.write(out, webhook)?);
    }
    writeln!(screen::stderr(), "webhook {}: id {}, secret shown this once:", webhook.name, webhook.id)?;
    Ok(writeln!(out, "{}", webhook.secret.as_deref().unwrap_or_default())?)
}
